/* Makes the blocks of hypercalls out of an input: nearly right ones, for wrong ones end soon. */
#ifndef TESTS_FUZZ_BLOCKS_H
#define TESTS_FUZZ_BLOCKS_H

#include "tests/fuzz/fuzz.h"
#include "uhyve/vm.h"

/* Pages of the guest's memory: free RAM below its image. */
#define BLOCKS_GPA 0x10000
#define PATH_GPA   0x20ff0 /* 16 bytes before the end of a page */
#define OTHER_GPA  0x40ff0
#define BUFFER_GPA 0x60000

/* Fills the block for the call that has this port, and puts the paths it names into memory. */
void block_make(struct input *input, const struct vm *vm, uint16_t port,
                uint8_t block[static HC_BLOCK_ALIGN]);

/* An address as a guest may name it: often one that is right. */
uint64_t block_gpa(struct input *input, const struct vm *vm);

#endif
