/* Handlers of faults: what they are told, going on elsewhere, mending what was wrong. */
#include "signal_check.h"

#include <fenv.h>
#include <semaphore.h>
#include <sys/mman.h>

static sigjmp_buf target;
static siginfo_t told;
static greg_t rip_told;
static greg_t trap_told;
static greg_t error_told;
static volatile int count;

static void jump_out(int number, siginfo_t *info, void *context)
{
  const ucontext_t *interrupted = context;
  told = *info;
  count++;
  rip_told = interrupted->uc_mcontext.gregs[REG_RIP];
  trap_told = interrupted->uc_mcontext.gregs[REG_TRAPNO];
  error_told = interrupted->uc_mcontext.gregs[REG_ERR];
  siglongjmp(target, number);
}

static bool is_in(const void *function)
{
  return rip_told >= (greg_t) function && rip_told < (greg_t) function + 256;
}

__attribute__((noinline)) static void write_to(volatile char *address)
{
  *address = 1;
}

__attribute__((noinline)) static void read_from(volatile char *address)
{
  (void) *address;
}

static void test_access(void)
{
  act_info(SIGSEGV, jump_out, 0);
  char *wild = (char *) 0x1238;
  int number = sigsetjmp(target, 1);
  if (number == 0)
    write_to(wild);
  CHECK(number == SIGSEGV && told.si_signo == SIGSEGV && told.si_code == SEGV_MAPERR);
  CHECK(told.si_addr == wild && trap_told == 14 && (error_told & 2) != 0);
  CHECK(is_in((const void *) write_to));
  CHECK(!is_blocked(SIGSEGV));

  char *none = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(none != MAP_FAILED);
  number = sigsetjmp(target, 1);
  if (number == 0)
    read_from(none + 4097);
  CHECK(number == SIGSEGV && told.si_code == SEGV_ACCERR && told.si_addr == none + 4097);
  CHECK((error_told & 2) == 0);
  CHECK(mprotect(none, 8192, PROT_READ) == 0);
  read_from(none);
  number = sigsetjmp(target, 1);
  if (number == 0)
    write_to(none);
  CHECK(number == SIGSEGV && told.si_code == SEGV_ACCERR && told.si_addr == none);
  CHECK(munmap(none, 8192) == 0);
  number = sigsetjmp(target, 1);
  if (number == 0)
    read_from(none);
  CHECK(number == SIGSEGV && told.si_code == SEGV_MAPERR && told.si_addr == none);

  /* The program's own code. */
  number = sigsetjmp(target, 1);
  if (number == 0)
    write_to((volatile char *) test_access);
  CHECK(number == SIGSEGV && told.si_code == SEGV_ACCERR && told.si_addr == (void *) test_access);

  /* No address at all: a general protection fault. */
  number = sigsetjmp(target, 1);
  if (number == 0)
    write_to((volatile char *) 0x1234567890abcdef);
  CHECK(number == SIGSEGV && told.si_code == SI_KERNEL && told.si_addr == NULL);
}

/* In calls of the library. */
static void test_calls(void)
{
  sem_t *none = (sem_t *) 0x1238;
  int number = sigsetjmp(target, 1);
  if (number == 0)
    sem_wait(none);
  CHECK(number == SIGSEGV && (char *) told.si_addr - (char *) none < (long) sizeof(*none));
  number = sigsetjmp(target, 1);
  if (number == 0)
    sem_post(none);
  CHECK(number == SIGSEGV);
  number = sigsetjmp(target, 1);
  if (number == 0)
    pthread_mutex_lock((pthread_mutex_t *) 0x1238);
  CHECK(number == SIGSEGV);
}

static void test_execute(void)
{
  static char data[64] = {(char) 0xc3};
  int number = sigsetjmp(target, 1);
  if (number == 0)
    ((void (*)(void))(void *) data)();
  CHECK(number == SIGSEGV && told.si_code == SEGV_ACCERR && told.si_addr == data);
  CHECK(rip_told == (greg_t) data);
  number = sigsetjmp(target, 1);
  if (number == 0)
    ((void (*)(void)) 0x18)();
  CHECK(number == SIGSEGV && told.si_code == SEGV_MAPERR && told.si_addr == (void *) 0x18);
}

static volatile int zero;
static volatile double float_zero;
static volatile long double long_zero;

__attribute__((noinline)) static int divide(void)
{
  return 7 / zero;
}

static void mask_exceptions(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) info;
  ucontext_t *interrupted = context;
  count++;
  interrupted->uc_mcontext.fpregs->mxcsr |= 0x1f80;
}

static void test_x87(void)
{
  int number = sigsetjmp(target, 1);
  if (number == 0)
  {
    unsigned short control = 0x37b; /* division by zero is not masked */
    __asm__ volatile("fldcw %0" : : "m"(control));
    long_zero = 1 / long_zero;
    __asm__ volatile("fwait");
  }
  __asm__ volatile("fninit");
  CHECK(number == SIGFPE && told.si_code == FPE_FLTDIV && trap_told == 16);
}

static void test_computing(void)
{
  act_info(SIGFPE, jump_out, 0);
  int number = sigsetjmp(target, 1);
  if (number == 0)
    divide();
  CHECK(number == SIGFPE && told.si_code == FPE_INTDIV && is_in((const void *) divide));
  CHECK(told.si_addr == (void *) rip_told && trap_told == 0);

  test_x87();
}

static void test_simd(void)
{
  int number = sigsetjmp(target, 1);
  if (number == 0)
  {
    __builtin_ia32_ldmxcsr(0x1f80 & ~0x200);
    float_zero = 1 / float_zero;
  }
  __builtin_ia32_ldmxcsr(0x1f80);
  CHECK(number == SIGFPE && told.si_code == FPE_FLTDIV && trap_told == 19);
  number = sigsetjmp(target, 1);
  if (number == 0)
  {
    __builtin_ia32_ldmxcsr(0x1f80 & ~0x80);
    float_zero = 0;
    float_zero = float_zero / float_zero;
  }
  __builtin_ia32_ldmxcsr(0x1f80);
  CHECK(number == SIGFPE && told.si_code == FPE_FLTINV);

  act_info(SIGFPE, mask_exceptions, 0);
  count = 0;
  __builtin_ia32_ldmxcsr(0x1f80 & ~0x200);
  float_zero = 0;
  volatile double infinite = 1 / float_zero;
  CHECK(count == 1 && __builtin_isinf(infinite));
  __builtin_ia32_ldmxcsr(0x1f80);
}

extern const char undefined_at[], breakpoint_at[];

static void test_instructions(void)
{
  act_info(SIGILL, jump_out, 0);
  act_info(SIGTRAP, jump_out, 0);
  int number = sigsetjmp(target, 1);
  if (number == 0)
    __asm__ volatile(".globl undefined_at\nundefined_at: ud2");
  CHECK(number == SIGILL && told.si_code == ILL_ILLOPN && told.si_addr == undefined_at);
  CHECK(rip_told == (greg_t) undefined_at && trap_told == 6);
  number = sigsetjmp(target, 1);
  if (number == 0)
    __asm__ volatile("int3\n.globl breakpoint_at\nbreakpoint_at:");
  CHECK(number == SIGTRAP && told.si_code == SI_KERNEL && rip_told == (greg_t) breakpoint_at);
}

/* ---- Handlers that return ---- */

static char *page;

static void make_writable(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) context;
  count++;
  CHECK(info->si_addr == page + 16);
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void skip_two_bytes(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) info;
  ucontext_t *interrupted = context;
  count++;
  interrupted->uc_mcontext.gregs[REG_RIP] += 2;
  interrupted->uc_mcontext.gregs[REG_RAX] = 4711;
}

static void test_mended(void)
{
  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  count = 0;
  act_info(SIGSEGV, make_writable, 0);
  page[16] = 5;
  CHECK(count == 1 && page[16] == 5);
  munmap(page, 4096);

  act_info(SIGILL, skip_two_bytes, 0);
  long value = 0;
  __asm__ volatile("ud2" : "+a"(value));
  CHECK(count == 2 && value == 4711);
}

/* A fault within the handler of another one. */
static sigjmp_buf inner;

static void inner_fault(int number)
{
  (void) number;
  siglongjmp(inner, 1);
}

static void fault_again(int number)
{
  (void) number;
  count++;
  if (sigsetjmp(inner, 1) == 0)
    __asm__ volatile("ud2");
  count++;
  siglongjmp(target, 1);
}

static void test_nested(void)
{
  count = 0;
  act(SIGILL, inner_fault, 0);
  act(SIGSEGV, fault_again, 0);
  for (volatile int i = 0; i < 100; i++)
  {
    if (sigsetjmp(target, 1) == 0)
      write_to((volatile char *) 8);
  }
  CHECK(count == 200);
  /* The same fault within its handler, where the flags allow it. */
  act(SIGSEGV, inner_fault, SA_NODEFER);
  count = 0;
  for (volatile int i = 0; i < 100; i++)
  {
    if (sigsetjmp(inner, 0) == 0)
      write_to((volatile char *) 8);
    count++;
  }
  CHECK(count == 100);
}

/* usage: faults [no-simd]: for processors that raise no exceptions of vector instructions, as
 * QEMU's */
int main(int argc, char **argv)
{
  test_access();
  test_calls();
  test_execute();
  test_computing();
  if (argc < 2 || strcmp(argv[1], "no-simd") != 0)
    test_simd();
  test_instructions();
  test_mended();
  test_nested();
  return check_finish();
}
