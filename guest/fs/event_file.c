/* What epoll, eventfd and timerfd have in common as files. */
#include "fs/event_file.h"

#include <errno.h>
#include <string.h>

#include "fs/descriptors.h"
#include "start_info.h"

int event_file_stat(struct file *file, struct stat *status)
{
  (void) file;
  memset(status, 0, sizeof(*status));
  status->st_mode = 0600;
  status->st_ino = 1;
  status->st_nlink = 1;
  status->st_blksize = 4096;
  status->st_uid = start_info->user;
  status->st_gid = start_info->group;
  return 0;
}

int event_file_install(struct file *file, bool close_on_exec)
{
  int fd = descriptor_add(file, 0, close_on_exec);
  if (fd < 0)
    file_put(file);
  return fd;
}
