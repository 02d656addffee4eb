/* Status of a file and its file system in the form hypercalls have. */
#include "file_status.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define SAME(theirs, ours)                                                                        \
  _Static_assert(offsetof(struct stat, theirs) == offsetof(struct hc_stat, ours), "as Linux has " \
                                                                                  "it")
_Static_assert(sizeof(struct stat) == sizeof(struct hc_stat), "as Linux has it");
SAME(st_dev, dev);
SAME(st_ino, ino);
SAME(st_nlink, nlink);
SAME(st_mode, mode);
SAME(st_uid, uid);
SAME(st_gid, gid);
SAME(st_rdev, rdev);
SAME(st_size, size_bytes);
SAME(st_blksize, block_bytes);
SAME(st_blocks, blocks);
SAME(st_atim, atime_s);
SAME(st_mtim, mtime_s);
SAME(st_ctim, ctime_s);

int file_status(int fd, struct hc_stat *to)
{
  struct stat status;
  if (fstat(fd, &status) != 0)
    return -errno;
  memcpy(to, &status, sizeof(*to));
  return 0;
}

int file_space(int fd, bool read_only, struct hc_space *to)
{
  struct statvfs space;
  if (fstatvfs(fd, &space) != 0)
    return -errno;
  *to = (struct hc_space){
      .block_bytes = space.f_bsize,
      .fragment_bytes = space.f_frsize,
      .blocks = space.f_blocks,
      .blocks_free = space.f_bfree,
      .blocks_available = space.f_bavail,
      .files = space.f_files,
      .files_free = space.f_ffree,
      .files_available = space.f_favail,
      .id = space.f_fsid,
      .flags = space.f_flag | (read_only ? (unsigned long) ST_RDONLY : 0),
      .name_max = space.f_namemax,
  };
  return 0;
}

mode_t file_mode_allowed(int fd, mode_t mode)
{
  struct stat status;
  bool is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  return is_folder ? mode & 07777 : FILE_MODE_OF_NEW(mode);
}
