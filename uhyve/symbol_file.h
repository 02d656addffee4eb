/* Whether a program's file, which is not trusted, is small enough to be read for a report. */
#ifndef UHYVE_SYMBOL_FILE_H
#define UHYVE_SYMBOL_FILE_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

/* Before libelf has it: its size, which is then known, and how many sections it says it has. */
bool symbol_file_is_small(int elf_fd, uint64_t *file_bytes);

/* Whether all sections together are no larger than the file. */
bool symbol_file_sections_fit(Elf *elf, uint64_t file_bytes);

/* Whether what is compressed becomes no more than memory for it is given. */
bool symbol_file_unpacks_small(Elf *elf);

#endif
