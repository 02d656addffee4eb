/* Checks a guest's ELF file and describes what the loader has to do; maps nothing into a guest. */
#ifndef UHYVE_ELF_IMAGE_H
#define UHYVE_ELF_IMAGE_H

#include "hypercalls/guest_image.h"

#include <stdbool.h>
#include <stdint.h>

#define ELF_IMAGE_MAX_SEGMENTS    16
#define ELF_IMAGE_MAX_SPAN_BYTES  (UINT64_C(1) << 30)
#define ELF_IMAGE_MAX_TLS_BYTES   (UINT64_C(64) << 20)
#define ELF_IMAGE_PAGE_BYTES      4096
#define ELF_IMAGE_MAX_ALIGN_BYTES (UINT64_C(1) << 30)

/* A PT_LOAD with memory. vaddr and offset are equal modulo a page. A segment that is not writable
 * has filesz == memsz and shares no page; two writable ones may share a page. */
struct elf_segment
{
  uint64_t vaddr;
  uint64_t memsz;
  uint64_t filesz; /* at most memsz; the rest is zero */
  uint64_t offset; /* offset + filesz is at most the file's size */
  uint32_t flags;  /* PF_R, with PF_W or PF_X or none of them */
  uint32_t reserved;
};

/* The initial content is memory of a segment; filesz of it come from the file. memsz 0: none. */
struct elf_tls
{
  uint64_t vaddr;
  uint64_t filesz;
  uint64_t memsz;
  uint64_t align; /* a power of two, at most a page */
};

/* All addresses are those in the file. What is described here was read once and checked; the file
 * itself may change at any time. */
struct elf_image
{
  int fd;
  const char *path;    /* the caller's; for messages */
  const uint8_t *file; /* the whole file, private and read-only; SIGBUS if the file shrinks */
  uint64_t file_size;

  bool position_independent;
  uint64_t low_vaddr; /* of all segments, whole pages */
  uint64_t high_vaddr;
  uint64_t align; /* of the load address of a position-independent image: at least a page */

  struct elf_segment segments[ELF_IMAGE_MAX_SEGMENTS]; /* by rising address, none overlap */
  unsigned segment_count;

  struct uhyve_note_layout layout; /* offsets from low_vaddr */
  uint32_t task_layout;            /* struct uhyve_task_layout, as the note has it; 0: none */
  uint32_t needs;                  /* UHYVE_NEEDS_* */
  struct elf_tls tls;

  uint64_t relro_begin; /* whole pages of a writable segment, read-only after relocation; */
  uint64_t relro_end;   /* equal: none */

  uint64_t rela_offset; /* in the file; read it by elf_image_relocations only */
  uint64_t rela_count;
};

/* Returns 0, or a negative errno (-ENOEXEC: this is no program for us) with one line in message;
 * then there is nothing to close. */
int elf_image_open(struct elf_image *image, const char *path, char message[static 256]);
void elf_image_close(struct elf_image *image);

/* A relocation: the 8 bytes at vaddr become addend plus the distance from low_vaddr to the load
 * address. They lie in a writable segment, are not always aligned, and may cross a page. Returns 0
 * to go on, a negative errno to stop. */
typedef int elf_image_relocate(void *context, uint64_t vaddr, int64_t addend);

/* Calls relocate for each, in the order of the file. Returns 0, what relocate returned, or a
 * negative errno with one line in message (-ENOEXEC: a relocation that is not allowed). */
int elf_image_relocations(const struct elf_image *image, elf_image_relocate *relocate,
                          void *context, char message[static 256]);

/* The segment that holds all of these addresses, or NULL. */
const struct elf_segment *elf_image_find(const struct elf_image *image, uint64_t vaddr,
                                         uint64_t len_bytes);

#endif
