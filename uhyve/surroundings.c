/* Reads what a process inherits: some system calls, no file. */
#include "surroundings.h"

#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t ignored_signals(void)
{
  uint64_t ignored = 0;
  for (int signal = 1; signal <= 64; signal++)
  {
    struct sigaction action;
    if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
      ignored |= UINT64_C(1) << (signal - 1);
  }
  return ignored;
}

void surroundings_read(struct surroundings *surroundings)
{
  /* A folder that is gone, or above this process's root, has no path. */
  if (getcwd(surroundings->folder, sizeof(surroundings->folder)) == NULL ||
      surroundings->folder[0] != '/')
    strcpy(surroundings->folder, "/");
  if (gethostname(surroundings->host_name, sizeof(surroundings->host_name)) != 0)
    surroundings->host_name[0] = '\0';
  surroundings->host_name[sizeof(surroundings->host_name) - 1] = '\0';
  surroundings->signals_ignored = ignored_signals();
  mode_t mask = umask(0);
  umask(mask);
  surroundings->umask = mask;
  surroundings->user = (uint32_t) getauxval(AT_EUID);
  surroundings->group = (uint32_t) getauxval(AT_EGID);
}
