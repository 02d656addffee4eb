/* Shared maps of files, which follow what the program writes to the files. Linked into programs
 * that map files. */
#ifndef GUEST_FS_FILE_MAP_H
#define GUEST_FS_FILE_MAP_H

#include <stddef.h>
#include <sys/types.h>

struct file;

#define FILE_MAP_HOOK __attribute__((weak, visibility("hidden")))

/* A file system has written there; has set a new length. content as in struct file. */
FILE_MAP_HOOK void file_map_written(const void *content, const void *buffer, size_t len_bytes,
                                    off_t offset);
FILE_MAP_HOOK void file_map_truncated(const void *content, off_t len_bytes);

#endif
