/* Tests of uhyve/backtrace.c: walks up the stack of a real process (this one), and that a wild
 * stack does no harm. */
#include "uhyve/backtrace.h"

#include <string.h>

#include "own_process.h"

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
  callee.rbp = overlay.gva + 4 * sizeof(uint64_t);
  overlay.word[2] = return_address; /* stale, in a local variable */
  overlay.word[4] = overlay.gva + 26 * sizeof(uint64_t);
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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_walk_by_unwind_rules),
      cmocka_unit_test(test_walk_is_bounded),
      cmocka_unit_test(test_walk_through_assembler),
      cmocka_unit_test(test_walk_without_unwind_rules),
      cmocka_unit_test(test_walk_by_frame_pointers),
      cmocka_unit_test(test_wild_registers),
      cmocka_unit_test(test_endless_stack),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
