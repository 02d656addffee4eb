/* The hypercalls for files as functions. Errors are negative errno. Calls that may take long let
 * other CPUs know; they end no earlier for a signal. */
#ifndef GUEST_FS_HOST_CALL_H
#define GUEST_FS_HOST_CALL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "hypercalls/hypercalls.h"

/* Handle; *status is filled. */
long host_call_open(uint32_t mapping, const char *path, int flags, mode_t mode,
                    struct stat *status);

/* Straight from or to the buffer: bytes, fewer than asked at the end of the file, where an error
 * comes after some, and where the buffer ends that the program may access. -EFAULT. */
long host_call_read(int32_t handle, void *buffer, size_t len_bytes, off_t offset);
long host_call_write(int32_t handle, const void *buffer, size_t len_bytes, off_t offset);

/* At the file's end; *end: where that is then. */
long host_call_append(int32_t handle, const void *buffer, size_t len_bytes, off_t *end);

/* argument (null: none) is what goes in, and has what comes out; status may be null. */
int64_t host_call_control(int32_t handle, enum hc_file_operation operation, int64_t *argument,
                          struct stat *status);

/* Entries into memory that is contiguous, as kernel_allocate() gives it. */
long host_call_list(int32_t handle, off_t position, void *buffer, size_t len_bytes);

/* block: operation, mapping, other_mapping and argument are set. The buffer is contiguous, too; it
 * and other may be null. */
long host_call_path(struct hc_path *block, const char *path, const char *other, void *buffer,
                    size_t len_bytes);

#endif
