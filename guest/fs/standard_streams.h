/* The standard streams as open files. */
#ifndef GUEST_FS_STANDARD_STREAMS_H
#define GUEST_FS_STANDARD_STREAMS_H

#include "fs/file.h"

/* The file of stream 0, 1 or 2 as it is at the start; null if the host has it closed. Called once
 * for each. */
struct file *standard_stream(int fd);

/* For open() of terminals: a further file for a standard stream, to read from or to write to. */
int standard_stream_open(int fd, int flags, struct file **file);

#endif
