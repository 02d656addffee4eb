/* Build tool: writes the seccomp filters as C, by libseccomp. What is not listed kills. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

#include "filters.h"

static scmp_filter_ctx context;

static void check(int result, const char *what)
{
  if (result == 0)
    return;
  fprintf(stderr, "make_filters: %s: %s\n", what, strerror(-result));
  exit(EXIT_FAILURE);
}

static void begin(void)
{
  context = seccomp_init(SCMP_ACT_KILL_PROCESS);
  check(context != NULL ? 0 : -ENOMEM, "seccomp_init");
  check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "architecture");
  /* A binary tree by number instead of a list: loading is what costs, and that goes by length. */
  check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
}

static void allow(int call)
{
  check(seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 0), "rule");
}

/* Where an argument is one of a list of 32-bit values. */
static void allow_values(int call, unsigned int argument, const unsigned int *values, size_t count)
{
  for (size_t i = 0; i < count; i++)
    check(seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 1,
                           SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, values[i])),
          "rule of an argument");
}

static void allow_value(int call, unsigned int argument, unsigned int value)
{
  allow_values(call, argument, &value, 1);
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void allow_list(const int *calls, size_t count)
{
  for (size_t i = 0; i < count; i++)
    allow(calls[i]);
}

/* ---- Parts of filters ---- */

/* No memory of the monitor becomes executable. */
static void allow_memory(void)
{
  static const int protecting[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
  /* qsort() asks how much memory there is. */
  static const int others[] = {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),
                               SCMP_SYS(sysinfo)};
  for (size_t i = 0; i < COUNT(protecting); i++)
    check(seccomp_rule_add(context, SCMP_ACT_ALLOW, protecting[i], 1,
                           SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)),
          "rule of memory");
  allow_list(others, COUNT(others));
}

static void refuse_politely(int call, int error)
{
  check(seccomp_rule_add(context, SCMP_ACT_ERRNO((unsigned int) error), call, 0), "refusal");
}

/* Waiting and waking, as the C library does it; requeueing and priority inheritance have had holes.
 */
static void allow_futex(void)
{
  static const unsigned int operations[] = {FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET};
  for (size_t i = 0; i < COUNT(operations); i++)
    check(
        seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1,
                         SCMP_A1(SCMP_CMP_MASKED_EQ, (unsigned int) FUTEX_CMD_MASK, operations[i])),
        "rule of waiting");
}

/* Of threads: those of the C library alone, which tries clone3() first. */
static void allow_threads(void)
{
  static const int calls[] = {SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
                              SCMP_SYS(gettid)};
  allow_list(calls, COUNT(calls));
  allow_futex();
  allow_value(SCMP_SYS(sched_setaffinity), 0, 0);
  refuse_politely(SCMP_SYS(clone3), ENOSYS);
  allow_value(SCMP_SYS(clone), 0,
              CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                  CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID);
}

/* The end, of this process alone, and by any signal. abort() says why by writev(); wait4() is for
 * the processes of memory_watch.c and core_file.c. */
static void allow_end(void)
{
  static const int calls[] = {SCMP_SYS(exit),         SCMP_SYS(exit_group),
                              SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
                              SCMP_SYS(rt_sigreturn), SCMP_SYS(getpid),
                              SCMP_SYS(gettid),       SCMP_SYS(restart_syscall),
                              SCMP_SYS(write),        SCMP_SYS(writev),
                              SCMP_SYS(poll),         SCMP_SYS(getpgrp),
                              SCMP_SYS(wait4)};
  static const unsigned int terminal[] = {TCGETS, TCSETS, TIOCGPGRP};
  allow_list(calls, COUNT(calls));
  allow_value(SCMP_SYS(tgkill), 0, FILTER_OWN_PID);
  allow_values(SCMP_SYS(ioctl), 1, terminal, COUNT(terminal));
  check(seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, PR_SET_DUMPABLE),
                         SCMP_A1(SCMP_CMP_EQ, 0)),
        "rule of core files");
}

static void allow_clocks(void)
{
  static const int calls[] = {SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep),
                              SCMP_SYS(clock_nanosleep), SCMP_SYS(getrusage)};
  allow_list(calls, COUNT(calls));
}

static void allow_kvm(void)
{
  static const unsigned int requests[] = {
      KVM_RUN,       KVM_SIGNAL_MSI, KVM_SET_USER_MEMORY_REGION, KVM_GET_DEVICE_ATTR, KVM_GET_SREGS,
      KVM_GET_XSAVE, KVM_GET_XCRS};
  allow_values(SCMP_SYS(ioctl), 1, requests, COUNT(requests));
}

/* Not TIOCSTI, which types for the user. */
static void allow_terminal(void)
{
  static const unsigned int requests[] = {TCSETSW,    TCSETSF,    TCSBRK,   TCXONC,  TCFLSH,
                                          TIOCGWINSZ, TIOCSWINSZ, TIOCOUTQ, FIONREAD};
  allow_values(SCMP_SYS(ioctl), 1, requests, COUNT(requests));
}

/* What is done with open files: standard streams, of which any may be a file. */
static void allow_open_files(void)
{
  static const int calls[] = {
      SCMP_SYS(read),           SCMP_SYS(readv),          SCMP_SYS(pread64),
      SCMP_SYS(preadv2),        SCMP_SYS(pwrite64),       SCMP_SYS(pwritev2),
      SCMP_SYS(lseek),          SCMP_SYS(close),          SCMP_SYS(ppoll),
      SCMP_SYS(fstat),          SCMP_SYS(fstatfs),        SCMP_SYS(ftruncate),
      SCMP_SYS(fsync),          SCMP_SYS(fdatasync),      SCMP_SYS(fchmod),
      SCMP_SYS(fchown),         SCMP_SYS(fallocate),      SCMP_SYS(eventfd2),
      SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime)};
  /* libelf tries a descriptor by F_GETFD. */
  static const unsigned int commands[] = {F_GETFD, F_GETFL, F_SETFL,
                                          F_GETLK, F_SETLK, F_GETPIPE_SZ};
  allow_list(calls, COUNT(calls));
  allow_values(SCMP_SYS(fcntl), 1, commands, COUNT(commands));
  /* futimens() */
  check(seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(utimensat), 1, SCMP_A1(SCMP_CMP_EQ, 0)),
        "rule of times");
}

/* What is there, as explain.c looks. Not with AT_EMPTY_PATH, by which any path may be given: what
 * the C library does with it for fstat() is an fstat here, own_fstat.c. */
static void allow_look(void)
{
  allow_value(SCMP_SYS(newfstatat), 3, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
}

static void allow_reading(void)
{
  static const int calls[] = {SCMP_SYS(openat),     SCMP_SYS(openat2),   SCMP_SYS(faccessat2),
                              SCMP_SYS(readlinkat), SCMP_SYS(faccessat), SCMP_SYS(getdents64)};
  allow_list(calls, COUNT(calls));
  allow_value(SCMP_SYS(fcntl), 1, F_DUPFD_CLOEXEC);
}

/* Of openat() with no flag at all. */
static void refuse_plain_open(void)
{
  check(seccomp_rule_add(context, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, 0xffffffff, O_RDONLY)),
        "refusal of files");
}

/* The C library's renameat2() without flags is renameat(). */
static void allow_changes(void)
{
  static const int calls[] = {SCMP_SYS(unlinkat), SCMP_SYS(mkdirat),  SCMP_SYS(symlinkat),
                              SCMP_SYS(linkat),   SCMP_SYS(renameat), SCMP_SYS(renameat2),
                              SCMP_SYS(chmod),    SCMP_SYS(fchownat), SCMP_SYS(truncate)};
  allow_list(calls, COUNT(calls));
  check(seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(utimensat), 1, SCMP_A1(SCMP_CMP_NE, 0)),
        "rule of times");
}

static void allow_fork(void)
{
  allow_value(SCMP_SYS(clone), 0, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD);
  static const int calls[] = {SCMP_SYS(pipe2), SCMP_SYS(dup2), SCMP_SYS(close_range)};
  allow_list(calls, COUNT(calls));
  allow_value(SCMP_SYS(fcntl), 1, F_DUPFD);
}

/* ---- Filters ---- */

/* libseccomp writes to a file descriptor. */
static void write_instructions(const char *name, unsigned int number)
{
  FILE *program = tmpfile();
  check(program != NULL ? 0 : -errno, "temporary file");
  check(seccomp_export_bpf(context, fileno(program)), "export");
  seccomp_release(context);
  rewind(program);
  printf("static const struct sock_filter %s_%u[] = {\n", name, number);
  struct sock_filter instruction;
  size_t count = 0;
  for (; fread(&instruction, sizeof(instruction), 1, program) == 1; count++)
    printf("  {0x%x, %u, %u, 0x%x},\n", instruction.code, instruction.jt, instruction.jf,
           instruction.k);
  printf("};\n");
  fclose(program);
  check(count > 0 && count <= FILTER_MAX_INSTRUCTIONS ? 0 : -E2BIG, name);
}

static void make_guest_filter(unsigned int needs)
{
  begin();
  allow_memory();
  allow_threads();
  allow_end();
  allow_clocks();
  allow_kvm();
  allow_terminal();
  allow_open_files();
  /* To tell uhyve-net-user of the end. */
  allow_value(SCMP_SYS(shutdown), 1, SHUT_WR);
  if ((needs & FILTER_LOOK) != 0)
    allow_look();
  if ((needs & FILTER_READ_FILES) != 0)
    allow_reading();
  else
    /* libdw opens files that debug information names. */
    refuse_plain_open();
  if ((needs & FILTER_CHANGE_FILES) != 0)
    allow_changes();
  if ((needs & FILTER_FORK) != 0)
    allow_fork();
  /* libdw would like to know the program's path. */
  refuse_politely(SCMP_SYS(readlink), EACCES);
  /* For the filters of threads. */
  check(seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 2,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, SECCOMP_SET_MODE_FILTER),
                         SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, 0)),
        "rule of filters");
  write_instructions("guest", needs);
}

static void make_thread_filter(enum filter_thread thread)
{
  static const int memory[] = {SCMP_SYS(munmap), SCMP_SYS(madvise)};
  begin();
  allow_end();
  allow_clocks();
  allow_futex();
  allow_list(memory, COUNT(memory));
  if (thread == FILTER_THREAD_TIME)
    allow_value(SCMP_SYS(kill), 0, FILTER_OWN_PID);
  else
    allow(SCMP_SYS(read));
  if (thread == FILTER_THREAD_CLOCK)
    allow(SCMP_SYS(timerfd_settime));
  if (thread == FILTER_THREAD_STREAMS)
    allow_value(SCMP_SYS(ioctl), 1, KVM_SIGNAL_MSI);
  if (thread == FILTER_THREAD_NET)
  {
    static const unsigned int requests[] = {TUNSETOFFLOAD, KVM_SET_GSI_ROUTING};
    allow(SCMP_SYS(readv));
    allow_values(SCMP_SYS(ioctl), 1, requests, COUNT(requests));
  }
  write_instructions("thread", thread);
}

static void write_table(const char *type, const char *name, unsigned int count)
{
  printf("const struct filter %s[] = {\n", type);
  for (unsigned int i = 0; i < count; i++)
    printf("  {%s_%u, sizeof(%s_%u) / sizeof(struct sock_filter)},\n", name, i, name, i);
  printf("};\n");
}

int main(void)
{
  printf("/* Made by make_filters.c. */\n#include \"uhyve/sandbox/filters.h\"\n");
  for (unsigned int needs = 0; needs < FILTER_NEEDS; needs++)
    make_guest_filter(needs);
  for (unsigned int thread = 0; thread < FILTER_THREADS; thread++)
    make_thread_filter((enum filter_thread) thread);
  write_table("filters_of_guest", "guest", FILTER_NEEDS);
  write_table("filters_of_threads", "thread", FILTER_THREADS);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
