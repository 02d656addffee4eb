/* ELF files to check: two good ones, and how to break them in one way. */
#ifndef TESTS_ELF_FILE_H
#define TESTS_ELF_FILE_H

#include <elf.h>

#include "hypercalls/hypercalls.h"
#include "uhyve/elf_image.h"
#include "unit_test.h"

/* A small good image: constants and notes, code, data. */
enum
{
  H_CONST,
  H_CODE,
  H_DATA,
  H_NOTE,
  H_TLS,
  H_RELRO,
  H_DYNAMIC,
  H_OTHER,
  HEADERS,

  NOTES_OFFSET = 0x400,
  RELA_OFFSET = 0x800,
  CODE_OFFSET = 0x1000, /* two pages of nucleus, one of other code */
  DATA_OFFSET = 0x4000, /* one page of relro */
  TLS_OFFSET = 0x5000,
  DATA_FILE_BYTES = 0x1800,
  DATA_BYTES = 0x3000,
  FILE_BYTES = DATA_OFFSET + DATA_FILE_BYTES,
  IMAGE_BYTES = DATA_OFFSET + DATA_BYTES,
  RELOCATIONS = 3,
  DYNAMIC_OFFSET = DATA_OFFSET + 0x100,
  DYNAMIC_ENTRIES = 6,
};

struct notes
{
  Elf64_Nhdr version_header;
  char version_name[8];
  struct uhyve_note_version version;
  Elf64_Nhdr other_header;
  char other_name[4];
  uint8_t other[8];
  Elf64_Nhdr layout_header;
  char layout_name[8];
  struct uhyve_note_layout layout;
};

/* Other places of the file are zero. */
union image
{
  struct
  {
    Elf64_Ehdr header;
    Elf64_Phdr headers[HEADERS];
  } start;
  uint8_t bytes[FILE_BYTES];
};

extern union image good_fixed, good_pie;

/* The file that elf_file_store writes, and its path. */
extern int image_fd;
extern char image_path[64];

int elf_file_set_up(void **state);
int elf_file_tear_down(void **state);
void elf_file_store(const union image *image, size_t len);

/* Descriptors that are open in this process. */
unsigned count_descriptors(void);

/* It is one line of text that can be printed. */
void assert_line(const char *message);

/* The relocations that elf_image_relocations told of. */
struct walk
{
  uint64_t vaddr[RELOCATIONS];
  int64_t addend[RELOCATIONS];
  unsigned count;
  unsigned stop_at;
};

int note_relocation(void *context, uint64_t vaddr, int64_t addend);

/* ---- Images with bytes of a good one replaced ---- */

struct patch
{
  size_t offset;
  size_t width; /* 0: no patch */
  uint64_t value;
};

struct patched_image
{
  const char *name;
  const char *message;
  struct patch patches[5];
  const union image *from; /* NULL: good_fixed */
  size_t file_bytes;       /* 0: all */
};

#define MEMBER_BYTES(type, member) sizeof(((type *) NULL)->member)
#define EH(member, value)                                                 \
  {                                                                       \
    offsetof(Elf64_Ehdr, member), MEMBER_BYTES(Elf64_Ehdr, member), value \
  }
#define IDENT(index, value) \
  {                         \
    index, 1, value         \
  }
#define PH(index, member, value)                                                      \
  {                                                                                   \
    sizeof(Elf64_Ehdr) + (index) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, member), \
        MEMBER_BYTES(Elf64_Phdr, member), value                                       \
  }
#define NOTE(member, value)                                                                  \
  {                                                                                          \
    NOTES_OFFSET + offsetof(struct notes, member), MEMBER_BYTES(struct notes, member), value \
  }
#define DYN(index, member, value)                                                        \
  {                                                                                      \
    DYNAMIC_OFFSET + (index) * sizeof(Elf64_Dyn) + offsetof(Elf64_Dyn, member), 8, value \
  }
#define RELA(index, member, value)                                                      \
  {                                                                                     \
    RELA_OFFSET + (index) * sizeof(Elf64_Rela) + offsetof(Elf64_Rela, member), 8, value \
  }

#define B   ((uint64_t) UHYVE_IMAGE_BASE)
#define TOP UINT64_MAX

void elf_file_store_patched(const struct patched_image *patched);

#endif
