/* What an address in the guest's program is called: function, source file and line.
 *
 * Everything is read from the guest's ELF file, which is not trusted: a stripped or damaged file
 * gives fewer answers, never a failure of the monitor. Nothing is read before symbols_open(). */
#ifndef UHYVE_SYMBOLS_H
#define UHYVE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct symbols;
struct Dwarf_Frame_s; /* libdw's Dwarf_Frame */

/* The strings belong to the symbols they came from, and are as untrusted as the file. */
struct symbol_place
{
  const char *function; /* NULL if unknown; then offset and size mean nothing */
  uint64_t offset;      /* of the address from the function's start */
  uint64_t size;        /* of the function; 0 for a label */
  const char *file;     /* path as the compiler was given it, NULL if unknown */
  int line;             /* 0 if unknown */
};

/* 'elf_fd' stays the caller's and must stay open; 'load_bias' is what was added to the file's
 * addresses. Returns 0, -ENOMEM, or -ENOEXEC if this is no 64-bit ELF file, or one of more than 1
 * GiB or with sections that overlap. */
int symbols_open(struct symbols **out, int elf_fd, uint64_t load_bias);

/* NULL is fine. */
void symbols_close(struct symbols *symbols);

/* Whether the address lies in an executable segment of the program. */
bool symbols_is_code(const struct symbols *symbols, uint64_t gva);

/* Fills 'place' with what is known; returns whether anything is. */
bool symbols_lookup(struct symbols *symbols, uint64_t gva, struct symbol_place *place);

/* The unwind rules (call frame information) in force at an address, for libdw's dwarf_frame_*();
 * the caller frees them with free(). Returns 0 or -ENOENT. */
int symbols_unwind_rules(struct symbols *symbols, uint64_t gva, struct Dwarf_Frame_s **rules);

#endif
