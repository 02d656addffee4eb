/* Real-time tasks nested on one stack; all registers and errno survive. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <uhyve/realtime.h>
#include <uhyve/sync.h>

#include "realtime_check.h"

/* ---- Registers ---- */

struct vectors
{
  uint64_t xmm[16][2];
  long double x87[8];
};

/* Holds values in all vector and x87 registers until *flag is set or the loop has run for long. */
static bool hold_registers(const volatile unsigned int *flag, uint64_t seed)
{
  struct vectors in;
  struct vectors out;
  memset(&out, 0, sizeof(out));
  for (int i = 0; i < 16; i++)
  {
    in.xmm[i][0] = seed * (uint64_t) (2 * i + 3);
    in.xmm[i][1] = ~in.xmm[i][0];
  }
  for (int i = 0; i < 8; i++)
    in.x87[i] = (long double) seed * i + 0.25L;
  uint64_t turns = 4000000000;
#define EACH(insn, to_memory)                                                                    \
  insn(0, to_memory) insn(1, to_memory) insn(2, to_memory) insn(3, to_memory) insn(4, to_memory) \
      insn(5, to_memory) insn(6, to_memory) insn(7, to_memory) insn(8, to_memory)                \
          insn(9, to_memory) insn(10, to_memory) insn(11, to_memory) insn(12, to_memory)         \
              insn(13, to_memory) insn(14, to_memory) insn(15, to_memory)
#define MOVE_XMM(i, to_memory) MOVE_XMM_##to_memory(i)
#define MOVE_XMM_0(i)          "movups 16*" #i "(%[in]), %%xmm" #i "\n\t"
#define MOVE_XMM_1(i)          "movups %%xmm" #i ", 16*" #i "(%[out])\n\t"
  __asm__ volatile(
      EACH(MOVE_XMM, 0) "fldt 256+16*7(%[in])\n\t fldt 256+16*6(%[in])\n\t fldt 256+16*5(%[in])\n\t"
                        "fldt 256+16*4(%[in])\n\t fldt 256+16*3(%[in])\n\t fldt 256+16*2(%[in])\n\t"
                        "fldt 256+16*1(%[in])\n\t fldt 256+16*0(%[in])\n"
                        "1: cmpl $0, (%[flag])\n\t"
                        "jne 2f\n\t"
                        "dec %[turns]\n\t"
                        "jnz 1b\n"
                        "2:\n\t" EACH(MOVE_XMM,
                                      1) "fstpt 256+16*0(%[out])\n\t fstpt 256+16*1(%[out])\n\t "
                                         "fstpt 256+16*2(%[out])\n\t"
                                         "fstpt 256+16*3(%[out])\n\t fstpt 256+16*4(%[out])\n\t "
                                         "fstpt 256+16*5(%[out])\n\t"
                                         "fstpt 256+16*6(%[out])\n\t fstpt 256+16*7(%[out])\n\t"
      : [turns] "+r"(turns)
      : [in] "r"(&in), [out] "r"(&out), [flag] "r"(flag)
      : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st", "st(1)", "st(2)",
        "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
  bool is_same = turns != 0 && memcmp(in.xmm, out.xmm, sizeof(in.xmm)) == 0;
  for (int i = 0; i < 8; i++)
    is_same = is_same && in.x87[i] == out.x87[i];
  return is_same;
}

/* Uses the whole x87 stack, and vector registers. */
static bool compute(double seed)
{
  long double sum;
  __asm__ volatile("fld1\n\t fld1\n\t fld1\n\t fld1\n\t fld1\n\t fld1\n\t fld1\n\t fld1\n\t"
                   "faddp\n\t faddp\n\t faddp\n\t faddp\n\t faddp\n\t faddp\n\t faddp\n\t"
                   "fstpt %0"
                   : "=m"(sum)
                   :
                   : "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
  volatile double product = seed;
  for (int i = 0; i < 100; i++)
    product *= 1.5;
  for (int i = 0; i < 100; i++)
    product /= 1.5;
  double difference = product - seed;
  static const unsigned int junk[4] = {1, 2, 3, 4};
  __asm__ volatile("movups %0, %%xmm7\n\t movups %0, %%xmm15" : : "m"(junk) : "xmm7", "xmm15");
  return sum == 8.0L && difference < 1e-9 * seed && difference > -1e-9 * seed;
}

static volatile unsigned int computed;
static volatile bool computed_right;

static void compute_realtime(void *argument)
{
  (void) argument;
  computed_right = compute(3.0);
  computed++;
}

static void *compute_later(void *argument)
{
  (void) argument;
  uhyve_task_sleep(5 * MS);
  computed_right = compute(7.0);
  computed++;
  return NULL;
}

static void check_registers(void)
{
  struct uhyve_realtime *task = bind(CPU, 4, compute_realtime, NULL);
  for (unsigned int i = 1; i <= 20; i++)
  {
    computed = 0;
    CHECK(uhyve_realtime_set_timer(task, uhyve_now() + 300 * US, 0) == 0);
    CHECK(hold_registers(&computed, i * 0x9e3779b97f4a7c15));
    CHECK(computed == 1 && computed_right);
  }
  CHECK(uhyve_realtime_free(task) == 0);
  /* An ordinary task that preempts is the same to the interrupted one. */
  struct uhyve_task *other = NULL;
  computed = 0;
  CHECK(uhyve_task_create(&other, "computer", 30, CPU, compute_later, NULL) == 0);
  CHECK(hold_registers(&computed, 0x123456789abcdef1));
  CHECK(computed == 1 && computed_right);
  CHECK(uhyve_task_join(other, NULL, UHYVE_FOREVER) == 0);
}

/* ---- Nesting ---- */

#define LEVELS 12

static struct level
{
  struct uhyve_realtime *task;
  unsigned int index;
  volatile unsigned int begun;
  volatile unsigned int ended;
  uintptr_t stack;
  bool is_kept; /* registers, errno */
} levels[LEVELS];

static _Thread_local unsigned int visitors = 1000;

/* Started by a timer in the middle of the loop of the one below. */
static void nest(void *argument)
{
  struct level *level = argument;
  volatile char here = 0;
  level->stack = (uintptr_t) &here;
  level->begun++;
  visitors++;
  errno = 100 + (int) level->index;
  bool is_kept = compute(1.0 + level->index);
  if (level->index + 1 < LEVELS)
  {
    struct level *next = level + 1;
    is_kept = is_kept && uhyve_realtime_set_timer(next->task, uhyve_now() + 200 * US, 0) == 0;
    is_kept = is_kept && hold_registers(&next->ended, 0x0123456789abcdef * (level->index + 1));
    is_kept = is_kept && next->begun == 1 && next->ended == 1;
  }
  level->is_kept = is_kept && errno == 100 + (int) level->index;
  level->ended++;
}

static void check_nesting(void)
{
  errno = 5;
  for (unsigned int i = 0; i < LEVELS; i++)
  {
    levels[i].index = i;
    levels[i].task = bind(CPU, 2 * i + 1, nest, &levels[i]);
  }
  CHECK(uhyve_realtime_set_timer(levels[0].task, uhyve_now() + 500 * US, 0) == 0);
  CHECK(hold_registers(&levels[0].ended, 0x1122334455667788));
  CHECK(errno == 5 && visitors == 1000);
  for (unsigned int i = 0; i < LEVELS; i++)
  {
    CHECK(levels[i].begun == 1 && levels[i].ended == 1 && levels[i].is_kept);
    /* One stack, each below the one it has interrupted. */
    if (i > 0)
      CHECK(levels[i].stack < levels[i - 1].stack &&
            levels[i - 1].stack - levels[i].stack < 32 << 10);
    CHECK(uhyve_realtime_runs(levels[i].task) == 1);
    CHECK(uhyve_realtime_free(levels[i].task) == 0);
  }
  CHECK(levels[0].stack - levels[LEVELS - 1].stack < 256 << 10);
}

int main(void)
{
  CHECK(uhyve_task_set_cpu(uhyve_task_current(), CPU) == 0);
  check_registers();
  check_nesting();
  return check_finish();
}
