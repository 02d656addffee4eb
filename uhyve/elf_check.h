/* What the checks of an ELF file share: the file being checked, reading it, saying what is wrong.
 * Only for elf_*.c. */
#ifndef UHYVE_ELF_CHECK_H
#define UHYVE_ELF_CHECK_H

#include "uhyve/elf_image.h"

#include <errno.h>
#include <gelf.h>
#include <stddef.h>

#define ELF_MAX_PROGRAM_HEADERS 32
#define ELF_AGAIN               "; build it again with uhyve-cc"
#define ELF_INCOMPLETE          ": the file is incomplete; copy or build it again"

/* What is needed while a file is checked. */
struct elf_check
{
  struct elf_image *image;
  char *message;
  size_t header_count;
  GElf_Phdr headers[ELF_MAX_PROGRAM_HEADERS];
};

static inline uint64_t elf_page_floor(uint64_t address)
{
  return address & ~(uint64_t) (ELF_IMAGE_PAGE_BYTES - 1);
}

/* Only for addresses of accepted segments, whose last page ends below 2^64. */
static inline uint64_t elf_page_ceil(uint64_t address)
{
  return elf_page_floor(address + ELF_IMAGE_PAGE_BYTES - 1);
}

/* Is [at, at + len) inside [begin, begin + size)? Nothing here can wrap. */
static inline bool elf_inside(uint64_t at, uint64_t len, uint64_t begin, uint64_t size)
{
  return at >= begin && len <= size && at - begin <= size - len;
}

/* Writes the file's name, or the end of a long one, and behind it what is wrong. Returns error. */
__attribute__((format(printf, 4, 5))) int
elf_check_fail(const struct elf_image *image, char *message, int error, const char *format, ...);

#define ELF_REFUSE(c, ...) elf_check_fail((c)->image, (c)->message, -ENOEXEC, __VA_ARGS__)

/* Reads all of it, from a range that was inside the file when it was opened. Returns 0, or a
 * negative errno with one line in message. */
int elf_check_read(const struct elf_image *image, void *to, uint64_t len, uint64_t offset,
                   char *message);

/* The only program header of a type; *header is NULL if there is none. Returns 0 or -ENOEXEC. */
int elf_check_find(struct elf_check *c, uint32_t type, const char *name, const GElf_Phdr **header);

#endif
