/* Reads what a process inherits: some system calls, no file. */
#include "surroundings.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

bool surroundings_are_callers(void)
{
  return getauxval(AT_UID) == getauxval(AT_EUID) && getauxval(AT_GID) == getauxval(AT_EGID);
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
  mode_t mask = umask(0);
  umask(mask);
  surroundings->umask = mask;
  surroundings->user = (uint32_t) getauxval(AT_EUID);
  surroundings->group = (uint32_t) getauxval(AT_EGID);
}
