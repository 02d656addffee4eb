/* Opens files of a mapping for a guest. */
#ifndef UHYVE_FILE_OPEN_H
#define UHYVE_FILE_OPEN_H

#include <sys/stat.h>

#include "mappings.h"

/* As open(2) does for a path in a mapping, but that only regular files and folders are opened
 * (-ENXIO), or anything with O_PATH. No device and no FIFO is ever touched. Returns a descriptor of
 * the host, with its status, or a negative errno. */
int file_open(const struct mapping *mapping, const char *path, int flags, mode_t mode,
              struct stat *status);

/* What a path in a mapping leads to, with O_PATH, and O_NOFOLLOW or O_DIRECTORY if given. */
int file_find(const struct mapping *mapping, const char *path, int flags);

#endif
