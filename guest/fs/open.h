/* open(): from a path to an open file. */
#ifndef GUEST_FS_OPEN_H
#define GUEST_FS_OPEN_H

#include "fs/file.h"

/* As openat(), without a descriptor; mode is without what umask takes. */
int file_open(int folder, const char *path, int flags, mode_t mode, struct file **file);

#endif
