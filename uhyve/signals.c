/* Signals to the monitor itself. A handler does only what is safe at any instruction. */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "exit_status.h"
#include "memory_watch.h"

/* The guest dies with the monitor: its memory and CPUs are this process's. */
static void on_terminate(int signal)
{
  memory_watch_stop();
  _exit(STATUS_SIGNAL + signal);
}

/* A page of guest memory or of the program's file is not to be had. */
static void on_bus_error(int signal)
{
  static const char text[] = "uhyve: the host has no memory for the guest, or the program's file "
                             "has become shorter while it ran\n";
  (void) signal;
  ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
  (void) written;
  memory_watch_stop();
  _exit(STATUS_MONITOR);
}

void signals_install(void)
{
  struct sigaction action = {.sa_handler = on_terminate};
  sigaction(SIGTERM, &action, NULL);
  /* What a parent ignores stays ignored: nohup, background jobs of a shell. */
  static const int keep_ignored[] = {SIGINT, SIGQUIT, SIGHUP};
  for (size_t i = 0; i < sizeof(keep_ignored) / sizeof(keep_ignored[0]); i++)
  {
    struct sigaction old;
    sigaction(keep_ignored[i], NULL, &old);
    if (old.sa_handler != SIG_IGN)
      sigaction(keep_ignored[i], &action, NULL);
  }
  action.sa_handler = on_bus_error;
  sigaction(SIGBUS, &action, NULL);
}
