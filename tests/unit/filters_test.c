/* Tests of the filters of system calls: what each need adds, by an interpreter of their
 * instructions; and that the kernel takes them, uhyve/sandbox/load_filter.c. */
#include "uhyve/sandbox/filters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uhyve/sandbox/load_filter.h"
#include "unit_test.h"

#define ALLOW      SECCOMP_RET_ALLOW
#define KILL       SECCOMP_RET_KILL_PROCESS
#define REFUSE(no) (SECCOMP_RET_ERRNO | (no))
#define ALL_NEEDS  (FILTER_NEEDS - 1)

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
  uint32_t value;
  assert_true(offset % 4 == 0 && offset <= sizeof(*data) - 4);
  memcpy(&value, (const char *) data + offset, sizeof(value));
  return value;
}

/* Classic BPF as seccomp(2) has it, jumps forward alone. */
static uint32_t run(const struct filter *filter, const struct seccomp_data *data)
{
  uint32_t a = 0;
  for (size_t at = 0; at < filter->count; at++)
  {
    const struct sock_filter *one = &filter->instructions[at];
    bool holds = false;
    switch (one->code)
    {
    case BPF_LD | BPF_W | BPF_ABS:
      a = load(data, one->k);
      continue;
    case BPF_ALU | BPF_AND | BPF_K:
      a &= one->k;
      continue;
    case BPF_RET | BPF_K:
      return one->k;
    case BPF_JMP | BPF_JA:
      at += one->k;
      continue;
    case BPF_JMP | BPF_JEQ | BPF_K:
      holds = a == one->k;
      break;
    case BPF_JMP | BPF_JGT | BPF_K:
      holds = a > one->k;
      break;
    case BPF_JMP | BPF_JGE | BPF_K:
      holds = a >= one->k;
      break;
    case BPF_JMP | BPF_JSET | BPF_K:
      holds = (a & one->k) != 0;
      break;
    default:
      fail_msg("instruction %zu is not known here: 0x%x", at, one->code);
    }
    at += holds ? one->jt : one->jf;
  }
  fail_msg("a filter without an end");
  return KILL;
}

/* A call with one argument at its place, the others 0. */
static uint32_t answer(const struct filter *filter, long call, unsigned int argument,
                       uint64_t value)
{
  struct seccomp_data data = {.nr = (int) call, .arch = AUDIT_ARCH_X86_64};
  data.args[argument] = value;
  return run(filter, &data);
}

static void filters_have_a_length_that_is_loaded_fast(void **state)
{
  (void) state;
  for (unsigned int needs = 0; needs < FILTER_NEEDS; needs++)
    assert_in_range(filters_of_guest[needs].count, 50, FILTER_MAX_INSTRUCTIONS);
  for (unsigned int thread = 0; thread < FILTER_THREADS; thread++)
    assert_in_range(filters_of_threads[thread].count, 20, 200);
}

/* What needs of FILTER_* let pass, with one argument. */
static const struct
{
  long call;
  unsigned int argument;
  uint64_t value;
  unsigned int needs; /* one of these; 0: none */
} passes[] = {
    {SYS_read, 0, 0, 0},
    {SYS_write, 0, 1, 0},
    {SYS_mmap, 2, PROT_READ | PROT_WRITE, 0},
    {SYS_ioctl, 1, KVM_RUN, 0},
    {SYS_futex, 1, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0},
    {SYS_futex, 1, FUTEX_LOCK_PI, FILTER_NEEDS},
    {SYS_futex, 1, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, FILTER_NEEDS},
    {SYS_mmap, 2, PROT_READ | PROT_EXEC, FILTER_NEEDS},
    {SYS_mmap, 2, PROT_EXEC | UINT64_C(1) << 32, FILTER_NEEDS},
    {SYS_mprotect, 2, PROT_EXEC, FILTER_NEEDS},
    {SYS_ioctl, 1, TIOCSTI, FILTER_NEEDS},
    {SYS_ioctl, 1, KVM_CREATE_VM, FILTER_NEEDS},
    {SYS_socket, 0, 0, FILTER_NEEDS},
    {SYS_execve, 0, 0, FILTER_NEEDS},
    {SYS_open, 0, 0, FILTER_NEEDS},
    {SYS_truncate, 0, 0, FILTER_CHANGE_FILES},
    {SYS_mknodat, 0, 0, FILTER_NEEDS},
    {SYS_newfstatat, 3, AT_EMPTY_PATH, FILTER_NEEDS},
    {SYS_newfstatat, 3, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, FILTER_LOOK},
    {SYS_openat, 2, O_CLOEXEC, FILTER_READ_FILES},
    {SYS_openat2, 0, 0, FILTER_READ_FILES},
    {SYS_getdents64, 0, 0, FILTER_READ_FILES},
    {SYS_unlinkat, 0, 0, FILTER_CHANGE_FILES},
    {SYS_renameat, 0, 0, FILTER_CHANGE_FILES},
    {SYS_renameat2, 0, 0, FILTER_CHANGE_FILES},
    {SYS_mkdirat, 0, 0, FILTER_CHANGE_FILES},
    {SYS_utimensat, 1, 1, FILTER_CHANGE_FILES},
    {SYS_utimensat, 1, 0, 0},
    {SYS_utimensat, 1, UINT64_C(1) << 32, FILTER_CHANGE_FILES},
    {SYS_clone, 0, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, FILTER_FORK},
    {SYS_clone, 0, CLONE_NEWUSER | SIGCHLD, FILTER_NEEDS},
    {SYS_wait4, 0, 0, 0},
    {SYS_pipe2, 0, 0, FILTER_FORK},
    {SYS_fork, 0, 0, FILTER_NEEDS},
};

static void needs_add_what_they_need(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(passes); i++)
  {
    for (unsigned int needs = 0; needs < FILTER_NEEDS; needs++)
    {
      bool is_passed = passes[i].needs == 0 || (needs & passes[i].needs) != 0;
      uint32_t got =
          answer(&filters_of_guest[needs], passes[i].call, passes[i].argument, passes[i].value);
      if (got != (is_passed ? ALLOW : KILL))
        fail_msg("call %ld, argument 0x%llx, needs %u: 0x%x", passes[i].call,
                 (unsigned long long) passes[i].value, needs, got);
    }
  }
}

/* The C library and libdw go on without. */
static void some_calls_are_refused_politely(void **state)
{
  (void) state;
  for (unsigned int needs = 0; needs < FILTER_NEEDS; needs++)
  {
    const struct filter *filter = &filters_of_guest[needs];
    assert_int_equal(answer(filter, SYS_clone3, 0, 0), REFUSE(ENOSYS));
    assert_int_equal(answer(filter, SYS_readlink, 0, 0), REFUSE(EACCES));
    assert_int_equal(answer(filter, SYS_openat, 2, O_RDONLY),
                     (needs & FILTER_READ_FILES) != 0 ? ALLOW : REFUSE(EACCES));
  }
}

/* No other number of a call, and no other table of them, passes where it should not. */
static void other_tables_are_killed(void **state)
{
  (void) state;
  const struct filter *filter = &filters_of_guest[ALL_NEEDS];
  for (int call = 0; call < 600; call++)
  {
    struct seccomp_data data = {.nr = call, .arch = AUDIT_ARCH_I386};
    assert_int_equal(run(filter, &data), KILL);
    data = (struct seccomp_data){.nr = call | 0x40000000, .arch = AUDIT_ARCH_X86_64};
    assert_int_equal(run(filter, &data), KILL);
  }
  assert_int_equal(answer(filter, -1, 0, 0), KILL);
  assert_int_equal(answer(filter, 600, 0, 0), KILL);
}

/* Of all 600 numbers: a list that is short, and shorter for threads. */
static void few_calls_pass(void **state)
{
  (void) state;
  unsigned int allowed[1 + FILTER_THREADS] = {0};
  for (int call = 0; call < 600; call++)
  {
    allowed[FILTER_THREADS] += answer(&filters_of_guest[0], call, 0, 0) == ALLOW;
    for (unsigned int thread = 0; thread < FILTER_THREADS; thread++)
    {
      bool passes_thread = answer(&filters_of_threads[thread], call, 0, 0) == ALLOW;
      allowed[thread] += passes_thread;
      /* Those that begin inside have both filters. */
      if (passes_thread && thread != FILTER_THREAD_TIME)
        assert_int_equal(answer(&filters_of_guest[0], call, 0, 0), ALLOW);
    }
  }
  assert_in_range(allowed[FILTER_THREADS], 30, 65);
  for (unsigned int thread = 0; thread < FILTER_THREADS; thread++)
    assert_in_range(allowed[thread], 12, 25);
}

static void signals_are_for_this_process_alone(void **state)
{
  (void) state;
  for (unsigned int needs = 0; needs < FILTER_NEEDS; needs++)
  {
    assert_int_equal(answer(&filters_of_guest[needs], SYS_tgkill, 0, FILTER_OWN_PID), ALLOW);
    assert_int_equal(answer(&filters_of_guest[needs], SYS_tgkill, 0, 1), KILL);
    assert_int_equal(answer(&filters_of_guest[needs], SYS_kill, 0, FILTER_OWN_PID), KILL);
  }
  const struct filter *time = &filters_of_threads[FILTER_THREAD_TIME];
  assert_int_equal(answer(time, SYS_kill, 0, FILTER_OWN_PID), ALLOW);
  assert_int_equal(answer(time, SYS_kill, 0, 0), KILL);
  assert_int_equal(answer(time, SYS_kill, 0, UINT64_MAX), KILL);
}

static void threads_of_networks_move_frames_alone(void **state)
{
  (void) state;
  const struct filter *net = &filters_of_threads[FILTER_THREAD_NET];
  static const int allowed[] = {SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_poll};
  static const int killed[] = {SYS_openat, SYS_socket, SYS_sendto, SYS_sendmsg,
                               SYS_mmap,   SYS_clone,  SYS_kill,   SYS_close};
  for (size_t i = 0; i < COUNT_OF(allowed); i++)
    assert_int_equal(answer(net, allowed[i], 0, 0), ALLOW);
  for (size_t i = 0; i < COUNT_OF(killed); i++)
    assert_int_equal(answer(net, killed[i], 0, 0), KILL);
  assert_int_equal(answer(net, SYS_ioctl, 1, TUNSETOFFLOAD), ALLOW);
  assert_int_equal(answer(net, SYS_ioctl, 1, KVM_SET_GSI_ROUTING), ALLOW);
  assert_int_equal(answer(net, SYS_ioctl, 1, TUNSETIFF), KILL);
  assert_int_equal(answer(net, SYS_ioctl, 1, KVM_RUN), KILL);
  assert_int_equal(answer(net, SYS_ioctl, 1, SIOCSIFFLAGS), KILL);
}

/* ---- Loading ---- */

static int in_child(int (*act)(void))
{
  pid_t child = fork();
  if (child == 0)
    _exit(act());
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Calls kill() for this process alone; another fails with ENOTTY. */
static int load_own(void)
{
  static const struct sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_OWN_PID, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
  };
  const struct filter filter = {instructions, COUNT_OF(instructions)};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || load_filter(&filter) != 0)
    return 10;
  if (kill(getpid(), 0) != 0)
    return 11;
  return kill(getppid(), 0) == -1 && errno == ENOTTY ? 0 : 12;
}

static void own_number_takes_its_place(void **state)
{
  (void) state;
  assert_int_equal(in_child(load_own), 0);
}

static unsigned int needs_now;

static int load_all(void)
{
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || load_filter(&filters_of_guest[needs_now]) != 0)
    return 10;
  syscall(SYS_exit_group, getpid() > 0 ? 0 : 11);
  return 12;
}

static void kernel_takes_all_filters(void **state)
{
  (void) state;
  for (needs_now = 0; needs_now < FILTER_NEEDS; needs_now++)
    assert_int_equal(in_child(load_all), 0);
}

static int load_thread_and_socket(void)
{
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      load_filter(&filters_of_threads[FILTER_THREAD_CLOCK]) != 0)
    return 10;
  return (int) syscall(SYS_socket, 1, 1, 0);
}

static int load_nothing(void)
{
  const struct filter none = {NULL, 0};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? -load_filter(&none) : 0;
}

static int load_without_right(void)
{
  if (geteuid() == 0 && setuid(65534) != 0)
    return 0;
  return -load_filter(&filters_of_guest[0]);
}

static void what_is_not_allowed_kills(void **state)
{
  (void) state;
  assert_int_equal(in_child(load_thread_and_socket), -SIGSYS);
  assert_int_equal(in_child(load_nothing), EINVAL);
  assert_int_equal(in_child(load_without_right), EACCES);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(filters_have_a_length_that_is_loaded_fast),
      cmocka_unit_test(needs_add_what_they_need),
      cmocka_unit_test(some_calls_are_refused_politely),
      cmocka_unit_test(other_tables_are_killed),
      cmocka_unit_test(few_calls_pass),
      cmocka_unit_test(signals_are_for_this_process_alone),
      cmocka_unit_test(threads_of_networks_move_frames_alone),
      cmocka_unit_test(own_number_takes_its_place),
      cmocka_unit_test(kernel_takes_all_filters),
      cmocka_unit_test(what_is_not_allowed_kills),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
