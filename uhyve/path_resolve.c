/* Resolves paths inside a folder by openat2(2), which alone does it without a race. */
#include "path_resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"

/* The kernel gives up with EAGAIN where '..' and a rename anywhere on the host meet. */
#define TRIES 1000

int path_open(int root_fd, const char *path, int flags, mode_t mode)
{
  struct open_how how = {
      .flags = (uint64_t) (uint32_t) flags | O_CLOEXEC,
      .mode = mode,
      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
  };
  for (int i = 0; i < TRIES; i++)
  {
    long fd = syscall(SYS_openat2, root_fd, *path == '\0' ? "." : path, &how, sizeof(how));
    if (fd >= 0)
      return (int) fd;
    if (errno != EAGAIN)
      return -errno;
  }
  return -EBUSY;
}

int path_find_place(int root_fd, const char *path, struct path_place *place)
{
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/')
    end--;
  size_t begin = end;
  while (begin > 0 && path[begin - 1] != '/')
    begin--;

  char folder[HC_MAX_PATH_BYTES + 1];
  if (begin >= sizeof(folder))
    return -ENAMETOOLONG;
  memcpy(folder, path, begin);
  folder[begin] = '\0';
  int fd = path_open(root_fd, folder, O_PATH | O_DIRECTORY, 0);
  if (fd < 0)
    return fd;
  *place = (struct path_place){.folder_fd = fd, .name = path + begin, .name_bytes = end - begin};
  if (place->name_bytes == 0)
    place->name = "";
  return 0;
}

void path_leave_place(struct path_place *place)
{
  close(place->folder_fd);
}

const char *path_of_fd(char text[static PATH_OF_FD_BYTES], int fd)
{
  snprintf(text, PATH_OF_FD_BYTES, "/proc/self/fd/%d", fd);
  return text;
}
