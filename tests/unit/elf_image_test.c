/* Tests of uhyve/elf_image.c: two good images, and many that are each broken in one way. */
#define _GNU_SOURCE 1
/* clang-format off: cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#include "hypercalls/hypercalls.h"
#include "uhyve/elf_image.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- A small good image: constants and notes, code, data ---- */

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

static union image good_fixed, good_pie;
static int image_fd;
static char image_path[64];

static Elf64_Phdr load(uint64_t base, uint64_t offset, uint64_t filesz, uint64_t memsz,
                       uint32_t flags)
{
  return (Elf64_Phdr){.p_type = PT_LOAD,
                      .p_flags = flags,
                      .p_offset = offset,
                      .p_vaddr = base + offset,
                      .p_paddr = base + offset,
                      .p_filesz = filesz,
                      .p_memsz = memsz,
                      .p_align = 0x1000};
}

static void build(union image *image, bool pie)
{
  uint64_t base = pie ? 0 : UHYVE_IMAGE_BASE;
  memset(image, 0, sizeof *image);
  image->start.header = (Elf64_Ehdr){
      .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
      .e_type = pie ? ET_DYN : ET_EXEC,
      .e_machine = EM_X86_64,
      .e_version = EV_CURRENT,
      .e_entry = base + 0x3000,
      .e_phoff = offsetof(union image, start.headers),
      .e_ehsize = sizeof(Elf64_Ehdr),
      .e_phentsize = sizeof(Elf64_Phdr),
      .e_phnum = HEADERS,
      .e_shoff = 0x123456789, /* sections are nobody's business */
      .e_shnum = 77,
      .e_shstrndx = 99,
  };
  Elf64_Phdr *headers = image->start.headers;
  headers[H_CONST] = load(base, 0, 0x1000, 0x1000, PF_R);
  headers[H_CODE] = load(base, CODE_OFFSET, 0x3000, 0x3000, PF_R | PF_X);
  headers[H_DATA] = load(base, DATA_OFFSET, DATA_FILE_BYTES, DATA_BYTES, PF_R | PF_W);
  headers[H_NOTE] = load(base, NOTES_OFFSET, sizeof(struct notes), sizeof(struct notes), PF_R);
  headers[H_NOTE].p_type = PT_NOTE;
  headers[H_TLS] = load(base, TLS_OFFSET, 0x10, 0x40, PF_R);
  headers[H_TLS].p_type = PT_TLS;
  headers[H_TLS].p_align = 16;
  headers[H_RELRO] = load(base, DATA_OFFSET, 0x1000, 0x1000, PF_R);
  headers[H_RELRO].p_type = PT_GNU_RELRO;
  headers[H_DYNAMIC] = load(base, DYNAMIC_OFFSET, DYNAMIC_ENTRIES * sizeof(Elf64_Dyn),
                            DYNAMIC_ENTRIES * sizeof(Elf64_Dyn), PF_R);
  headers[H_DYNAMIC].p_type = pie ? PT_DYNAMIC : PT_NULL;
  headers[H_OTHER] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};

  struct notes notes = {
      .version_header = {6, sizeof notes.version, UHYVE_NOTE_VERSION},
      .version_name = "uhyve",
      .version = {UHYVE_INTERFACE_VERSION},
      .other_header = {4, sizeof notes.other, 1},
      .other_name = "GNU",
      .layout_header = {6, sizeof notes.layout, UHYVE_NOTE_LAYOUT},
      .layout_name = "uhyve",
      .layout = {.nucleus_begin = 0x1000,
                 .nucleus_end = 0x3000,
                 .vector_stubs = 0x1000,
                 .vector_stub_bytes = 16,
                 .boot_entry = 0x2ff0,
                 .start_entry = 0x3000,
                 .secondary_entry = 0x3100,
                 .upcall_entry = 0x3200,
                 .syscall_entry = 0x3300},
  };
  memcpy(image->bytes + NOTES_OFFSET, &notes, sizeof notes);

  const Elf64_Dyn dynamic[DYNAMIC_ENTRIES] = {
      {DT_RELA, {base + RELA_OFFSET}},
      {DT_RELASZ, {RELOCATIONS * sizeof(Elf64_Rela)}},
      {DT_RELAENT, {sizeof(Elf64_Rela)}},
      {DT_RELACOUNT, {RELOCATIONS}},
      {DT_FLAGS, {0}},
      {DT_NULL, {0}},
  };
  const Elf64_Rela rela[RELOCATIONS] = {
      {base + 0x4000, R_X86_64_RELATIVE, 0x3000},
      {base + 0x5100, R_X86_64_RELATIVE, 0x4008},
      {base + 0x6ff8, R_X86_64_RELATIVE, -1},
  };
  memcpy(image->bytes + DYNAMIC_OFFSET, dynamic, sizeof dynamic);
  memcpy(image->bytes + RELA_OFFSET, rela, sizeof rela);
}

static int set_up(void **state)
{
  (void) state;
  build(&good_fixed, false);
  build(&good_pie, true);
  image_fd = memfd_create("image", MFD_CLOEXEC);
  snprintf(image_path, sizeof image_path, "/proc/self/fd/%d", image_fd);
  return image_fd < 0;
}

static int tear_down(void **state)
{
  (void) state;
  return close(image_fd);
}

static void store(const union image *image, size_t len)
{
  assert_int_equal(ftruncate(image_fd, (off_t) len), 0);
  assert_int_equal(pwrite(image_fd, image, len, 0), len);
}

static unsigned count_descriptors(void)
{
  DIR *directory = opendir("/proc/self/fd");
  assert_non_null(directory);
  unsigned count = 0;
  while (readdir(directory) != NULL)
    count++;
  closedir(directory);
  return count;
}

static void assert_line(const char *message)
{
  assert_true(strlen(message) > 0 && strlen(message) < 256);
  for (; *message != '\0'; message++)
    assert_true((unsigned char) *message >= ' ');
}

static void assert_refused_path(const char *path, int error, const char *text)
{
  struct elf_image image;
  char message[256] = "";
  int result = elf_image_open(&image, path, message);
  if (result != error || strstr(message, text) == NULL)
    fail_msg("%s: %d '%s', expected %d '%s'", path, result, message, error, text);
  assert_line(message);
  assert_int_equal(image.fd, -1);
  assert_null(image.file);
}

struct walk
{
  uint64_t vaddr[RELOCATIONS];
  int64_t addend[RELOCATIONS];
  unsigned count;
  unsigned stop_at;
};

static int note_relocation(void *context, uint64_t vaddr, int64_t addend)
{
  struct walk *walk = context;
  if (walk->count < RELOCATIONS)
  {
    walk->vaddr[walk->count] = vaddr;
    walk->addend[walk->count] = addend;
  }
  walk->count++;
  return walk->count == walk->stop_at ? -EINTR : 0;
}

/* ---- Good images ---- */

static void accepts_fixed(void **state)
{
  (void) state;
  struct elf_image image;
  struct walk walk = {0};
  char message[256];
  store(&good_fixed, sizeof good_fixed);
  int result = elf_image_open(&image, image_path, message);
  if (result != 0)
    fail_msg("%s", message);
  assert_string_equal(message, "");
  assert_false(image.position_independent);
  assert_int_equal(image.file_size, FILE_BYTES);
  assert_memory_equal(image.file, &good_fixed, FILE_BYTES);
  assert_int_equal(image.low_vaddr, UHYVE_IMAGE_BASE);
  assert_int_equal(image.high_vaddr, UHYVE_IMAGE_BASE + IMAGE_BYTES);
  assert_int_equal(image.align, 0x1000);
  assert_int_equal(image.segment_count, 3);
  assert_int_equal(image.segments[1].flags, PF_R | PF_X);
  assert_int_equal(image.segments[2].vaddr, UHYVE_IMAGE_BASE + DATA_OFFSET);
  assert_int_equal(image.segments[2].offset, DATA_OFFSET);
  assert_int_equal(image.segments[2].filesz, DATA_FILE_BYTES);
  assert_int_equal(image.segments[2].memsz, DATA_BYTES);
  assert_int_equal(image.layout.upcall_entry, 0x3200);
  assert_int_equal(image.tls.vaddr, UHYVE_IMAGE_BASE + TLS_OFFSET);
  assert_int_equal(image.tls.filesz, 0x10);
  assert_int_equal(image.tls.memsz, 0x40);
  assert_int_equal(image.tls.align, 16);
  assert_int_equal(image.relro_begin, UHYVE_IMAGE_BASE + DATA_OFFSET);
  assert_int_equal(image.relro_end, UHYVE_IMAGE_BASE + DATA_OFFSET + 0x1000);
  assert_int_equal(image.rela_count, 0);
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), 0);
  assert_int_equal(walk.count, 0);
  assert_null(elf_image_find(&image, UHYVE_IMAGE_BASE - 1, 1));
  assert_null(elf_image_find(&image, UHYVE_IMAGE_BASE, UINT64_MAX));
  assert_null(elf_image_find(&image, UHYVE_IMAGE_BASE + 0xfff, 2));
  assert_ptr_equal(elf_image_find(&image, UHYVE_IMAGE_BASE + 0x1fff, 2), &image.segments[1]);
  elf_image_close(&image);
  elf_image_close(&image);
}

static void accepts_position_independent(void **state)
{
  (void) state;
  struct elf_image image;
  struct walk walk = {0};
  char message[256];
  store(&good_pie, sizeof good_pie);
  int result = elf_image_open(&image, image_path, message);
  if (result != 0)
    fail_msg("%s", message);
  assert_true(image.position_independent);
  assert_int_equal(image.low_vaddr, 0);
  assert_int_equal(image.high_vaddr, IMAGE_BYTES);
  assert_int_equal(image.rela_offset, RELA_OFFSET);
  assert_int_equal(image.rela_count, RELOCATIONS);
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), 0);
  assert_int_equal(walk.count, RELOCATIONS);
  assert_int_equal(walk.vaddr[0], 0x4000);
  assert_int_equal(walk.addend[0], 0x3000);
  assert_int_equal(walk.vaddr[2], 0x6ff8);
  assert_int_equal(walk.addend[2], -1);

  walk = (struct walk){.stop_at = 2};
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), -EINTR);
  assert_int_equal(walk.count, 2);

  assert_int_equal(ftruncate(image_fd, 0x810), 0);
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), -ENOEXEC);
  assert_non_null(strstr(message, "shrank"));
  elf_image_close(&image);
}

/* ---- Images broken in one way: bytes of a good one replaced ---- */

struct patch
{
  size_t offset;
  size_t width; /* 0: no patch */
  uint64_t value;
};

struct bad_image
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

#define B    ((uint64_t) UHYVE_IMAGE_BASE)
#define TOP  UINT64_MAX
#define PIE  .from = &good_pie
#define CODE "is not inside an executable segment"

static const struct bad_image bad_images[] = {
    /* The file */
    {"magic", "not an ELF file", .patches = {IDENT(0, 0x7e)}},
    {"script", "not an ELF file", .patches = {{0, 4, 0x622f2123}}},
    {"one byte", "not an ELF file", .patches = {{0}}, .file_bytes = 1},
    {"four bytes", "ELF header is cut off", .patches = {{0}}, .file_bytes = 4},
    {"header less a byte", "ELF header is cut off", .patches = {{0}}, .file_bytes = 63},
    {"header alone", "program headers end past the end", .patches = {{0}}, .file_bytes = 64},
    {"headers less a byte", "program headers end past", .patches = {{0}},
     .file_bytes = 64 + 8 * 56 - 1},
    {"headers alone", "notes end past the end", .patches = {{0}}, .file_bytes = 64 + 8 * 56},
    {"file less a byte", "segment 2 ends past the end", .patches = {{0}},
     .file_bytes = FILE_BYTES - 1},
    {"half a file", "segment 1 ends past the end", .patches = {{0}}, .file_bytes = 0x2000},
    /* Other machines and kinds */
    {"AArch64", "is for AArch64; uhyve runs x86-64", .patches = {EH(e_machine, EM_AARCH64)}},
    {"RISC-V", "is for RISC-V", .patches = {EH(e_machine, EM_RISCV)}},
    {"i386", "is for 32-bit x86", .patches = {EH(e_machine, EM_386), IDENT(EI_CLASS, ELFCLASS32)}},
    {"Arm", "is for 32-bit Arm", .patches = {EH(e_machine, EM_ARM), IDENT(EI_CLASS, ELFCLASS32)}},
    {"PowerPC", "is for 64-bit PowerPC",
     .patches = {EH(e_machine, 0x1500), IDENT(EI_DATA, ELFDATA2MSB)}},
    {"S/390", "is for S/390", .patches = {EH(e_machine, 0x1600), IDENT(EI_DATA, ELFDATA2MSB)}},
    {"unknown machine", "machine type 65535", .patches = {EH(e_machine, 0xffff)}},
    {"no machine", "machine type 0", .patches = {EH(e_machine, 0)}},
    {"x32", "is a 32-bit program", .patches = {IDENT(EI_CLASS, ELFCLASS32)}},
    {"no class", "unknown class", .patches = {IDENT(EI_CLASS, 0)}},
    {"class 3", "unknown class", .patches = {IDENT(EI_CLASS, 3)}},
    {"big endian", "is big-endian",
     .patches = {EH(e_machine, 0x3e00), IDENT(EI_DATA, ELFDATA2MSB)}},
    {"no byte order", "unknown byte order", .patches = {IDENT(EI_DATA, 0)}},
    {"ident version", "unknown version", .patches = {IDENT(EI_VERSION, 2)}},
    {"header version", "unknown version", .patches = {EH(e_version, 0)}},
    {"object file", "is an object file; link it", .patches = {EH(e_type, ET_REL)}},
    {"core", "is a core dump", .patches = {EH(e_type, ET_CORE)}},
    {"no type", "ELF type 0 is no program", .patches = {EH(e_type, ET_NONE)}},
    {"unknown type", "ELF type 65244", .patches = {EH(e_type, 0xfedc)}},
    /* Sizes and places of headers */
    {"header size", "wrong sizes of headers", .patches = {EH(e_ehsize, 52)}},
    {"entry size 0", "wrong sizes of headers", .patches = {EH(e_phentsize, 0)}},
    {"entry size 32", "wrong sizes of headers", .patches = {EH(e_phentsize, 32)}},
    {"entry size large", "wrong sizes of headers", .patches = {EH(e_phentsize, 0xffff)}},
    {"no headers", "has no program headers", .patches = {EH(e_phnum, 0)}},
    {"33 headers", "too many program headers: 33", .patches = {EH(e_phnum, 33)}},
    {"PN_XNUM", "too many program headers: 65535", .patches = {EH(e_phnum, PN_XNUM)}},
    {"headers at the end", "headers end past the end", .patches = {EH(e_phoff, FILE_BYTES)}},
    {"headers nearly at the end", "headers end past",
     .patches = {EH(e_phoff, FILE_BYTES - 8 * 56 + 1)}},
    {"headers wrap", "headers end past the end", .patches = {EH(e_phoff, TOP)}},
    {"headers wrap to 0", "headers end past the end", .patches = {EH(e_phoff, TOP - 8 * 56 + 1)}},
    {"headers negative", "headers end past the end", .patches = {EH(e_phoff, UINT64_C(1) << 63)}},
    {"headers elsewhere", "is an ordinary Linux program", .patches = {EH(e_phoff, 0x2000)}},
    /* Ordinary programs */
    {"interpreter", "is an ordinary Linux program: build",
     .patches = {PH(H_OTHER, p_type, PT_INTERP)}},
    {"static program", "is an ordinary Linux program", .patches = {PH(H_NOTE, p_type, PT_NULL)}},
    {"shared library", "shared library or an ordinary", .patches = {PH(H_NOTE, p_type, PT_NULL)},
     PIE},
    {"empty notes", "is an ordinary Linux program", .patches = {PH(H_NOTE, p_filesz, 0)}},
    {"foreign notes", "is an ordinary Linux",
     .patches = {NOTE(version_name, 0), NOTE(layout_name, 0)}},
    /* Notes */
    {"version 7", "interface version 7, this uhyve has 1: rebuild", .patches = {NOTE(version, 7)}},
    {"version 0", "interface version 0,", .patches = {NOTE(version, 0)}},
    {"version 7, no layout", "version 7,",
     .patches = {NOTE(version, 7), NOTE(layout_name[0], 'x')}},
    {"version 7, layout", "version 7,",
     .patches = {NOTE(version, 7), NOTE(layout_header.n_descsz, 16),
                 PH(H_NOTE, p_filesz,
                    sizeof(struct notes) - sizeof(struct uhyve_note_layout) + 16)}},
    {"version large", "interface version 4294967295,", .patches = {NOTE(version, 0xffffffff)}},
    {"no version", "does not say its interface version", .patches = {NOTE(version_name[4], 'x')}},
    {"no layout", "has no layout note", .patches = {NOTE(layout_name[0], 'U')}},
    {"layout name length", "has no layout note", .patches = {NOTE(layout_header.n_namesz, 5)}},
    {"layout name length 8", "has no layout note", .patches = {NOTE(layout_header.n_namesz, 8)}},
    {"layout short", "note of 28 bytes instead of",
     .patches = {NOTE(layout_header.n_descsz, 28),
                 PH(H_NOTE, p_filesz,
                    sizeof(struct notes) - sizeof(struct uhyve_note_layout) + 28)}},
    {"layout empty", "note of 0 bytes",
     .patches = {NOTE(layout_header.n_descsz, 0),
                 PH(H_NOTE, p_filesz,
                    sizeof(struct notes) - sizeof(struct uhyve_note_layout) + 0)}},
    {"layout long", "note that is cut off",
     .patches = {NOTE(layout_header.n_descsz, sizeof(struct uhyve_note_layout) + 1)}},
    {"layout very long", "note that is cut off",
     .patches = {NOTE(layout_header.n_descsz, 0xffffffff)}},
    {"layout name very long", "cut off", .patches = {NOTE(layout_header.n_namesz, 0xffffffff)}},
    {"other note too long", "cut off", .patches = {NOTE(other_header.n_descsz, 0x7fffffff)}},
    {"version too short", "that is too short", .patches = {NOTE(version_header.n_descsz, 3)}},
    {"two versions", "two notes of the interface version",
     .patches = {NOTE(layout_header.n_type, UHYVE_NOTE_VERSION)}},
    {"two layouts", "two layout notes",
     .patches = {NOTE(version_header.n_type, UHYVE_NOTE_LAYOUT)}},
    {"notes twice", "two notes of the interface version",
     .patches = {PH(H_OTHER, p_type, PT_NOTE), PH(H_OTHER, p_offset, NOTES_OFFSET),
                 PH(H_OTHER, p_filesz, sizeof(struct notes))}},
    {"notes end early", "cut off", .patches = {PH(H_NOTE, p_filesz, sizeof(struct notes) - 1)}},
    {"notes end in a header", "cut off", .patches = {PH(H_NOTE, p_filesz, 24 + 24 + 8)}},
    {"notes past the end", "notes end past", .patches = {PH(H_NOTE, p_offset, FILE_BYTES - 8)}},
    {"notes wrap", "notes end past the end", .patches = {PH(H_NOTE, p_offset, TOP - 8)}},
    {"notes large", "notes end past the end", .patches = {PH(H_NOTE, p_filesz, TOP)}},
    {"notes many", "too many notes", .patches = {PH(H_NOTE, p_filesz, 0x5000)}},
    /* Segments */
    {"filesz > memsz", "segment 2 is larger in the file", .patches = {PH(H_DATA, p_memsz, 0x1000)}},
    {"filesz, no memsz", "segment 0 is larger in the file", .patches = {PH(H_CONST, p_memsz, 0)}},
    {"data past the end", "segment 2 ends past the end of the file",
     .patches = {PH(H_DATA, p_offset, 0x5000)}},
    {"offset wraps", "segment 2 ends past", .patches = {PH(H_DATA, p_offset, TOP - 0xfff)}},
    {"offset wraps to 0", "ends past",
     .patches = {PH(H_DATA, p_offset, TOP - DATA_FILE_BYTES + 1)}},
    {"filesz huge", "segment 2 ends past",
     .patches = {PH(H_DATA, p_filesz, TOP), PH(H_DATA, p_memsz, TOP)}},
    {"memory wraps", "segment 2 wraps", .patches = {PH(H_DATA, p_memsz, TOP)}},
    {"memory wraps to 0", "segment 2 wraps", .patches = {PH(H_DATA, p_memsz, 0 - B - DATA_OFFSET)}},
    {"memory ends on the last page", "wraps",
     .patches = {PH(H_DATA, p_memsz, 0 - B - DATA_OFFSET - 1)}},
    {"address at the top", "segment 2 wraps", .patches = {PH(H_DATA, p_vaddr, TOP - 0xfff)}},
    {"unaligned address", "lies differently in a page",
     .patches = {PH(H_DATA, p_vaddr, B + 0x4010)}},
    {"unaligned offset", "lies differently in a page", .patches = {PH(H_CODE, p_offset, 0x1001)}},
    {"alignment 3", "segment 1 has an impossible alignment", .patches = {PH(H_CODE, p_align, 3)}},
    {"alignment 2 GiB", "impossible alignment",
     .patches = {PH(H_CODE, p_align, UINT64_C(1) << 31)}},
    {"alignment huge", "impossible alignment", .patches = {PH(H_CODE, p_align, TOP)}},
    {"code writable", "segment 1 is writable and executable", .patches = {PH(H_CODE, p_flags, 7)}},
    {"data executable", "segment 2 is writable and executable",
     .patches = {PH(H_DATA, p_flags, 7)}},
    {"all rights", "segment 0 is writable and exec", .patches = {PH(H_CONST, p_flags, 0xffffffff)}},
    {"no rights", "segment 0 is not readable", .patches = {PH(H_CONST, p_flags, 0)}},
    {"execute only", "segment 1 is not readable", .patches = {PH(H_CODE, p_flags, PF_X)}},
    {"write only", "segment 2 is not readable", .patches = {PH(H_DATA, p_flags, PF_W)}},
    {"read-only with zeros", "segment 0 is read-only, but",
     .patches = {PH(H_CONST, p_filesz, 0xff0)}},
    {"code with zeros", "segment 1 is read-only, but", .patches = {PH(H_CODE, p_filesz, 0x2fff)}},
    {"data read-only", "segment 2 is read-only, but", .patches = {PH(H_DATA, p_flags, PF_R)}},
    {"physical address", "different physical and virtual", .patches = {PH(H_CODE, p_paddr, B)}},
    {"wrong order", "segment 1 lies below the one before it",
     .patches = {PH(H_CODE, p_vaddr, B - 0x4000), PH(H_CODE, p_paddr, B - 0x4000)}},
    {"overlap", "segment 2 overlaps the one before it",
     .patches = {PH(H_DATA, p_vaddr, B + 0x3000), PH(H_DATA, p_paddr, B + 0x3000)}},
    {"same address", "segment 1 overlaps the one before it",
     .patches = {PH(H_CODE, p_vaddr, B), PH(H_CODE, p_paddr, B)}},
    {"overlap by a byte", "segment 1 overlaps the one before it",
     .patches = {PH(H_CONST, p_filesz, 0x1001), PH(H_CONST, p_memsz, 0x1001)}},
    {"data on the code's page", "segment 2 shares a page",
     .patches = {PH(H_CODE, p_filesz, 0x2f00), PH(H_CODE, p_memsz, 0x2f00),
                 PH(H_DATA, p_offset, 0x3f80), PH(H_DATA, p_vaddr, B + 0x3f80),
                 PH(H_DATA, p_paddr, B + 0x3f80)}},
    {"code on the constants' page", "segment 1 shares a page",
     .patches = {PH(H_CONST, p_filesz, 0x800), PH(H_CONST, p_memsz, 0x800),
                 PH(H_CODE, p_offset, 0xf00), PH(H_CODE, p_vaddr, B + 0xf00),
                 PH(H_CODE, p_paddr, B + 0xf00)}},
    {"nothing to load", "has nothing to load",
     .patches = {PH(H_CONST, p_type, PT_NULL), PH(H_CODE, p_type, PT_NULL),
                 PH(H_DATA, p_type, PT_NULL)}},
    {"begins later", "is linked at 0x201000 instead of 0x200000",
     .patches = {PH(H_CONST, p_type, 0)}},
    {"begins within a page", "does not begin on a whole page",
     .patches = {PH(H_CONST, p_offset, 8), PH(H_CONST, p_vaddr, B + 8), PH(H_CONST, p_paddr, B + 8),
                 PH(H_CONST, p_filesz, 8), PH(H_CONST, p_memsz, 8)}},
    {"base of Linux", "is linked at 0x1ff000",
     .patches = {PH(H_CONST, p_vaddr, B - 0x1000), PH(H_CONST, p_paddr, B - 0x1000)}},
    {"larger than 1 GiB", "more than 1 GiB", .patches = {PH(H_DATA, p_memsz, 0x40000000)}},
    {"1 GiB and a byte", "more than 1 GiB",
     .patches = {PH(H_DATA, p_memsz, 0x40000000 - DATA_OFFSET + 1)}},
    {"pie of 2 GiB", "more than 1 GiB", .patches = {PH(H_DATA, p_memsz, 0x80000000)}, PIE},
    /* Layout */
    {"no nucleus", "nucleus is empty", .patches = {NOTE(layout.nucleus_end, 0x1000)}},
    {"nucleus backwards", "nucleus is empty", .patches = {NOTE(layout.nucleus_begin, 0x4000)}},
    {"nucleus begin", "not made of whole pages", .patches = {NOTE(layout.nucleus_begin, 0x1008)}},
    {"nucleus end", "not made of whole pages", .patches = {NOTE(layout.nucleus_end, 0x2fff)}},
    {"nucleus in constants", "nucleus is not inside", .patches = {NOTE(layout.nucleus_begin, 0)}},
    {"nucleus over data", "nucleus is not inside", .patches = {NOTE(layout.nucleus_end, 0x5000)}},
    {"nucleus to the top", "nucleus is not inside",
     .patches = {NOTE(layout.nucleus_end, 0xfffff000)}},
    {"nucleus nowhere", "nucleus is not inside",
     .patches = {NOTE(layout.nucleus_begin, 0xffffe000), NOTE(layout.nucleus_end, 0xfffff000)}},
    {"stubs of 0 bytes", "are 0 bytes apart", .patches = {NOTE(layout.vector_stub_bytes, 0)}},
    {"stubs of 7 bytes", "are 7 bytes apart", .patches = {NOTE(layout.vector_stub_bytes, 7)}},
    {"stubs of 65 bytes", "are 65 bytes apart", .patches = {NOTE(layout.vector_stub_bytes, 65)}},
    {"stubs of 4 GiB", "4294967295 bytes apart",
     .patches = {NOTE(layout.vector_stub_bytes, 0xffffffff)}},
    {"stubs too long", "stubs are not inside the nucl",
     .patches = {NOTE(layout.vector_stub_bytes, 33)}},
    {"stubs too low", "stubs are not inside the nucleus",
     .patches = {NOTE(layout.vector_stubs, 0xfff)}},
    {"stubs too high", "stubs are not inside the nucleus",
     .patches = {NOTE(layout.vector_stubs, 0x2001)}},
    {"stubs nowhere", "stubs are not inside", .patches = {NOTE(layout.vector_stubs, 0xffffff00)}},
    {"boot too low", "boot entry is not inside the nucleus",
     .patches = {NOTE(layout.boot_entry, 0xfff)}},
    {"boot too high", "boot entry is not inside", .patches = {NOTE(layout.boot_entry, 0x3000)}},
    {"start in data", "start entry " CODE, .patches = {NOTE(layout.start_entry, 0x4000)}},
    {"start in constants", "start entry " CODE, .patches = {NOTE(layout.start_entry, 0)}},
    {"start nowhere", "start entry " CODE, .patches = {NOTE(layout.start_entry, 0xffffffff)}},
    {"start in nucleus", "start entry is inside the nucleus",
     .patches = {NOTE(layout.start_entry, 0x2fff)}},
    {"secondary in data", "secondary entry " CODE,
     .patches = {NOTE(layout.secondary_entry, 0x4000)}},
    {"secondary in nucleus", "inside the nucleus",
     .patches = {NOTE(layout.secondary_entry, 0x1000)}},
    {"upcall in data", "upcall entry " CODE, .patches = {NOTE(layout.upcall_entry, 0x6000)}},
    {"syscall in data", "syscall entry " CODE, .patches = {NOTE(layout.syscall_entry, 0x4000)}},
    {"syscall in nucleus", "inside the nucleus", .patches = {NOTE(layout.syscall_entry, 0x1000)}},
    {"upcall in nucleus", "inside the nucleus", .patches = {NOTE(layout.upcall_entry, 0x2000)}},
    /* Thread-local data, relro */
    {"two tls", "two PT_TLS", .patches = {PH(H_OTHER, p_type, PT_TLS)}},
    {"tls align 3", "alignment that is not possible", .patches = {PH(H_TLS, p_align, 3)}},
    {"tls align 8192", "alignment that is not possible", .patches = {PH(H_TLS, p_align, 8192)}},
    {"tls filesz > memsz", "data is larger in the file", .patches = {PH(H_TLS, p_memsz, 15)}},
    {"tls huge", "more than 64 MiB of thread-local data", .patches = {PH(H_TLS, p_memsz, TOP)}},
    {"tls in zeros", "file part of a segment", .patches = {PH(H_TLS, p_vaddr, B + 0x5800)}},
    {"tls leaves the file part", "file part of a segment",
     .patches = {PH(H_TLS, p_vaddr, B + 0x57f1)}},
    {"tls outside", "file part of a segment", .patches = {PH(H_TLS, p_vaddr, TOP - 1)}},
    {"tls zeros outside", "data is outside the segments",
     .patches = {PH(H_TLS, p_filesz, 0), PH(H_TLS, p_vaddr, B + IMAGE_BYTES + 1)}},
    {"two relro", "two PT_GNU_RELRO", .patches = {PH(H_OTHER, p_type, PT_GNU_RELRO)}},
    {"relro in code", "not inside a writable segment",
     .patches = {PH(H_RELRO, p_vaddr, B + 0x1000)}},
    {"relro too long", "not inside a writable segment", .patches = {PH(H_RELRO, p_memsz, 0x3001)}},
    {"relro huge", "not inside a writable segment", .patches = {PH(H_RELRO, p_memsz, TOP)}},
    {"relro nowhere", "not inside a writable segment", .patches = {PH(H_RELRO, p_vaddr, TOP)}},
    /* The dynamic section */
    {"no dynamic", "no dynamic section", .patches = {PH(H_DYNAMIC, p_type, PT_NULL)}, PIE},
    {"fixed with relocations", "fixed address, but has relocations",
     .patches = {PH(H_DYNAMIC, p_type, PT_DYNAMIC)}},
    {"two dynamic", "two PT_DYNAMIC", .patches = {PH(H_OTHER, p_type, PT_DYNAMIC)}, PIE},
    {"dynamic past the end", "ends past", .patches = {PH(H_DYNAMIC, p_offset, FILE_BYTES - 16)},
     PIE},
    {"dynamic wraps", "ends past", .patches = {PH(H_DYNAMIC, p_offset, TOP - 15)}, PIE},
    {"dynamic large", "size that is not possible", .patches = {PH(H_DYNAMIC, p_filesz, 0x1010)},
     PIE},
    {"dynamic odd", "size that is not possible", .patches = {PH(H_DYNAMIC, p_filesz, 17)}, PIE},
    {"needed", "needs a shared library", .patches = {DYN(4, d_tag, DT_NEEDED)}, PIE},
    {"text relocations", "in its code", .patches = {DYN(4, d_tag, DT_TEXTREL)}, PIE},
    {"text relocation flag", "in its code", .patches = {DYN(4, d_un, DF_TEXTREL)}, PIE},
    {"rel", "of a kind uhyve does not know", .patches = {DYN(4, d_tag, DT_REL)}, PIE},
    {"jmprel", "of a kind uhyve does not know", .patches = {DYN(4, d_tag, DT_JMPREL)}, PIE},
    {"relr", "of a kind uhyve does not know", .patches = {DYN(4, d_tag, 36)}, PIE},
    {"no rela", "table has a size", .patches = {DYN(0, d_tag, DT_DEBUG)}, PIE},
    {"rela entry", "table has a size", .patches = {DYN(2, d_un, 16)}, PIE},
    {"rela odd", "table has a size", .patches = {DYN(1, d_un, 25)}, PIE},
    {"rela huge", "table is not inside", .patches = {DYN(1, d_un, TOP - TOP % 24)}, PIE},
    {"rela over a page", "table is not inside", .patches = {DYN(0, d_un, 0xff0)}, PIE},
    {"rela nowhere", "table is not inside", .patches = {DYN(0, d_un, TOP - 8)}, PIE},
    {"rela in zeros", "table is not inside", .patches = {DYN(0, d_un, 0x5800)}, PIE},
};

/* These are found when the table is walked. */
static const struct bad_image bad_relocations[] = {
    {"none", "relocation 0 is of type 0", .patches = {RELA(0, r_info, R_X86_64_NONE)}, PIE},
    {"64", "relocation 1 is of type 1,", .patches = {RELA(1, r_info, R_X86_64_64)}, PIE},
    {"irelative", "of type 37", .patches = {RELA(0, r_info, R_X86_64_IRELATIVE)}, PIE},
    {"symbol", "only R_X86_64_RELATIVE", .patches = {RELA(0, r_info, UINT64_C(0x100000008))}, PIE},
    {"high type", "only R_X86_64_RELATIVE", .patches = {RELA(0, r_info, 0xffffffff)}, PIE},
    {"constants", "0 is not inside a writable", .patches = {RELA(0, r_offset, 0)}, PIE},
    {"code", "2 is not inside a writable segment", .patches = {RELA(2, r_offset, 0x1000)}, PIE},
    {"begin", "not inside a writable segment", .patches = {RELA(0, r_offset, 0x3ffc)}, PIE},
    {"end", "not inside a writable segment", .patches = {RELA(0, r_offset, 0x6ff9)}, PIE},
    {"outside", "not inside a writable segment", .patches = {RELA(0, r_offset, 0x7000)}, PIE},
    {"wraps", "not inside a writable segment", .patches = {RELA(0, r_offset, TOP - 3)}, PIE},
};

static void store_bad(const struct bad_image *bad)
{
  static union image image;
  image = bad->from != NULL ? *bad->from : good_fixed;
  for (size_t i = 0; i < sizeof bad->patches / sizeof *bad->patches; i++)
    memcpy(image.bytes + bad->patches[i].offset, &bad->patches[i].value, bad->patches[i].width);
  store(&image, bad->file_bytes != 0 ? bad->file_bytes : sizeof image);
}

static void refuses_bad_images(void **state)
{
  (void) state;
  const size_t count = sizeof bad_images / sizeof *bad_images;
  assert_true(count >= 100);
  unsigned descriptors = count_descriptors();
  for (size_t i = 0; i < count; i++)
  {
    const struct bad_image *bad = &bad_images[i];
    struct elf_image image;
    char message[256] = "";
    store_bad(bad);
    int result = elf_image_open(&image, image_path, message);
    if (result != -ENOEXEC || strstr(message, bad->message) == NULL ||
        strncmp(message, image_path, strlen(image_path)) != 0)
      fail_msg("%s: %d '%s', expected '%s'", bad->name, result, message, bad->message);
    assert_line(message);
  }
  assert_int_equal(count_descriptors(), descriptors);
}

static void refuses_bad_relocations(void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof bad_relocations / sizeof *bad_relocations; i++)
  {
    const struct bad_image *bad = &bad_relocations[i];
    struct elf_image image;
    struct walk walk = {0};
    char message[256] = "";
    store_bad(bad);
    assert_int_equal(elf_image_open(&image, image_path, message), 0);
    int result = elf_image_relocations(&image, note_relocation, &walk, message);
    if (result != -ENOEXEC || strstr(message, bad->message) == NULL)
      fail_msg("%s: %d '%s', expected '%s'", bad->name, result, message, bad->message);
    assert_line(message);
    elf_image_close(&image);
  }
}

/* ---- Variants that are as good ---- */

static const struct bad_image good_images[] = {
    {"no tls", NULL, .patches = {PH(H_TLS, p_type, PT_NULL)}},
    {"no relro", NULL, .patches = {PH(H_RELRO, p_type, PT_NULL)}},
    {"tls without alignment", NULL, .patches = {PH(H_TLS, p_align, 0)}},
    {"relro rounded up behind the segment", NULL,
     .patches = {PH(H_DATA, p_memsz, 0x2ff0), PH(H_RELRO, p_memsz, 0x3000)}},
    {"empty segment", NULL, .patches = {PH(H_OTHER, p_type, PT_LOAD)}},
    {"1 GiB", NULL, .patches = {PH(H_DATA, p_memsz, 0x40000000 - DATA_OFFSET)}},
    {"fixed with a dynamic section", NULL,
     .patches = {PH(H_DYNAMIC, p_type, PT_DYNAMIC), DYN(1, d_un, 0)}},
    {"no relocations", NULL, .patches = {DYN(0, d_tag, DT_NULL)}, PIE},
    {"padding behind notes", NULL, .patches = {PH(H_NOTE, p_filesz, sizeof(struct notes) + 7)}},
    {"stubs of 32 bytes", NULL, .patches = {NOTE(layout.vector_stub_bytes, 32)}},
    {"unknown note", NULL,
     .patches = {NOTE(other_header.n_namesz, 3), NOTE(other_header.n_type, 99)}},
    {"entry in the last byte of code", NULL, .patches = {NOTE(layout.upcall_entry, 0x3fff)}},
};

static void accepts_variants(void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof good_images / sizeof *good_images; i++)
  {
    struct elf_image image;
    char message[256] = "";
    store_bad(&good_images[i]);
    if (elf_image_open(&image, image_path, message) != 0)
      fail_msg("%s: %s", good_images[i].name, message);
    elf_image_close(&image);
  }
}

static void keeps_whole_pages_of_relro(void **state)
{
  (void) state;
  static const struct
  {
    uint64_t vaddr, memsz, begin, end;
  } cases[] = {
      {0x4000, 0x1fff, 0x4000, 0x5000}, {0x4010, 0x2000, 0x5000, 0x6000}, {0x4000, 0xfff, 0, 0},
      {0x4010, 0x1010, 0, 0},           {0x4000, 0x3000, 0x4000, 0x7000},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    const struct bad_image patched = {
        "relro", NULL,
        .patches = {PH(H_RELRO, p_vaddr, cases[i].vaddr), PH(H_RELRO, p_memsz, cases[i].memsz)},
        PIE};
    struct elf_image image;
    char message[256];
    store_bad(&patched);
    assert_int_equal(elf_image_open(&image, image_path, message), 0);
    assert_int_equal(image.relro_begin, cases[i].begin);
    assert_int_equal(image.relro_end, cases[i].end);
    elf_image_close(&image);
  }
}

/* ---- Every byte of all headers changed ---- */

static void assert_sound(const struct elf_image *image)
{
  uint64_t end = image->low_vaddr;
  assert_true(image->segment_count > 0 && image->segment_count <= ELF_IMAGE_MAX_SEGMENTS);
  for (unsigned i = 0; i < image->segment_count; i++)
  {
    const struct elf_segment *segment = &image->segments[i];
    assert_true(segment->vaddr >= end && segment->memsz > 0);
    end = segment->vaddr + segment->memsz;
    assert_true(end > segment->vaddr && end <= image->high_vaddr);
    assert_true(segment->filesz <= segment->memsz && segment->filesz <= image->file_size);
    assert_true(segment->offset <= image->file_size - segment->filesz);
    assert_true((segment->flags & (PF_W | PF_X)) != (PF_W | PF_X));
  }
  assert_true(image->high_vaddr - image->low_vaddr <= ELF_IMAGE_MAX_SPAN_BYTES);
  assert_true(image->layout.nucleus_begin < image->layout.nucleus_end);
  assert_true(image->relro_begin <= image->relro_end);
  assert_true(image->rela_count <= image->file_size / sizeof(Elf64_Rela));
}

static void sweep(const union image *good, size_t begin, size_t end)
{
  static union image image;
  for (size_t at = begin; at < end; at++)
  {
    const uint8_t values[] = {0x00, 0xff, good->bytes[at] ^ 0x80, good->bytes[at] ^ 0x01};
    for (size_t i = 0; i < sizeof values; i++)
    {
      struct elf_image described;
      struct walk walk = {0};
      char message[256] = "";
      image = *good;
      image.bytes[at] = values[i];
      store(&image, sizeof image);
      int result = elf_image_open(&described, image_path, message);
      if (result == 0)
      {
        assert_sound(&described);
        result = elf_image_relocations(&described, note_relocation, &walk, message);
        elf_image_close(&described);
      }
      if (result != 0)
      {
        assert_int_equal(result, -ENOEXEC);
        assert_line(message);
      }
    }
  }
}

static void survives_any_byte(void **state)
{
  (void) state;
  unsigned descriptors = count_descriptors();
  const union image *const images[] = {&good_fixed, &good_pie};
  for (size_t i = 0; i < 2; i++)
  {
    sweep(images[i], 0, sizeof good_fixed.start);
    sweep(images[i], NOTES_OFFSET, NOTES_OFFSET + sizeof(struct notes));
  }
  sweep(&good_pie, DYNAMIC_OFFSET, DYNAMIC_OFFSET + DYNAMIC_ENTRIES * sizeof(Elf64_Dyn));
  sweep(&good_pie, RELA_OFFSET, RELA_OFFSET + RELOCATIONS * sizeof(Elf64_Rela));
  assert_int_equal(count_descriptors(), descriptors);
}

/* ---- Things that are no files ---- */

static void refuses_other_files(void **state)
{
  (void) state;
  unsigned descriptors = count_descriptors();
  char directory[] = "/tmp/elf_image_test.XXXXXX";
  assert_non_null(mkdtemp(directory));
  char fifo[64], missing[512];
  snprintf(fifo, sizeof fifo, "%s/fifo", directory);
  assert_int_equal(mkfifo(fifo, 0600), 0);

  assert_refused_path(directory, -ENOEXEC, " is a directory");
  assert_refused_path(fifo, -ENOEXEC, " is not a regular file");
  assert_refused_path("/dev/null", -ENOEXEC, "/dev/null is not a regular file");
  assert_int_equal(ftruncate(image_fd, 0), 0);
  assert_refused_path(image_path, -ENOEXEC, " is empty");
  assert_refused_path("/nowhere/x", -ENOENT, "cannot open /nowhere/x: No such file or directory");
  assert_refused_path("", -ENOENT, "cannot open : No such file or directory");
  assert_refused_path("/nowhere/a\nb", -ENOENT, "cannot open /nowhere/a?b: No such file");

  snprintf(missing, sizeof missing, "/%0*d/end", 200, 0);
  assert_refused_path(missing, -ENOENT, "00/end: No such file or directory");
  snprintf(missing, sizeof missing, "/%0*d", 300, 0);
  assert_refused_path(missing, -ENAMETOOLONG, "0: File name too long");

  unlink(fifo);
  rmdir(directory);
  assert_int_equal(count_descriptors(), descriptors);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_fixed),       cmocka_unit_test(accepts_position_independent),
      cmocka_unit_test(accepts_variants),    cmocka_unit_test(keeps_whole_pages_of_relro),
      cmocka_unit_test(refuses_bad_images),  cmocka_unit_test(refuses_bad_relocations),
      cmocka_unit_test(refuses_other_files), cmocka_unit_test(survives_any_byte),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
