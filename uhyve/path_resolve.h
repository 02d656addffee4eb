/* Resolves paths inside a folder: whatever they and the symbolic links on the way say, nothing
 * outside it is reached, also while others rename what is in it. */
#ifndef UHYVE_PATH_RESOLVE_H
#define UHYVE_PATH_RESOLVE_H

#include <stddef.h>
#include <sys/types.h>

/* Opens a path as openat2(2) with RESOLVE_IN_ROOT; the empty path is the folder itself. Returns a
 * descriptor or a negative errno. */
int path_open(int root_fd, const char *path, int flags, mode_t mode);

/* The folder that the last component of a path is in, and that component, for calls that act on a
 * name and follow no symbolic link there: unlinkat, mkdirat, renameat2 and the like. */
struct path_place
{
  int folder_fd;
  const char *name;  /* in the path, with trailing slashes; empty: the root itself */
  size_t name_bytes; /* without them */
};

/* Returns 0 or a negative errno; then there is nothing to leave. */
int path_find_place(int root_fd, const char *path, struct path_place *place);
void path_leave_place(struct path_place *place);

/* The name by which this process reaches what a descriptor of O_PATH stands for. */
#define PATH_OF_FD_BYTES 32
const char *path_of_fd(char text[static PATH_OF_FD_BYTES], int fd);

#endif
