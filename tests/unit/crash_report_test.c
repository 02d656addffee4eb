/* The crash report: its words and statuses, symbols and unwinding of a real process (this one),
 * and that a broken program file or a wild stack does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"
#include "uhyve/backtrace.h"
#include "uhyve/crash_report.h"
#include "uhyve/symbols.h"

#define OVERLAY_WORDS 32
#define NOINLINE      __attribute__((noinline))

/* Assembler code as in a C library: no size, no type, no call frame information. */
extern const char assembler_label[], assembler_framed[];
extern void assembler_call(void (*function)(void *), void *argument);
__asm__(".text\n"
        "  nop\n"
        "assembler_label:\n"
        "  nop\n"
        "  nop\n"
        "  ret\n"
        "assembler_call:\n"
        "  push %rbx\n"
        "  mov %rdi, %rax\n"
        "  mov %rsi, %rdi\n"
        "  call *%rax\n"
        "  pop %rbx\n"
        "  ret\n"
        "assembler_framed:\n"
        "  push %rbp\n"
        "  mov %rsp, %rbp\n"
        "  nop\n"
        "  pop %rbp\n"
        "  ret\n");

/* ---- This process as the guest ---- */

/* Words laid over memory, to stand for what a guest's stack holds. */
struct overlay
{
  uint64_t gva;
  uint64_t word[OVERLAY_WORDS];
};

static int read_self(void *context, uint64_t gva, void *buffer, size_t len_bytes)
{
  const struct overlay *overlay = context;
  struct iovec local = {buffer, len_bytes};
  struct iovec remote = {(void *) (uintptr_t) gva, len_bytes};

  if (overlay != NULL && gva - overlay->gva < sizeof overlay->word &&
      len_bytes <= sizeof overlay->word - (gva - overlay->gva))
  {
    memcpy(buffer, (const char *) overlay->word + (gva - overlay->gva), len_bytes);
    return 0;
  }
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t) len_bytes ? 0 : -EFAULT;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *bias)
{
  (void) size;
  *(uint64_t *) bias = info->dlpi_addr;
  return 1;
}

static uint64_t own_bias(void)
{
  uint64_t bias = 0;

  dl_iterate_phdr(first_object, &bias);
  return bias;
}

static struct symbols *open_own(int *fd)
{
  struct symbols *symbols;

  *fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  assert_true(*fd >= 0);
  assert_int_equal(symbols_open(&symbols, *fd, own_bias()), 0);
  return symbols;
}

static void close_own(struct symbols *symbols, int fd)
{
  symbols_close(symbols);
  close(fd);
}

static void from_context(const ucontext_t *context, struct hc_registers *registers)
{
  const greg_t *g = context->uc_mcontext.gregs;

  memset(registers, 0, sizeof *registers);
  registers->rbx = (uint64_t) g[REG_RBX];
  registers->rbp = (uint64_t) g[REG_RBP];
  registers->rsp = (uint64_t) g[REG_RSP];
  registers->r12 = (uint64_t) g[REG_R12];
  registers->r13 = (uint64_t) g[REG_R13];
  registers->r14 = (uint64_t) g[REG_R14];
  registers->r15 = (uint64_t) g[REG_R15];
  registers->rip = (uint64_t) g[REG_RIP];
}

/* What a walk from nest_inner() is to do with the registers it has there. */
struct nest
{
  struct symbols *symbols;
  void (*act)(struct nest *nest, const struct hc_registers *registers);
  struct backtrace_frame frames[BACKTRACE_MAX_FRAMES];
  size_t count;
  char *text;
};

static NOINLINE void nest_inner(void *argument)
{
  struct nest *nest = argument;
  struct hc_registers registers;
  ucontext_t context;

  getcontext(&context);
  from_context(&context, &registers);
  nest->act(nest, &registers);
  __asm__ volatile("" ::: "memory");
}

static NOINLINE void nest_middle(struct nest *nest, unsigned depth)
{
  if (depth > 0)
    nest_middle(nest, depth - 1);
  else
    nest_inner(nest);
  __asm__ volatile("" ::: "memory");
}

static NOINLINE void nest_outer(struct nest *nest, unsigned depth)
{
  char room[200];

  __asm__ volatile("" : : "r"(room) : "memory");
  nest_middle(nest, depth);
  __asm__ volatile("" : : "r"(room) : "memory");
}

static void walk_here(struct nest *nest, const struct hc_registers *registers)
{
  nest->count =
      backtrace_walk(nest->symbols, registers, read_self, NULL, nest->frames, BACKTRACE_MAX_FRAMES);
}

static void assert_frame(struct nest *nest, size_t index, const char *function)
{
  const struct backtrace_frame *frame = &nest->frames[index];
  struct symbol_place place;

  assert_true(index < nest->count);
  assert_int_equal(frame->is_return, index > 0);
  assert_true(symbols_lookup(nest->symbols, frame->pc - frame->is_return, &place));
  /* The compiler may have added ".constprop.0" or the like. */
  assert_non_null(place.function);
  assert_memory_equal(place.function, function, strlen(function));
}

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
  assert_non_null(strstr(place.file, "crash_report_test.c"));
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

/* ---- Walks that succeed ---- */

static void test_walk_by_unwind_rules(void **state)
{
  struct nest nest = {.act = walk_here};
  int fd;

  (void) state;
  nest.symbols = open_own(&fd);
  nest_outer(&nest, 2);
  assert_frame(&nest, 0, "nest_inner");
  assert_frame(&nest, 1, "nest_middle");
  assert_frame(&nest, 2, "nest_middle");
  assert_frame(&nest, 3, "nest_middle");
  assert_frame(&nest, 4, "nest_outer");
  assert_frame(&nest, 5, "test_walk_by_unwind_rules");
  close_own(nest.symbols, fd);
}

static void test_walk_is_bounded(void **state)
{
  struct nest nest = {.act = walk_here};
  int fd;

  (void) state;
  nest.symbols = open_own(&fd);
  nest_outer(&nest, 100);
  assert_int_equal(nest.count, BACKTRACE_MAX_FRAMES);
  assert_frame(&nest, BACKTRACE_MAX_FRAMES - 1, "nest_middle");
  close_own(nest.symbols, fd);
}

static void test_walk_through_assembler(void **state)
{
  struct nest nest = {.act = walk_here};
  int fd;

  (void) state;
  nest.symbols = open_own(&fd);
  assembler_call(nest_inner, &nest);
  assert_frame(&nest, 0, "nest_inner");
  assert_frame(&nest, 1, "assembler_call");
  assert_frame(&nest, 2, "test_walk_through_assembler");
  close_own(nest.symbols, fd);
}

/* As if nest_inner() had called something that has no unwind rules: 'rip', with 'pushed' words
 * between the stack pointer and the return address. */
static void walk_from(struct nest *nest, const struct hc_registers *registers, uint64_t rip,
                      size_t pushed)
{
  struct hc_registers callee = *registers;
  struct overlay overlay = {.word = {0}};

  callee.rip = rip;
  callee.rsp -= (pushed + 1) * sizeof(uint64_t);
  overlay.gva = registers->rsp - sizeof overlay.word;
  overlay.word[OVERLAY_WORDS - 1] = registers->rip;
  nest->count = backtrace_walk(nest->symbols, &callee, read_self, &overlay, nest->frames,
                               BACKTRACE_MAX_FRAMES);
}

static void walk_from_leaf(struct nest *nest, const struct hc_registers *registers)
{
  walk_from(nest, registers, (uint64_t) (uintptr_t) assembler_label, 0);
}

static void walk_from_pushing(struct nest *nest, const struct hc_registers *registers)
{
  walk_from(nest, registers, (uint64_t) (uintptr_t) assembler_label, 3);
}

static void walk_from_nowhere(struct nest *nest, const struct hc_registers *registers)
{
  walk_from(nest, registers, 0, 0);
}

static void test_walk_without_unwind_rules(void **state)
{
  struct nest nest = {.act = walk_from_leaf};
  int fd;

  (void) state;
  nest.symbols = open_own(&fd);
  nest_outer(&nest, 0);
  assert_frame(&nest, 0, "assembler_label");
  assert_frame(&nest, 1, "nest_inner");
  assert_frame(&nest, 2, "nest_middle");
  assert_frame(&nest, 3, "nest_outer");

  nest.act = walk_from_pushing;
  nest_outer(&nest, 0);
  assert_frame(&nest, 1, "nest_inner");
  assert_frame(&nest, 2, "nest_middle");

  nest.act = walk_from_nowhere;
  nest_outer(&nest, 0);
  assert_int_equal(nest.frames[0].pc, 0);
  assert_frame(&nest, 1, "nest_inner");
  assert_frame(&nest, 2, "nest_middle");
  close_own(nest.symbols, fd);
}

/* Frames linked by %rbp in a made-up stack; the return addresses are a real one. */
static void walk_frame_pointers(struct nest *nest, const struct hc_registers *registers)
{
  struct hc_registers callee = {.rip = (uint64_t) (uintptr_t) assembler_framed + 4};
  struct overlay overlay = {.gva = 0x10000, .word = {0}};
  uint64_t return_address = (uint64_t) (uintptr_t) assembler_call + 9; /* behind `call *%rax` */

  (void) registers;
  callee.rsp = overlay.gva;
  callee.rbp = overlay.gva + 4 * 8;
  overlay.word[2] = return_address; /* stale, in a local variable */
  overlay.word[4] = overlay.gva + 26 * 8;
  overlay.word[5] = return_address;
  overlay.word[26] = callee.rbp; /* a cycle */
  overlay.word[27] = return_address;
  nest->count = backtrace_walk(nest->symbols, &callee, read_self, &overlay, nest->frames,
                               BACKTRACE_MAX_FRAMES);
}

static void test_walk_by_frame_pointers(void **state)
{
  struct nest nest = {.act = walk_frame_pointers};
  int fd;

  (void) state;
  nest.symbols = open_own(&fd);
  nest_outer(&nest, 0);
  assert_int_equal(nest.count, 3);
  assert_frame(&nest, 1, "assembler_call");
  assert_frame(&nest, 2, "assembler_call");
  close_own(nest.symbols, fd);
}

/* ---- Hostile stacks ---- */

static void test_wild_registers(void **state)
{
  static const uint64_t wild[] = {
      0, 1, 7, 0x10000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX - 7, UINT64_MAX};
  struct backtrace_frame frames[BACKTRACE_MAX_FRAMES];
  int fd;
  struct symbols *symbols = open_own(&fd);

  (void) state;
  for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++)
    for (size_t j = 0; j < sizeof wild / sizeof wild[0]; j++)
    {
      struct hc_registers registers = {.rsp = wild[i], .rbp = wild[j]};

      registers.rip = (uint64_t) (uintptr_t) &nest_inner + 8;
      assert_int_equal(
          backtrace_walk(symbols, &registers, read_self, NULL, frames, BACKTRACE_MAX_FRAMES), 1);
      registers.rip = (uint64_t) (uintptr_t) assembler_label;
      assert_int_equal(
          backtrace_walk(symbols, &registers, read_self, NULL, frames, BACKTRACE_MAX_FRAMES), 1);
      registers.rip = wild[i];
      assert_int_equal(
          backtrace_walk(symbols, &registers, read_self, NULL, frames, BACKTRACE_MAX_FRAMES), 1);
    }
  close_own(symbols, fd);
}

/* A guest whose every word is the same return address never runs out of frames. */
static int read_endless(void *context, uint64_t gva, void *buffer, size_t len_bytes)
{
  if (read_self(NULL, gva, buffer, len_bytes) != 0)
    memcpy(buffer, context, len_bytes < 8 ? len_bytes : 8);
  return 0;
}

static void test_endless_stack(void **state)
{
  struct hc_registers registers = {.rsp = UINT64_MAX - 80};
  struct backtrace_frame frames[BACKTRACE_MAX_FRAMES];
  uint64_t return_address = (uint64_t) (uintptr_t) assembler_call + 9;
  int fd;
  struct symbols *symbols = open_own(&fd);

  (void) state;
  /* Around the end of the address space: the stack pointer would wrap. */
  assert_in_range(backtrace_walk(symbols, &registers, read_endless, &return_address, frames,
                                 BACKTRACE_MAX_FRAMES),
                  2, 12);
  registers.rsp = 0x4000;
  assert_int_equal(backtrace_walk(symbols, &registers, read_endless, &return_address, frames,
                                  BACKTRACE_MAX_FRAMES),
                   BACKTRACE_MAX_FRAMES);
  assert_int_equal(backtrace_walk(symbols, &registers, read_endless, &return_address, frames, 3),
                   3);
  close_own(symbols, fd);
}

/* ---- Hostile program files ---- */

/* libelf forgets a buffer or two of a file with damaged section headers. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
  return "leak:libelf";
}

static uint64_t random_next(uint64_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return *seed;
}

static char *map_own(size_t *len_bytes)
{
  struct stat status;
  char *image;
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

  assert_true(fd >= 0 && fstat(fd, &status) == 0);
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

/* ---- Words ---- */

/* The text is good until the next report. */
static char *print_report(const struct crash_report_input *input)
{
  static char text[16384];
  FILE *out = fmemopen(text, sizeof text, "w");

  assert_non_null(out);
  crash_report_print(out, input);
  fclose(out);
  return text;
}

static void assert_first_line(const struct crash_report_input *input, const char *expected)
{
  char *text = print_report(input);

  *strchr(text, '\n') = '\0';
  assert_memory_equal(text, "uhyve: hello: ", 14);
  assert_string_equal(text + 14, expected);
}

static void test_first_lines(void **state)
{
  static const struct
  {
    struct hc_crash crash;
    const char *line;
    int status;
  } rows[] = {
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 6},
       "bad access: write to 0x0000000000000000 (null pointer)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 4, .fault_gva = 0xffff},
       "bad access: read from 0x000000000000ffff (null pointer)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 4, .fault_gva = 0x10000},
       "bad access: read from 0x0000000000010000 (not mapped)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 0x14, .fault_gva = 0xdeadbeef},
       "bad access: execution of 0x00000000deadbeef (not mapped)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 0x15, .fault_gva = 0x140000000},
       "bad access: execution of 0x0000000140000000 (memory that is not executable)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 7, .fault_gva = 0x200000},
       "bad access: write to 0x0000000000200000 (read-only memory)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 5, .fault_gva = 0x201000},
       "bad access: read from 0x0000000000201000 (protected memory)",
       139},
      {{.cause = 1, .signal = 8, .vector = 0}, "division by zero or overflow", 136},
      {{.cause = 1, .signal = 5, .vector = 1}, "debug trap", 133},
      {{.cause = 1, .signal = 5, .vector = 3}, "breakpoint", 133},
      {{.cause = 1, .signal = 4, .vector = 6}, "illegal instruction", 132},
      {{.cause = 1, .signal = 11, .vector = 13, .error_code = 0x10},
       "privileged instruction or non-canonical address (error code 0x10)",
       139},
      {{.cause = 1, .signal = 8, .vector = 16}, "floating-point error (x87)", 136},
      {{.cause = 1, .signal = 7, .vector = 17}, "misaligned access", 135},
      {{.cause = 1, .signal = 8, .vector = 19}, "floating-point error (SSE)", 136},
      {{.cause = 1, .signal = 64, .vector = 9}, "exception 9", 192},
      {{.cause = 1, .signal = 0, .vector = UINT32_MAX}, "exception 4294967295", 126},
      {{.cause = 2, .signal = 6}, "aborted (SIGABRT)", 134},
      {{.cause = 2, .signal = 15}, "terminated (SIGTERM)", 143},
      {{.cause = 2, .signal = 17}, "ended by signal 17", 145},
      {{.cause = 2, .signal = 64}, "ended by signal 64", 192},
      {{.cause = 2, .signal = 65}, "ended by signal 65, which does not exist", 126},
      {{.cause = 2, .signal = 0}, "ended by signal 0, which does not exist", 126},
      {{.cause = 3, .signal = 11, .fault_gva = 0x12fff0ff8},
       "stack overflow at 0x000000012fff0ff8",
       139},
      {{.cause = 4, .signal = 6}, "kernel library failure", 126},
      {{.cause = 0, .signal = 6}, "crash of unknown cause 0", 126},
      {{.cause = UINT32_MAX, .signal = 6}, "crash of unknown cause 4294967295", 126},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
  {
    struct crash_report_input input = {.program = "hello", .crash = &rows[i].crash};

    assert_first_line(&input, rows[i].line);
    assert_int_equal(crash_report_status(&rows[i].crash), rows[i].status);
  }
}

static void test_message_is_harmless(void **state)
{
  struct hc_crash crash = {.cause = HC_CRASH_KERNEL};
  struct crash_report_input input = {
      .program = "hello",
      .crash = &crash,
      .message = "run queue \x1b[2J\n\0\xff end, not more",
      .message_len_bytes = 21,
  };

  (void) state;
  assert_first_line(&input, "kernel library failure: run queue \\x1b[2J\\x0a\\x00\\xff end");
}

static void test_nucleus_failure(void **state)
{
  struct hc_nucleus_frame frame = {.vector = 8, .rip = 0x201234, .cs = 8, .rsp = 0xabcd00};
  struct hc_registers registers = {.rax = 0x1122334455667788, .rip = 1, .rsp = 2};
  struct crash_report_input input = {
      .program = "hello",
      .nucleus = &frame,
      .nucleus_registers = &registers,
      .nucleus_fault_gva = 0x130000000,
  };
  char *text;

  (void) state;
  assert_first_line(&input, "the nucleus failed: double fault in ring 0");
  frame.vector = 14;
  frame.cs = 0x33;
  assert_first_line(&input, "the nucleus failed: page fault: read from 0x0000000130000000 "
                            "(not mapped) in ring 3");
  frame.vector = UINT64_MAX;
  frame.error_code = 1;
  assert_first_line(&input, "the nucleus failed: exception 18446744073709551615 (error code 0x1) "
                            "in ring 3");
  text = print_report(&input);
  assert_non_null(strstr(text, "\n  at 0x0000000000201234\n"));
  assert_non_null(strstr(text, "rax 1122334455667788"));
  assert_non_null(strstr(text, "rsp 0000000000abcd00"));
  assert_null(strstr(text, "backtrace"));
}

static void test_cpu_is_named_when_it_matters(void **state)
{
  struct hc_crash crash = {.cause = HC_CRASH_SIGNAL, .signal = 6};
  struct crash_report_input input = {.program = "hello", .crash = &crash, .cpu_count = 1};
  char *text;

  (void) state;
  text = print_report(&input);
  assert_null(strstr(text, "CPU"));
  input.cpu_count = 2;
  text = print_report(&input);
  assert_non_null(strstr(text, " on CPU 0\n"));
  input.cpu_count = 1;
  crash.cpu = 3;
  text = print_report(&input);
  assert_non_null(strstr(text, " on CPU 3\n"));
}

/* ---- The whole report ---- */

static void report_here(struct nest *nest, const struct hc_registers *registers)
{
  struct hc_crash crash = {
      .cause = HC_CRASH_STACK_OVERFLOW, .signal = 11, .fault_gva = 0x12fff0ff8, .regs = *registers};
  struct crash_report_input input = {
      .program = "hello",
      .crash = &crash,
      .cpu_count = 1,
      .symbols = nest->symbols,
      .read = read_self,
  };

  nest->text = print_report(&input);
}

static void test_whole_report(void **state)
{
  struct nest nest = {.act = report_here};
  const char *place;
  int fd;

  (void) state;
  nest.symbols = open_own(&fd);
  nest_outer(&nest, 9);
  if (getenv("CRASH_REPORT_TEST_SHOW") != NULL)
    fputs(nest.text, stderr);
  place = strstr(nest.text, "\n  at nest_inner+0x");
  assert_non_null(place);
  place = strstr(place, "crash_report_test.c:");
  assert_non_null(place);
  place = strstr(place, "\n  registers:\n    rax 0000000000000000  rbx ");
  assert_non_null(place);
  place = strstr(place, "\n  backtrace:\n    #0 nest_inner+0x");
  assert_non_null(place);
  place = strstr(place, "\n    #2 nest_middle+0x");
  assert_non_null(place);
  place = strstr(place, "\n    ... 8 more of the same\n    #11 nest_outer+0x");
  assert_non_null(place);
  place = strstr(place, "\n    #12 test_whole_report+0x");
  assert_non_null(place);
  close_own(nest.symbols, fd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lookup),
      cmocka_unit_test(test_not_an_elf_file),
      cmocka_unit_test(test_walk_by_unwind_rules),
      cmocka_unit_test(test_walk_is_bounded),
      cmocka_unit_test(test_walk_through_assembler),
      cmocka_unit_test(test_walk_without_unwind_rules),
      cmocka_unit_test(test_walk_by_frame_pointers),
      cmocka_unit_test(test_wild_registers),
      cmocka_unit_test(test_endless_stack),
      cmocka_unit_test(test_damaged_sections),
      cmocka_unit_test(test_damaged_headers),
      cmocka_unit_test(test_truncated_file),
      cmocka_unit_test(test_first_lines),
      cmocka_unit_test(test_message_is_harmless),
      cmocka_unit_test(test_nucleus_failure),
      cmocka_unit_test(test_cpu_is_named_when_it_matters),
      cmocka_unit_test(test_whole_report),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
