/* The other side of a program's standard streams, on the host: gives it a socket or a terminal and
 * does, in order, what its arguments say. The output comes to the standard output of this one.
 *
 * usage: peer socket|terminal|background STEP... -- COMMAND...
 *   =TEXT    waits until this has come, behind what the step before has waited for
 *   +TEXT    sends this
 *   stop     stops the command as Ctrl-Z does, waits until it is
 *   stopped  waits until it has stopped because it read from the background
 *   resume   puts it into the foreground and lets it go on
 *   close    the end of its input; of a terminal: hangs up
 * Exit status: the command's, or 100 if a step failed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 15

static pid_t command;
static int ours;  /* our end */
static int users; /* a terminal: the command's end, or -1 */

static char output[1 << 16];
static size_t output_bytes;
static size_t seen_bytes;

static int fail(const char *what)
{
  fprintf(stderr, "peer: %s; so far: %.*s\n", what, (int) output_bytes, output);
  kill(command, SIGKILL);
  exit(100);
}

static void on_alarm(int signal)
{
  (void) signal;
  static const char text[] = "peer: this takes too long\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
  (void) written;
  kill(command, SIGKILL);
  _exit(100);
}

/* Returns false at the end; a terminal that nobody has open any more is one. */
static bool take_output(void)
{
  if (output_bytes == sizeof(output))
    fail("too much output");
  ssize_t got = read(ours, output + output_bytes, sizeof(output) - output_bytes);
  if (got <= 0)
    return false;
  output_bytes += (size_t) got;
  return true;
}

static void expect_text(const char *text)
{
  for (;;)
  {
    const char *found = memmem(output + seen_bytes, output_bytes - seen_bytes, text, strlen(text));
    if (found != NULL)
    {
      seen_bytes = (size_t) (found - output) + strlen(text);
      return;
    }
    if (!take_output())
      fail(text);
  }
}

static void expect_stop(int signal)
{
  int status;
  if (waitpid(command, &status, WUNTRACED) != command || !WIFSTOPPED(status) ||
      WSTOPSIG(status) != signal)
    fail("it did not stop");
}

static void do_step(const char *step)
{
  if (step[0] == '=')
    expect_text(step + 1);
  else if (step[0] == '+' && write(ours, step + 1, strlen(step + 1)) > 0)
    return;
  else if (strcmp(step, "stop") == 0 && kill(-command, SIGTSTP) == 0)
    expect_stop(SIGTSTP);
  else if (strcmp(step, "stopped") == 0)
    expect_stop(SIGTTIN);
  else if (strcmp(step, "resume") == 0 && tcsetpgrp(users, command) == 0 &&
           kill(-command, SIGCONT) == 0)
    return;
  else if (strcmp(step, "close") == 0 && users < 0)
    shutdown(ours, SHUT_WR);
  else if (strcmp(step, "close") == 0)
  {
    close(users);
    close(ours);
  }
  else
    fail(step);
}

/* Both ends of a socket, or of a terminal that becomes this session's. */
static void open_ends(bool is_socket, int *theirs)
{
  int ends[2];
  users = -1;
  if (is_socket)
  {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      fail("no socket");
    ours = ends[0];
    *theirs = ends[1];
    return;
  }
  ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (setsid() < 0 || grantpt(ours) != 0 || unlockpt(ours) != 0)
    fail("no terminal");
  users = open(ptsname(ours), O_RDWR | O_CLOEXEC);
  if (users < 0 || ioctl(users, TIOCSCTTY, 0) != 0)
    fail("no terminal");
  *theirs = users;
}

/* Nobody but the command's session leader, this process, would be told of the hang-up. */
static void start(char **arguments, int theirs, bool is_foreground)
{
  signal(SIGTTOU, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  command = fork();
  if (command != 0)
    return;
  setpgid(0, 0);
  if (users >= 0 && is_foreground)
    tcsetpgrp(users, getpid());
  signal(SIGTTOU, SIG_DFL);
  dup2(theirs, STDIN_FILENO);
  dup2(theirs, STDOUT_FILENO);
  dup2(theirs, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(100);
}

int main(int argc, char **argv)
{
  /* A new session needs a process that leads no group yet. */
  pid_t worker = fork();
  int status = 0;
  if (worker != 0)
    return waitpid(worker, &status, 0) == worker && WIFEXITED(status) ? WEXITSTATUS(status) : 100;

  const char *kind = argc > 1 ? argv[1] : "";
  int theirs = -1;
  int step = 2;
  int first = step;
  while (first < argc && strcmp(argv[first], "--") != 0)
    first++;
  if (first + 1 >= argc)
    return 100;
  signal(SIGALRM, on_alarm);
  alarm(LIMIT_S);
  open_ends(strcmp(kind, "socket") == 0, &theirs);
  start(argv + first + 1, theirs, strcmp(kind, "background") != 0);
  if (users < 0)
    close(theirs);
  for (; step < first; step++)
    do_step(argv[step]);
  if (waitpid(command, &status, 0) != command)
    fail("it is gone");
  if (users >= 0)
    close(users);
  while (take_output())
    ;
  fwrite(output, 1, output_bytes, stdout);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
