/* Reading archives: what initrd.c and the readers of the two formats share.
 *
 * Nothing an archive says is trusted: a length counts only as far as the archive goes. */
#ifndef GUEST_FS_INITRD_H
#define GUEST_FS_INITRD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fs/file_system.h"

struct initrd
{
  struct mount *root;
  const unsigned char *bytes;
  size_t len_bytes;
  size_t at;           /* where the current entry begins */
  const char *problem; /* null: none so far; a text without a newline */
  char path[FS_PATH_BYTES];
  struct walk from, to; /* for hard links */
};

/* Puts all that the archive has into the file system `root`, whose files have their data in the
 * archive. Returns null, or what is wrong with it, at *at. */
const char *initrd_read(struct mount *root, const void *archive, size_t len_bytes, size_t *at);

/* ---- For the readers; each returns false when there is a problem ---- */

bool initrd_read_tar(struct initrd *initrd);
bool initrd_is_tar(const struct initrd *initrd);
bool initrd_read_cpio(struct initrd *initrd);
bool initrd_is_cpio(const struct initrd *initrd);

bool initrd_fail(struct initrd *initrd, const char *problem);

/* Whether that many bytes are there; a problem if not. */
bool initrd_has(struct initrd *initrd, size_t at, uint64_t len_bytes);

/* A file, folder or symbolic link, data being what that says; other kinds are left out. */
bool initrd_add(struct initrd *initrd, const char *name, size_t name_len, const struct stat *status,
                const void *data, size_t len_bytes);

/* A further name of what is there. */
bool initrd_add_link(struct initrd *initrd, const char *name, size_t name_len, const char *target,
                     size_t target_len);

#endif
