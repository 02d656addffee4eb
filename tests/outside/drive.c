/* Drives a program from outside, through pipes or a terminal: usage: drive STEP... -- COMMAND...
 *
 * Standard output and error are read as one text, all of which has to be seen:
 *   see TEXT      the text goes on with this (\n, \r, \e, \\ and \xHH in TEXT stand for bytes)
 *   find TEXT     the text has this, whatever comes before
 *   see-own-number  the number of this process
 *   type TEXT     to the program's standard input
 *   end-input     no more
 *   close-output  nobody reads it any more
 *   signal N      to the program
 *   stopped N     waits until it is stopped by this signal
 *   idle          waits until it waits for something
 *   wait MS       lets time go by
 *   exits N       waits for its end with this status, and all of the text has been seen
 *   killed N      waits for its end by this signal, the same
 *   exits-at-all N, killed-at-all N  the same, whatever the text is
 *   within MS     since the last step before, not counting the wait that ends it
 * With --terminal first, all three streams are a new terminal of 24 rows and 80 columns, and the
 * program its foreground job:
 *   size R C      gives it another size
 *   raw, cooked   its settings are so now, or have become so
 *   hang-up       it goes away, and with it its session, which SIGHUP tells
 *   background, foreground  another job gets the terminal, or the program again
 * --ignore N and --block N first: the program begins so.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "idle.h"

#define LIMIT_MS 20000

static pid_t program;
static int input = -1;  /* written to: its standard input, or the terminal */
static int output = -1; /* read from: its output, or the terminal */
static char text[1 << 16];
static size_t text_bytes;
static int status;
static const char *step = "start";

static long now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Noreturn void fail(const char *what, const char *argument)
{
  fprintf(stderr, "FAILED: %s: %s %s\n---- not yet seen:\n", step, what, argument);
  fwrite(text, 1, text_bytes, stderr);
  fprintf(stderr, "\n");
  if (program > 0)
    kill(program, SIGKILL);
  exit(EXIT_FAILURE);
}

static void check(bool is_fine, const char *what)
{
  if (!is_fine)
    fail(what, strerror(errno));
}

static int number(const char *word)
{
  char *end;
  long value = strtol(word != NULL ? word : "", &end, 10);
  if (word == NULL || end == word || *end != '\0')
    fail("no number:", word != NULL ? word : "");
  return (int) value;
}

/* The bytes that a word stands for; the length comes back. */
static size_t unescape(const char *word, char *bytes)
{
  size_t count = 0;
  for (; *word != '\0'; word++)
  {
    char byte = *word;
    if (byte == '\\')
    {
      byte = *++word;
      if (byte == 'x')
      {
        const char digits[3] = {word[1], word[2], '\0'};
        byte = (char) strtol(digits, NULL, 16);
        word += 2;
      }
      else
        byte = byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte == 'e' ? '\033' : byte;
    }
    bytes[count++] = byte;
  }
  return count;
}

/* ---- The program ---- */

static int terminal = -1;
static int slave = -1;

/* This process becomes what a shell is: it leads the session that the terminal controls. */
static void make_terminal(void)
{
  pid_t leader = fork();
  check(leader >= 0, "fork");
  if (leader > 0)
  {
    int ended = 0;
    while (waitpid(leader, &ended, 0) < 0 && errno == EINTR)
      ;
    exit(WIFEXITED(ended) ? WEXITSTATUS(ended) : EXIT_FAILURE);
  }
  const struct winsize size = {.ws_row = 24, .ws_col = 80};
  check(openpty(&terminal, &slave, NULL, NULL, &size) == 0, "openpty");
  fcntl(terminal, F_SETFD, FD_CLOEXEC);
  fcntl(slave, F_SETFD, FD_CLOEXEC);
  check(setsid() >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0, "setsid");
  signal(SIGTTOU, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
}

static void begin(char **command, bool has_terminal, uint64_t ignored, uint64_t blocked)
{
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  if (has_terminal)
  {
    make_terminal();
    input = terminal;
    output = terminal;
  }
  else
  {
    check(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe");
    input = in[1];
    output = out[0];
  }
  program = fork();
  check(program >= 0, "fork");
  if (program == 0)
  {
    sigset_t set;
    setpgid(0, 0);
    if (has_terminal)
      tcsetpgrp(slave, getpid());
    sigemptyset(&set);
    for (int i = 1; i < 32; i++)
    {
      signal(i, (ignored >> i & 1) != 0 ? SIG_IGN : SIG_DFL);
      if ((blocked >> i & 1) != 0)
        sigaddset(&set, i);
    }
    sigprocmask(SIG_SETMASK, &set, NULL);
    dup2(has_terminal ? slave : in[0], 0);
    dup2(has_terminal ? slave : out[1], 1);
    dup2(has_terminal ? slave : out[1], 2);
    execv(command[0], command);
    _exit(127);
  }
  setpgid(program, program);
  close(in[0]);
  close(out[1]);
}

/* Reads what there is within that time. False: there will be no more. */
static bool read_some(int wait_ms)
{
  struct pollfd polled = {.fd = output, .events = POLLIN};
  if (poll(&polled, 1, wait_ms) <= 0)
    return true;
  if (text_bytes == sizeof(text))
    fail("too much text", "");
  ssize_t got = read(output, text + text_bytes, sizeof(text) - text_bytes);
  if (got > 0)
    text_bytes += (size_t) got;
  return got > 0;
}

static void drop(size_t bytes)
{
  text_bytes -= bytes;
  memmove(text, text + bytes, text_bytes);
}

static void see(const char *word, bool anywhere)
{
  char bytes[4096];
  size_t count = unescape(word, bytes);
  long limit_ms = now_ms() + LIMIT_MS;
  for (;;)
  {
    const char *found = memmem(text, text_bytes, bytes, count);
    if (found != NULL && (anywhere || found == text))
    {
      drop((size_t) (found - text) + count);
      return;
    }
    size_t common = text_bytes < count ? text_bytes : count;
    if (!anywhere && memcmp(text, bytes, common) != 0)
      fail("other text than", word);
    if (now_ms() > limit_ms || !read_some(100))
      fail("no such text:", word);
  }
}

static void type(const char *word)
{
  char bytes[4096];
  size_t count = unescape(word, bytes);
  check(write(input, bytes, count) == (ssize_t) count, "write");
}

static void await(int flags)
{
  for (long limit_ms = now_ms() + LIMIT_MS; waitpid(program, &status, flags | WNOHANG) != program;)
  {
    if (now_ms() > limit_ms)
      fail("it does not come to that", "");
    if (output >= 0)
      read_some(1);
    else
      usleep(1000);
  }
}

static void end(bool is_killed, const char *word, bool is_exact)
{
  await(0);
  while (output >= 0 && read_some(0) && poll(&(struct pollfd){output, POLLIN, 0}, 1, 0) > 0)
    ;
  char how[64];
  snprintf(how, sizeof(how), "%s %d", WIFEXITED(status) ? "status" : "signal",
           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  program = 0;
  if (is_killed != (WIFSIGNALED(status) != 0) ||
      number(word) != (is_killed ? WTERMSIG(status) : WEXITSTATUS(status)))
    fail("it has ended otherwise:", how);
  if (is_killed && WCOREDUMP(status))
    fail("there is a core file", "");
  if (is_exact && text_bytes != 0)
    fail("there is more text", "");
}

static void await_idle(void)
{
  if (!process_await_idle(program, LIMIT_MS))
    fail("it is never idle", "");
}

static void check_settings(bool is_raw)
{
  struct termios settings = {0};
  for (long limit_ms = now_ms() + LIMIT_MS; now_ms() < limit_ms; usleep(1000))
  {
    check(tcgetattr(input, &settings) == 0, "tcgetattr");
    if (((settings.c_lflag & (ICANON | ECHO)) == 0) == is_raw)
      return;
  }
  fail("its settings are other ones", "");
}

static long last_ms;

/* Returns how many further words it has used. */
static int take(char **words)
{
  const char *word = words[1];
  if (strcmp(step, "see") == 0)
    see(word, false);
  else if (strcmp(step, "find") == 0)
    see(word, true);
  else if (strcmp(step, "type") == 0)
    type(word);
  else if (strcmp(step, "signal") == 0)
    check(kill(program, number(word)) == 0, "kill");
  else if (strcmp(step, "stopped") == 0)
  {
    await(WUNTRACED);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != number(word))
      fail("it is not stopped so", "");
  }
  else if (strcmp(step, "wait") == 0)
    usleep((useconds_t) number(word) * 1000);
  else if (strcmp(step, "exits") == 0)
    end(false, word, true);
  else if (strcmp(step, "exits-at-all") == 0)
    end(false, word, false);
  else if (strcmp(step, "killed") == 0)
    end(true, word, true);
  else if (strcmp(step, "killed-at-all") == 0)
    end(true, word, false);
  else if (strcmp(step, "within") == 0)
  {
    if (now_ms() - last_ms > number(word))
      fail("it took longer than", word);
  }
  else if (strcmp(step, "size") == 0)
  {
    const struct winsize size = {.ws_row = (unsigned short) number(word),
                                 .ws_col = (unsigned short) number(words[2])};
    check(ioctl(input, TIOCSWINSZ, &size) == 0, "TIOCSWINSZ");
    return 2;
  }
  else
  {
    if (strcmp(step, "end-input") == 0 || strcmp(step, "hang-up") == 0)
    {
      if (slave >= 0)
        check(ioctl(slave, TIOCNOTTY) == 0 && close(slave) == 0, "TIOCNOTTY");
      close(input);
      if (output == input)
        output = -1;
    }
    else if (strcmp(step, "background") == 0 || strcmp(step, "foreground") == 0)
      check(tcsetpgrp(slave, step[0] == 'b' ? getpgrp() : program) == 0, "tcsetpgrp");
    else if (strcmp(step, "close-output") == 0)
    {
      close(output);
      output = -1;
    }
    else if (strcmp(step, "idle") == 0)
      await_idle();
    else if (strcmp(step, "see-own-number") == 0)
    {
      char own[16];
      snprintf(own, sizeof(own), "%d", (int) getpid());
      see(own, false);
    }
    else if (strcmp(step, "raw") == 0 || strcmp(step, "cooked") == 0)
      check_settings(step[0] == 'r');
    else
      fail("there is no such step", "");
    return 0;
  }
  return 1;
}

int main(int argc, char **argv)
{
  bool has_terminal = false;
  uint64_t ignored = 0;
  uint64_t blocked = 0;
  int at = 1;
  for (; at < argc && strncmp(argv[at], "--", 2) == 0 && argv[at][2] != '\0'; at++)
  {
    if (strcmp(argv[at], "--terminal") == 0)
      has_terminal = true;
    else if (strcmp(argv[at], "--ignore") == 0)
      ignored |= UINT64_C(1) << number(argv[++at]);
    else if (strcmp(argv[at], "--block") == 0)
      blocked |= UINT64_C(1) << number(argv[++at]);
    else
      fail("there is no such option:", argv[at]);
  }
  int command = at;
  while (command < argc && strcmp(argv[command], "--") != 0)
    command++;
  if (command + 1 >= argc)
    fail("no command", "");
  signal(SIGPIPE, SIG_IGN);
  begin(argv + command + 1, has_terminal, ignored, blocked);
  for (; at < command; at++)
  {
    step = argv[at];
    long began_ms = now_ms();
    at += take(argv + at);
    if (strcmp(step, "within") != 0)
      last_ms = began_ms;
  }
  return EXIT_SUCCESS;
}
