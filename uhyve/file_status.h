/* Status of a file and its file system in the form hypercalls have. */
#ifndef UHYVE_FILE_STATUS_H
#define UHYVE_FILE_STATUS_H

#include <stdbool.h>

#include "hypercalls/hypercalls.h"

/* fd may be one of O_PATH. Both return 0 or a negative errno. */
int file_status(int fd, struct hc_stat *to);
int file_space(int fd, bool read_only, struct hc_space *to);

#endif
