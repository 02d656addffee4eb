/* A program on a terminal: usage: terminal WAY. Runs on Linux, too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void say(const char *what, int number)
{
  char line[64];
  int length = snprintf(line, sizeof(line), "%s %d\n", what, number);
  if (write(STDOUT_FILENO, line, (size_t) length) != length)
    _exit(99);
}

static void handle(int number)
{
  say("handler", number);
  handled = number;
}

static void note(int number)
{
  handled = number;
}

static void catch (int number, void (*handler)(int), int flags)
{
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  if (sigaction(number, &action, NULL) != 0)
    exit(98);
}

static void make_raw(void)
{
  struct termios settings;
  if (tcgetattr(STDIN_FILENO, &settings) != 0)
    exit(97);
  cfmakeraw(&settings);
  if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) != 0)
    exit(96);
}

/* Says what each read() gives, to the end of input or for an error. */
static int read_lines(void)
{
  char line[256];
  say("ready", isatty(STDIN_FILENO));
  for (;;)
  {
    ssize_t got = read(STDIN_FILENO, line, sizeof(line) - 1);
    if (got < 0)
    {
      say(errno == EINTR ? "EINTR" : errno == EIO ? "EIO" : "errno", errno);
      return 1;
    }
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    printf("%zd<%s>\n", got, line);
    fflush(stdout);
    if (got == 0)
      return 0;
  }
}

/* Says the number of each byte, to q. */
static int read_raw(void)
{
  struct termios before;
  unsigned char byte = 0;
  tcgetattr(STDIN_FILENO, &before);
  make_raw();
  say("raw", 1);
  while (byte != 'q' && read(STDIN_FILENO, &byte, 1) == 1)
    say("byte", byte);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
  say("cooked", 1);
  return 0;
}

/* With a time limit of 0.1 s, a read that gets nothing ends. */
static int read_timed(void)
{
  struct termios settings;
  char byte;
  make_raw();
  tcgetattr(STDIN_FILENO, &settings);
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 1;
  tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  say("nothing", (int) read(STDIN_FILENO, &byte, 1));
  return 0;
}

static void say_size(void)
{
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
    exit(95);
  printf("%d rows, %d columns\n", size.ws_row, size.ws_col);
  fflush(stdout);
}

static int follow_size(void)
{
  catch (SIGWINCH, note, 0);
  say_size();
  while (handled == 0)
    pause();
  say_size();
  const struct winsize size = {.ws_row = 7, .ws_col = 77};
  if (ioctl(STDOUT_FILENO, TIOCSWINSZ, &size) != 0)
    return 94;
  say_size();
  return 0;
}

static volatile bool is_read;
static volatile unsigned long rounds;

static void *read_one(void *argument)
{
  char line[64];
  ssize_t got = read(STDIN_FILENO, line, sizeof(line));
  is_read = true;
  say("read", (int) got);
  return argument;
}

/* One thread waits for a line, the other computes all the time. */
static int compute_meanwhile(void)
{
  pthread_t thread;
  if (pthread_create(&thread, NULL, read_one, NULL) != 0)
    return 93;
  while (rounds < 50000000)
    rounds++;
  say("ready", 0);
  while (!is_read)
    rounds++;
  pthread_join(thread, NULL);
  return 0;
}

static int wait_for(int number, void (*handler)(int))
{
  if (handler != SIG_DFL)
    catch (number, handler, 0);
  say("ready", 0);
  while (handled == 0)
    pause();
  return 0;
}

/* The settings in the background: as asked for after a time that another signal ends. */
static int set_in_background(void (*handler)(int))
{
  if (handler != SIG_DFL)
    catch (SIGTTOU, handler, 0);
  catch (SIGUSR1, note, 0);
  say("ready", 0);
  while (handled == 0)
    pause();
  handled = 0;
  struct termios settings;
  tcgetattr(STDIN_FILENO, &settings);
  settings.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
  int error = tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 ? 0 : errno;
  say(error == EINTR ? "EINTR" : "errno", error);
  return 0;
}

static int read_in_background(void)
{
  catch (SIGUSR1, note, 0);
  say("ready", 0);
  while (handled == 0)
    pause();
  return read_lines();
}

/* As a shell does before it begins. */
static int wait_for_foreground(void)
{
  catch (SIGUSR1, note, 0);
  say("ready", 0);
  while (handled == 0)
    pause();
  while (tcgetpgrp(STDIN_FILENO) != getpgrp())
    raise(SIGTTIN);
  say("foreground", 0);
  return 0;
}

int main(int argc, char **argv)
{
  const char *way = argc > 1 ? argv[1] : "";
  if (strcmp(way, "lines") == 0)
    return read_lines();
  if (strcmp(way, "lines-handled") == 0)
  {
    catch (SIGINT, handle, 0);
    return read_lines();
  }
  if (strcmp(way, "lines-restart") == 0)
  {
    catch (SIGINT, handle, SA_RESTART);
    return read_lines();
  }
  if (strcmp(way, "lines-continue") == 0)
  {
    catch (SIGCONT, handle, SA_RESTART);
    return read_lines();
  }
  if (strcmp(way, "raw") == 0)
    return read_raw();
  if (strcmp(way, "raw-killed") == 0)
  {
    make_raw();
    return wait_for(SIGUSR1, SIG_DFL);
  }
  if (strcmp(way, "raw-crash") == 0)
  {
    make_raw();
    say("raw", 1);
    abort();
  }
  if (strcmp(way, "raw-raised") == 0)
  {
    make_raw();
    say("raw", 1);
    raise(SIGUSR1);
  }
  if (strcmp(way, "raw-left") == 0)
  {
    make_raw();
    return 0;
  }
  if (strcmp(way, "timed") == 0)
    return read_timed();
  if (strcmp(way, "size") == 0)
    return follow_size();
  if (strcmp(way, "compute") == 0)
    return compute_meanwhile();
  if (strcmp(way, "hang-up") == 0)
  {
    catch (SIGHUP, note, 0);
    say("ready", 0);
    while (handled == 0)
      pause();
    char byte;
    return read(STDIN_FILENO, &byte, 1) <= 0 ? 42 : 41;
  }
  if (strcmp(way, "wait") == 0)
    return wait_for(SIGUSR1, SIG_DFL);
  if (strcmp(way, "set") == 0)
    return set_in_background(SIG_DFL);
  if (strcmp(way, "set-handled") == 0)
    return set_in_background(handle);
  if (strcmp(way, "set-ignored") == 0)
    return set_in_background(SIG_IGN);
  if (strcmp(way, "read") == 0)
    return read_in_background();
  if (strcmp(way, "read-ignored") == 0)
  {
    catch (SIGTTIN, SIG_IGN, 0);
    return read_in_background();
  }
  if (strcmp(way, "foreground") == 0)
    return wait_for_foreground();
  return 92;
}
