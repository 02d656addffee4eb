/* The stacks of handlers: sigaltstack(), overflows of a stack, the red zone. */
#include "signal_check.h"

#include <sys/mman.h>

#define STACK_BYTES 65536

static char *stack;
static sigjmp_buf target;
static volatile int count;
static volatile bool was_on;
static volatile bool flag_was_on;
static void *volatile fault_address;

static bool is_on_stack(const void *pointer)
{
  return (const char *) pointer >= stack && (const char *) pointer < stack + STACK_BYTES;
}

static void look(int number)
{
  stack_t current;
  (void) number;
  count++;
  was_on = is_on_stack(__builtin_frame_address(0));
  CHECK(sigaltstack(NULL, &current) == 0);
  flag_was_on = current.ss_flags == SS_ONSTACK;
  if (flag_was_on)
  {
    errno = 0;
    CHECK(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL) == -1 && errno == EPERM);
  }
}

static void look_nested(int number)
{
  if (count == 0)
  {
    count++;
    raise(number); /* on the same stack, below */
    CHECK(was_on);
    CHECK(count == 5);
  }
  else
  {
    char mark = 0;
    was_on = is_on_stack(&mark);
    if (++count < 5)
      raise(number);
  }
}

static void test_set(void)
{
  stack_t former;
  errno = 0;
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = 2047}, NULL) == -1);
  CHECK(errno == ENOMEM);
  errno = 0;
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = STACK_BYTES, .ss_flags = 64}, NULL) ==
        -1);
  CHECK(errno == EINVAL);
  CHECK(sigaltstack(NULL, &former) == 0 && former.ss_flags == SS_DISABLE);
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = STACK_BYTES}, &former) == 0);
  CHECK(former.ss_flags == SS_DISABLE);
  CHECK(sigaltstack(NULL, &former) == 0 && former.ss_flags == 0);
  CHECK(former.ss_sp == stack && former.ss_size == STACK_BYTES);
}

static void test_used(void)
{
  act(SIGUSR1, look, SA_ONSTACK);
  raise(SIGUSR1);
  CHECK(count == 1 && was_on && flag_was_on);
  act(SIGUSR1, look, 0);
  raise(SIGUSR1);
  CHECK(count == 2 && !was_on && !flag_was_on);
  count = 0;
  act(SIGUSR1, look_nested, SA_ONSTACK | SA_NODEFER);
  raise(SIGUSR1);
  CHECK(count == 5);
}

/* ---- Overflow ---- */

static void leave(int number, siginfo_t *info, void *context)
{
  (void) context;
  fault_address = info->si_addr;
  was_on = is_on_stack(&number);
  siglongjmp(target, 1);
}

__attribute__((noinline)) static int descend(volatile char *above)
{
  volatile char frame[1024];
  frame[0] = above[0];
  return descend(frame) + frame[0];
}

static void overflow(void)
{
  volatile char first = 0;
  for (volatile int i = 0; i < 5; i++)
  {
    was_on = false;
    if (sigsetjmp(target, 1) == 0)
      descend(&first);
    CHECK(was_on);
    CHECK((char *) fault_address < (char *) &first);
  }
}

static void *overflow_thread(void *argument)
{
  CHECK(sigaltstack(NULL, &(stack_t){0}) == 0);
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = STACK_BYTES}, NULL) == 0);
  overflow();
  return argument;
}

static void test_overflow(void)
{
  pthread_t thread;
  act_info(SIGSEGV, leave, SA_ONSTACK);
  overflow();
  CHECK(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL) == 0);
  CHECK(pthread_create(&thread, NULL, overflow_thread, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* A new thread has none. */
static void *look_for_none(void *argument)
{
  stack_t current;
  CHECK(sigaltstack(NULL, &current) == 0 && current.ss_flags == SS_DISABLE);
  return argument;
}

/* ---- A stack pointer that points nowhere, and what lies below it ---- */

static void do_nothing(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) info;
  (void) context;
  volatile char frame[4096];
  for (unsigned int i = 0; i < sizeof(frame); i++)
    frame[i] = (char) 0xaa;
  count++;
}

static void test_pointer(void)
{
  long value = 17;
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = STACK_BYTES}, NULL) == 0);
  act_info(SIGTRAP, do_nothing, SA_ONSTACK);
  count = 0;
  __asm__ volatile("mov %%rsp, %%rbx\n\t"
                   "mov $0x1230, %%esp\n\t"
                   "int3\n\t"
                   "cmp $0x1230, %%rsp\n\t"
                   "mov %%rbx, %%rsp\n\t"
                   "je 1f\n\t"
                   "mov $0, %0\n\t"
                   "1:"
                   : "+r"(value)
                   :
                   : "rbx", "memory");
  CHECK(value == 17 && count == 1);

  act_info(SIGTRAP, do_nothing, 0);
  __asm__ volatile("movq $4711, -128(%%rsp)\n\t"
                   "movq $4712, -8(%%rsp)\n\t"
                   "int3\n\t"
                   "mov -128(%%rsp), %0\n\t"
                   "add -8(%%rsp), %0"
                   : "=r"(value)
                   :
                   : "memory");
  CHECK(value == 4711 + 4712 && count == 2);
}

int main(void)
{
  pthread_t thread;
  stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(stack != MAP_FAILED);
  test_set();
  test_used();
  CHECK(pthread_create(&thread, NULL, look_for_none, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  test_overflow();
  test_pointer();
  return check_finish();
}
