/* The hypercall that gives memory back to the host. */
#ifndef UHYVE_MEMORY_DISCARD_H
#define UHYVE_MEMORY_DISCARD_H

#include "hypercalls/hypercalls.h"
#include "vm.h"

/* Drops what is in the pages that the block names. Returns 0 with the block's result set, or -1
 * where the guest broke the interface, with a line in message, and nothing is dropped. */
int memory_discard(const struct vm *vm, struct hc_discard *block, char message[static 256]);

#endif
