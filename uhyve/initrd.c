/* Maps the archive of --initrd into guest memory, in place: nothing is copied. */
#include "initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct initrd *initrd, const char *path, int error, char message[static 256])
{
  snprintf(message, 256, "cannot read the initrd %.150s: %s", path,
           error == -ENXIO ? "it is no regular file" : strerror(-error));
  initrd_close(initrd);
  return error;
}

int initrd_open(struct initrd *initrd, const char *path, char message[static 256])
{
  *initrd = (struct initrd){.fd = -1};
  if (path == NULL)
    return 0;
  initrd->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat status;
  if (initrd->fd < 0 || fstat(initrd->fd, &status) != 0)
    return fail(initrd, path, -errno, message);
  if (!S_ISREG(status.st_mode))
    return fail(initrd, path, -ENXIO, message);
  initrd->len_bytes = (uint64_t) status.st_size;
  return 0;
}

int initrd_load(const struct initrd *initrd, const struct guest_layout *layout,
                const struct guest_memory *memory)
{
  if (initrd->len_bytes == 0)
    return 0;
  void *hva = guest_memory_hva(memory, layout->initrd_gpa, initrd->len_bytes);
  if (hva == NULL)
    return -ENOMEM;
  return mmap(hva, initrd->len_bytes, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, initrd->fd, 0) != MAP_FAILED
             ? 0
             : -errno;
}

void initrd_close(struct initrd *initrd)
{
  if (initrd->fd >= 0)
    close(initrd->fd);
  initrd->fd = -1;
}
