/* Tests of uhyve/symbols.c: what is told of a real process (this one), and that a broken program
 * file does no harm. */
#define _GNU_SOURCE 1
#include "uhyve/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own_process.h"

/* Assembler code as in a C library: no size, no type, no call frame information. */
extern const char assembler_label[];
__asm__(".text\n"
        "  nop\n"
        "assembler_label:\n"
        "  nop\n"
        "  nop\n"
        "  ret\n");

/* ---- Symbols ---- */

static void test_lookup(void **state)
{
  struct symbol_place place;
  uint64_t function = (uint64_t) (uintptr_t) &nest_outer;
  int fd;
  struct symbols *symbols = open_own(&fd);

  (void) state;
  assert_true(symbols_is_code(symbols, function));
  assert_true(symbols_lookup(symbols, function + 1, &place));
  assert_string_equal(place.function, "nest_outer");
  assert_int_equal(place.offset, 1);
  assert_true(place.size > 1);
  assert_non_null(place.file);
  assert_non_null(strstr(place.file, "own_process.c"));
  assert_in_range(place.line, 1, 1000);

  assert_true(symbols_lookup(symbols, (uint64_t) (uintptr_t) assembler_label + 1, &place));
  assert_string_equal(place.function, "assembler_label");
  assert_int_equal(place.offset, 1);
  assert_int_equal(place.size, 0);

  assert_false(symbols_lookup(symbols, 0, &place));
  assert_null(place.function);
  assert_false(symbols_lookup(symbols, (uint64_t) (uintptr_t) &place, &place));
  assert_false(symbols_is_code(symbols, UINT64_MAX));
  close_own(symbols, fd);
}

static void test_not_an_elf_file(void **state)
{
  struct symbols *symbols = NULL;
  int fd = memfd_create("text", MFD_CLOEXEC);

  (void) state;
  assert_int_equal(symbols_open(&symbols, fd, 0), -ENOEXEC);
  assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
  assert_int_equal(symbols_open(&symbols, fd, 0), -ENOEXEC);
  assert_int_equal(symbols_open(&symbols, -1, 0), -ENOEXEC);
  assert_null(symbols);
  close(fd);
}

/* ---- Hostile program files ---- */

/* libelf forgets a buffer or two of a file with damaged section headers. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
  return "leak:libelf";
}

static char *map_own(size_t *len_bytes)
{
  struct stat status;
  char *image;
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, &status), 0);
  *len_bytes = (size_t) status.st_size;
  image = mmap(NULL, *len_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  assert_true(image != MAP_FAILED);
  close(fd);
  return image;
}

/* The section's bytes in the image; the test file itself is well-formed. */
static char *find_section(char *image, const char *name, size_t *len_bytes)
{
  const Elf64_Ehdr *header = (const Elf64_Ehdr *) (void *) image;
  const Elf64_Shdr *sections = (const Elf64_Shdr *) (void *) (image + header->e_shoff);
  const char *names = image + sections[header->e_shstrndx].sh_offset;

  for (size_t i = 1; i < header->e_shnum; i++)
    if (strcmp(names + sections[i].sh_name, name) == 0)
    {
      *len_bytes = sections[i].sh_size;
      return image + sections[i].sh_offset;
    }
  return NULL;
}

static void walk_damaged(struct nest *nest, const struct hc_registers *registers)
{
  struct symbol_place place;

  walk_here(nest, registers);
  assert_in_range(nest->count, 1, BACKTRACE_MAX_FRAMES);
  for (size_t i = 0; i < nest->count; i++)
    symbols_lookup(nest->symbols, nest->frames[i].pc, &place);
  for (uint64_t offset = 0; offset < 0x800; offset += 0x40)
  {
    struct Dwarf_Frame_s *rules;

    symbols_lookup(nest->symbols, registers->rip + offset, &place);
    if (symbols_unwind_rules(nest->symbols, registers->rip + offset, &rules) == 0)
      free(rules);
  }
}

/* Opens the bytes as a program file and asks for all it can tell. */
static void use_image(const char *image, size_t len_bytes)
{
  struct nest nest = {.act = walk_damaged};
  int fd = memfd_create("damaged", MFD_CLOEXEC);

  assert_int_equal(write(fd, image, len_bytes), (ssize_t) len_bytes);
  if (symbols_open(&nest.symbols, fd, own_bias()) == 0)
  {
    nest_outer(&nest, 1);
    symbols_close(nest.symbols);
  }
  close(fd);
}

static void damage(char *bytes, size_t len_bytes, unsigned changes, uint64_t *seed)
{
  for (unsigned i = 0; i < changes; i++)
    bytes[random_next(seed) % len_bytes] = (char) random_next(seed);
}

static void test_damaged_sections(void **state)
{
  static const char *const sections[] = {
      ".eh_frame",     ".eh_frame_hdr",  ".debug_line", ".debug_info",
      ".debug_abbrev", ".debug_aranges", ".debug_str",  ".debug_line_str",
      ".symtab",       ".strtab",        ".shstrtab",
  };
  const char *rounds_text = getenv("CRASH_REPORT_TEST_ROUNDS");
  unsigned long rounds = rounds_text == NULL ? 4 : strtoul(rounds_text, NULL, 10);
  uint64_t seed = 0x9e3779b97f4a7c15;

  (void) state;
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
    for (unsigned long round = 0; round < rounds; round++)
    {
      size_t len_bytes, section_bytes;
      char *image = map_own(&len_bytes);
      char *section = find_section(image, sections[i], &section_bytes);

      if (section != NULL)
      {
        damage(section, section_bytes, 1u << (round % 12), &seed);
        use_image(image, len_bytes);
      }
      munmap(image, len_bytes);
    }
}

static void test_damaged_headers(void **state)
{
  size_t len_bytes;
  char *image = map_own(&len_bytes);
  const Elf64_Ehdr *header = (const Elf64_Ehdr *) (void *) image;
  size_t table_offset = header->e_shoff;
  size_t table_bytes = (size_t) header->e_shnum * sizeof(Elf64_Shdr);
  uint64_t seed = 0x2545f4914f6cdd1d;

  (void) state;
  munmap(image, len_bytes);
  for (unsigned round = 0; round < 24; round++)
  {
    image = map_own(&len_bytes);
    if (round % 2 == 0)
      damage(image + EI_NIDENT, 64 - EI_NIDENT + 10 * sizeof(Elf64_Phdr), 1 + round, &seed);
    else
      damage(image + table_offset, table_bytes, 1 + round, &seed);
    use_image(image, len_bytes);
    munmap(image, len_bytes);
  }
}

static void test_truncated_file(void **state)
{
  size_t len_bytes;
  char *image = map_own(&len_bytes);

  (void) state;
  for (unsigned part = 1; part < 12; part++)
    use_image(image, len_bytes * part / 12);
  use_image(image, 64);
  use_image(image, 16);
  munmap(image, len_bytes);
}

/* ---- Files that would take much memory to read ---- */

/* The file is the same each time. */
static int open_image(struct symbols **symbols, const char *image, size_t len_bytes, off_t file_len)
{
  static int fd = -1;
  if (fd < 0)
    fd = memfd_create("large", MFD_CLOEXEC);
  assert_int_equal(ftruncate(fd, 0), 0);
  assert_int_equal(pwrite(fd, image, len_bytes, 0), (ssize_t) len_bytes);
  assert_int_equal(ftruncate(fd, file_len), 0);
  *symbols = NULL;
  return symbols_open(symbols, fd, own_bias());
}

static Elf64_Shdr *find_header(char *image, const char *name)
{
  const Elf64_Ehdr *header = (const Elf64_Ehdr *) (void *) image;
  Elf64_Shdr *sections = (Elf64_Shdr *) (void *) (image + header->e_shoff);
  const char *names = image + sections[header->e_shstrndx].sh_offset;
  size_t i = 1;
  while (strcmp(names + sections[i].sh_name, name) != 0)
    i++;
  return &sections[i];
}

static void test_large_files(void **state)
{
  struct symbols *symbols;
  size_t len_bytes;
  char *image = map_own(&len_bytes);
  Elf64_Ehdr *header = (Elf64_Ehdr *) (void *) image;
  Elf64_Shdr *strings = find_header(image, ".strtab");

  (void) state;
  assert_int_equal(open_image(&symbols, image, len_bytes, 1 << 30), 0);
  symbols_close(symbols);
  assert_int_equal(open_image(&symbols, image, len_bytes, (1 << 30) + 1), -ENOEXEC);

  /* Two sections that are the whole file, where it is sparse. */
  strings->sh_offset = 0;
  strings->sh_size = 1 << 30;
  assert_int_equal(open_image(&symbols, image, len_bytes, 1 << 30), -ENOEXEC);
  assert_null(symbols);

  /* Ten million sections */
  Elf64_Shdr *first = (Elf64_Shdr *) (void *) (image + header->e_shoff);
  first->sh_size = 10000000;
  header->e_shnum = 0;
  assert_int_equal(open_image(&symbols, image, len_bytes, 1 << 30), -ENOEXEC);
  munmap(image, len_bytes);
}

static bool tells_lines(uint64_t unpacked_bytes)
{
  struct symbols *symbols;
  struct symbol_place place;
  size_t len_bytes;
  char *image = map_own(&len_bytes);
  Elf64_Shdr *note = find_header(image, ".comment");
  Elf64_Chdr packed = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = unpacked_bytes, .ch_addralign = 1};

  note->sh_flags = SHF_COMPRESSED;
  note->sh_offset = (uint64_t) note->sh_offset & ~7ull;
  memcpy(image + note->sh_offset, &packed, sizeof packed);
  note->sh_size = sizeof packed;
  assert_int_equal(open_image(&symbols, image, len_bytes, (off_t) len_bytes), 0);
  assert_true(symbols_lookup(symbols, (uint64_t) (uintptr_t) &nest_outer, &place));
  assert_string_equal(place.function, "nest_outer");
  bool has_line = place.file != NULL;
  symbols_close(symbols);
  munmap(image, len_bytes);
  return has_line;
}

static void test_decompression_bomb(void **state)
{
  (void) state;
  assert_true(tells_lines(256 << 20));
  assert_false(tells_lines((256 << 20) + 1));
  assert_false(tells_lines(UINT64_MAX));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_large_files),      cmocka_unit_test(test_decompression_bomb),
      cmocka_unit_test(test_lookup),           cmocka_unit_test(test_not_an_elf_file),
      cmocka_unit_test(test_damaged_sections), cmocka_unit_test(test_damaged_headers),
      cmocka_unit_test(test_truncated_file),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
