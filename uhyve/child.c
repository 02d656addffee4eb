/* Forks a process that signals do not reach, and that has few descriptors. */
#include "child.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
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

/* Out of the way first: any of them may have a number that another one is to get. */
void child_keep_only(int first, int *fds, int count)
{
  for (int i = 0; i < count; i++)
    fds[i] = fcntl(fds[i], F_DUPFD, first + count);
  for (int i = 0; i < count; i++)
  {
    if (fds[i] < 0 || dup2(fds[i], first + i) < 0)
      _exit(EXIT_FAILURE);
    fds[i] = first + i;
  }
  if (close_range((unsigned int) (first + count), ~0U, 0) != 0)
    _exit(EXIT_FAILURE);
}
