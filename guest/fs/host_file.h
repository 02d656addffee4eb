/* An open file of the host. */
#ifndef GUEST_FS_HOST_FILE_H
#define GUEST_FS_HOST_FILE_H

#include "fs/file.h"

/* Takes over the handle, which is closed on failure: 0 or -ENOMEM. */
int host_file_make(struct file **file, int32_t handle, int flags, const struct stat *status);

#endif
