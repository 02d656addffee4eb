/* Names and sizes that programs ask the system for: confstr() and its like. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc/result.h"

size_t confstr(int name, char *buffer, size_t len_bytes)
{
  static const char path[] = "/bin:/usr/bin";
  if (name != _CS_PATH)
  {
    libc_result(-EINVAL);
    return 0;
  }
  if (buffer != NULL && len_bytes > 0)
    strlcpy(buffer, path, len_bytes);
  return sizeof(path);
}

int getdtablesize(void)
{
  return (int) sysconf(_SC_OPEN_MAX);
}

char *get_current_dir_name(void)
{
  return getcwd(NULL, 0);
}

char *getwd(char *buffer)
{
  return getcwd(buffer, 4096);
}

/* Real and effective user are the same. */
int eaccess(const char *path, int mode)
{
  return access(path, mode);
}

int euidaccess(const char *path, int mode)
{
  return access(path, mode);
}
