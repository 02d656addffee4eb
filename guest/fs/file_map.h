/* Files mapped to memory. What the file has is copied when it is mapped. Private maps are the
 * program's from then on; shared ones, which can only be read, follow what the program itself
 * writes to the file through descriptors. What the last page has behind the file's end is zero;
 * pages behind that raise SIGBUS.
 *
 * Linked with the file systems: programs without them have nothing to map. Errors are negative
 * errno. */
#ifndef GUEST_FS_FILE_MAP_H
#define GUEST_FS_FILE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct file;

struct file_map_request
{
  uint64_t gva; /* a wish */
  size_t len_bytes;
  unsigned int rights; /* of enum paging_rights */
  unsigned int flags;  /* of enum virtual_flags */
  bool is_shared;
  off_t offset; /* of a page */
};

#define FILE_MAP_HOOK __attribute__((weak, visibility("hidden")))

/* Returns the address. -EACCES, -ENODEV, -EOVERFLOW, -ENOMEM, and what reading gives. */
FILE_MAP_HOOK long file_map(struct file *file, const struct file_map_request *request);

/* Before the addresses are used for something else. */
FILE_MAP_HOOK void file_map_forget(uint64_t begin, uint64_t end);

/* Whether there are maps of files in the range; shared ones alone. */
FILE_MAP_HOOK bool file_map_is_in(uint64_t begin, uint64_t end, bool shared);

/* A file system has written there; has set a new length. content as in struct file. */
void file_map_written(const void *content, const void *buffer, size_t len_bytes, off_t offset);
void file_map_truncated(const void *content, off_t len_bytes);

#endif
