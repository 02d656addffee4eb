/* eventfd: a number to add to, and to wait for. */
#ifndef GUEST_FS_EVENTFD_H
#define GUEST_FS_EVENTFD_H

#include "fs/file.h"

/* flags: O_NONBLOCK or none. A file with one reference; 0 or -ENOMEM. */
int eventfd_create(unsigned int count, bool is_semaphore, uint32_t flags, struct file **file);

#endif
