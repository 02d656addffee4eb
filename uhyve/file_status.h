/* Status of a file and its file system in the form hypercalls have. */
#ifndef UHYVE_FILE_STATUS_H
#define UHYVE_FILE_STATUS_H

#include <stdbool.h>
#include <sys/types.h>

#include "hypercalls/hypercalls.h"

/* fd may be one of O_PATH. Both return 0 or a negative errno. */
int file_status(int fd, struct hc_stat *to);
int file_space(int fd, bool read_only, struct hc_space *to);

/* A mode without the bits by which a guest would let others on the host run what it has written
 * with the rights of the monitor's user. */
#define FILE_MODE_OF_NEW(mode) ((mode) &01777)

/* The same of a mode for the file behind fd; folders have theirs. */
mode_t file_mode_allowed(int fd, mode_t mode);

#endif
