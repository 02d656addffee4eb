/* Runs a command as on a kernel, or in a container, that lacks something.
 * usage: sandbox_launch landlock|seccomp|close_range|capset ENOSYS|EPERM COMMAND [ARG]...
 *        sandbox_launch landlock VERSION COMMAND [ARG]...
 * The first lets a system call fail; the second has Landlock say that it is of that version, for
 * which another process answers. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIELD(name) (unsigned int) offsetof(struct seccomp_data, name)

static int fail(const char *what)
{
  perror(what);
  return 2;
}

/* The answer for one system call; to all others: as they are. With a version, to that call alone
 * that asks for one. */
static int install(unsigned int call, unsigned int answer, bool of_version, unsigned int flags)
{
  struct sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LANDLOCK_CREATE_RULESET_VERSION, 0, of_version ? 1 : 0),
      BPF_STMT(BPF_RET | BPF_K, answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {.len = sizeof(instructions) / sizeof(instructions[0]),
                                     .filter = instructions};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return -1;
  return (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* Until nobody asks any more. */
static void answer_all(int listener, long version)
{
  struct pollfd polled = {.fd = listener, .events = POLLIN};
  while (poll(&polled, 1, -1) > 0 && (polled.revents & POLLIN) != 0)
  {
    struct seccomp_notif question = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0)
      continue;
    struct seccomp_notif_resp response = {.id = question.id, .val = version};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
}

static int run_with_version(long version, char **command)
{
  int listener = install(SYS_landlock_create_ruleset, SECCOMP_RET_USER_NOTIF, true,
                         SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (listener < 0)
    return fail("seccomp");
  pid_t runs = fork();
  if (runs == 0)
  {
    execv(command[0], command);
    _exit(fail(command[0]));
  }
  pid_t answers = fork();
  if (answers == 0)
  {
    answer_all(listener, version);
    _exit(0);
  }
  int status;
  if (waitpid(runs, &status, 0) != runs)
    return fail("waitpid");
  kill(answers, SIGKILL);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
  static const struct
  {
    const char *name;
    unsigned int call;
  } calls[] = {{"landlock", SYS_landlock_create_ruleset},
               {"seccomp", SYS_seccomp},
               {"close_range", SYS_close_range},
               {"capset", SYS_capset}};
  if (argc < 4)
    return 2;
  if (argv[2][0] >= '0' && argv[2][0] <= '9')
    return run_with_version(strtol(argv[2], NULL, 10), argv + 3);
  unsigned int error = strcmp(argv[2], "EPERM") == 0 ? EPERM : ENOSYS;
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
  {
    if (strcmp(argv[1], calls[i].name) != 0)
      continue;
    if (install(calls[i].call, SECCOMP_RET_ERRNO | error, false, 0) != 0)
      return fail("seccomp");
    execv(argv[3], argv + 3);
  }
  return fail(argv[3]);
}
