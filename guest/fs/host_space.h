/* How much room a file system of the host has, as the monitor gives it and as programs see it. */
#ifndef GUEST_FS_HOST_SPACE_H
#define GUEST_FS_HOST_SPACE_H

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "hypercalls/hypercalls.h"

/* from: where a call has left struct hc_space. */
static inline void host_space_copy(struct statvfs *space, const struct stat *from)
{
  struct hc_space given;
  _Static_assert(sizeof(given) <= sizeof(*from), "it is in the first bytes");
  memcpy(&given, from, sizeof(given));
  *space = (struct statvfs){
      .f_bsize = given.block_bytes,
      .f_frsize = given.fragment_bytes,
      .f_blocks = given.blocks,
      .f_bfree = given.blocks_free,
      .f_bavail = given.blocks_available,
      .f_files = given.files,
      .f_ffree = given.files_free,
      .f_favail = given.files_available,
      .f_fsid = given.id,
      .f_flag = given.flags,
      .f_namemax = given.name_max,
  };
}

#endif
