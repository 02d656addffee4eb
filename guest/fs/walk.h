/* From a path of the program to a mount and a name in it. */
#ifndef GUEST_FS_WALK_H
#define GUEST_FS_WALK_H

#include "fs/file_system.h"

#define WALK_FOLLOW    1u /* a symbolic link at the very end */
#define WALK_LOOK      4u /* one with a '/' behind it, too: for calls that change no name */
#define WALK_MAY_EMPTY 2u /* an empty path is the folder itself (AT_EMPTY_PATH) */

/* Begins at the path of an open folder, or at the working folder (AT_FDCWD), unless the path is
 * absolute. -ENOENT for an empty path, -ENAMETOOLONG, -EFAULT, -EBADF, -ENOTDIR. */
int walk_begin(struct walk *walk, int folder, const char *path, unsigned int flags);

/* Finds mount and name. To be called before the file system is, and again after WALK_AGAIN. 0 or a
 * negative errno. */
int walk_settle(struct walk *walk);

/* Makes the walk's path one without symbolic links: what realpath() gives. */
int walk_resolve(struct walk *walk);

/* error = what the call of a file system for a walk gives. */
#define WALK(walk, error, call)  \
  do                             \
  {                              \
    (error) = walk_settle(walk); \
    if ((error) == 0)            \
      (error) = (call);          \
  } while ((error) == WALK_AGAIN)

#endif
