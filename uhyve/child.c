/* Forks a process that signals do not reach. */
#include "child.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

pid_t child_fork(void)
{
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pid_t child = fork();
  if (child != 0)
    pthread_sigmask(SIG_SETMASK, &old, NULL);
  return child;
}
