/* Nodes of the ram file system: what stat() tells of them, and their end. */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/ram.h"
#include "mm/physical.h"
#include "start_info.h"
#include "time/clock.h"

#define NS_PER_S 1000000000ull

struct timespec ram_now(void)
{
  uint64_t now_ns = clock_realtime_ns();
  return (struct timespec){.tv_sec = (time_t) (now_ns / NS_PER_S),
                           .tv_nsec = (long) (now_ns % NS_PER_S)};
}

struct ram_node *ram_node_create(struct ram *ram, mode_t mode)
{
  struct ram_node *node = ram_allocate(sizeof(*node), true);
  if (node == NULL)
    return NULL;
  node->references = 1;
  node->links = 1;
  node->ram = ram;
  node->number = __atomic_add_fetch(&ram->last_number, 1, __ATOMIC_RELAXED);
  node->mode = mode;
  node->user = start_info->user;
  node->group = start_info->group;
  node->access_time = node->change_time = node->status_time = ram_now();
  return node;
}

void ram_node_put(struct ram_node *node)
{
  if (__atomic_sub_fetch(&node->references, 1, __ATOMIC_ACQ_REL) != 0)
    return;
  if (S_ISREG(node->mode))
    ram_data_cut(&node->data, 0);
  else if (S_ISDIR(node->mode))
    ram_folder_free(&node->folder);
  else if (S_ISLNK(node->mode))
    ram_free(node->target, node->len_bytes + 1);
  rwlock_destroy(&node->lock);
  ram_free(node, sizeof(*node));
}

void ram_node_stat(struct ram_node *node, struct stat *status)
{
  memset(status, 0, sizeof(*status));
  rwlock_read(&node->lock, FUTEX_FOREVER, false);
  status->st_dev = node->ram->device;
  status->st_ino = node->number;
  status->st_nlink = __atomic_load_n(&node->links, __ATOMIC_RELAXED);
  status->st_mode = node->mode;
  status->st_uid = node->user;
  status->st_gid = node->group;
  status->st_size = (off_t) node->len_bytes;
  status->st_blksize = 4096;
  if (S_ISREG(node->mode))
    status->st_blocks =
        (blkcnt_t) ((node->in_place != NULL ? node->len_bytes : node->data.held_bytes) + 511) / 512;
  status->st_atim = node->access_time;
  status->st_mtim = node->change_time;
  status->st_ctim = node->status_time;
  rwlock_unlock(&node->lock, 1);
}

void ram_node_touch(struct ram_node *node, bool contents)
{
  rwlock_write(&node->lock, FUTEX_FOREVER);
  node->status_time = ram_now();
  if (contents)
    node->change_time = node->status_time;
  rwlock_unlock_write(&node->lock);
}

static bool is_owner(const struct ram_node *node)
{
  return start_info->user == 0 || start_info->user == node->user;
}

int ram_node_may(const struct ram_node *node, int rights)
{
  mode_t mode = node->mode;
  if (start_info->user == 0)
    return (rights & X_OK) == 0 || S_ISDIR(mode) || (mode & 0111) != 0 ? 0 : -EACCES;
  if (start_info->user == node->user)
    mode >>= 6;
  else if (start_info->group == node->group)
    mode >>= 3;
  return ((int) mode & rights) == rights ? 0 : -EACCES;
}

int ram_node_set_mode(struct ram_node *node, mode_t mode)
{
  if (!is_owner(node))
    return -EPERM;
  rwlock_write(&node->lock, FUTEX_FOREVER);
  node->mode = (node->mode & S_IFMT) | (mode & 07777);
  node->status_time = ram_now();
  rwlock_unlock_write(&node->lock);
  return 0;
}

int ram_node_set_owner(struct ram_node *node, uid_t user, gid_t group)
{
  bool keeps_user = user == (uid_t) -1 || user == node->user;
  bool keeps_group = group == (gid_t) -1 || group == node->group;
  if (start_info->user != 0 &&
      (!is_owner(node) || !keeps_user || (!keeps_group && group != start_info->group)))
    return -EPERM;
  rwlock_write(&node->lock, FUTEX_FOREVER);
  if (user != (uid_t) -1)
    node->user = user;
  if (group != (gid_t) -1)
    node->group = group;
  if (S_ISREG(node->mode) && (node->mode & 0111) != 0)
    node->mode &= ~(mode_t) (S_ISUID | S_ISGID);
  node->status_time = ram_now();
  rwlock_unlock_write(&node->lock);
  return 0;
}

static void set_time(struct timespec *time, const struct timespec *wanted, struct timespec now)
{
  if (wanted->tv_nsec == UTIME_NOW)
    *time = now;
  else if (wanted->tv_nsec != UTIME_OMIT)
    *time = *wanted;
}

/* Times of one's own choice are for the owner, the present time is for who may write. */
int ram_node_set_times(struct ram_node *node, const struct timespec times[2])
{
  bool is_now = times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW;
  if (!is_owner(node) && (!is_now || ram_node_may(node, W_OK) != 0))
    return is_now ? -EACCES : -EPERM;
  struct timespec now = ram_now();
  rwlock_write(&node->lock, FUTEX_FOREVER);
  set_time(&node->access_time, &times[0], now);
  set_time(&node->change_time, &times[1], now);
  node->status_time = now;
  rwlock_unlock_write(&node->lock);
  return 0;
}

int ram_space(struct statvfs *space)
{
  struct physical_usage usage = physical_usage();
  uint64_t limit_bytes = ram_limit_bytes();
  uint64_t used_bytes = ram_used_bytes();
  uint64_t free_bytes = used_bytes < limit_bytes ? limit_bytes - used_bytes : 0;
  uint64_t there_bytes = usage.total_bytes - usage.committed_bytes;
  if (free_bytes > there_bytes)
    free_bytes = there_bytes;
  *space = (struct statvfs){.f_bsize = 4096,
                            .f_frsize = 4096,
                            .f_blocks = limit_bytes / 4096,
                            .f_bfree = free_bytes / 4096,
                            .f_bavail = free_bytes / 4096,
                            .f_files = limit_bytes / 1024,
                            .f_ffree = free_bytes / 1024,
                            .f_favail = free_bytes / 1024,
                            .f_fsid = 0x01021994, /* as Linux's tmpfs */
                            .f_namemax = FS_NAME_BYTES - 1};
  return 0;
}
