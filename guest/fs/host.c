/* The file system of what is mapped from the host. Names go to the monitor, which resolves them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/file_system.h"
#include "fs/host_call.h"
#include "fs/host_file.h"
#include "fs/host_node.h"
#include "fs/host_space.h"
#include "hypercall.h"
#include "mm/kernel_heap.h"
#include "start_info.h"

/* What the monitor is told. O_APPEND is seen to at each write, so that fcntl() can change it. */
#define OPEN_FLAGS                                                                                 \
  (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_DSYNC | O_SYNC | O_DIRECTORY | O_NOFOLLOW | O_PATH | \
   O_NOATIME | O_TMPFILE)

static bool is_folder_mapping(const struct mount *mount)
{
  const struct uhyve_mapping *mappings =
      (const struct uhyve_mapping *)
          start_info->mappings_gva; /* NOLINT(performance-no-int-to-ptr) */
  return (mappings[mount->number].flags & UHYVE_MAPPING_FOLDER) != 0;
}

/* A '/' at the end has the host insist on a folder. Returns what name_end() restores; -ENOTDIR. */
static int name_begin(struct walk *walk)
{
  if (!walk->wants_folder)
    return 0;
  if (walk->name[0] == '\0')
    return is_folder_mapping(walk->mount) ? 0 : -ENOTDIR;
  size_t len = strlen(walk->path);
  if (len + 1 >= FS_PATH_BYTES)
    return -ENAMETOOLONG;
  walk->path[len] = '/';
  walk->path[len + 1] = '\0';
  return 1;
}

static void name_end(struct walk *walk, int appended)
{
  if (appended == 1)
    walk->path[strlen(walk->path) - 1] = '\0';
}

/* ---- Calls with one name ---- */

static long call(struct walk *walk, struct hc_path *block, void *buffer, size_t len_bytes)
{
  int appended = name_begin(walk);
  if (appended < 0)
    return appended;
  block->mapping = walk->mount->number;
  long result = host_call_path(block, walk->name, NULL, buffer, len_bytes);
  name_end(walk, appended);
  return result;
}

/* A call that changes something: others who look see what was written before. */
static int change(struct walk *walk, enum hc_path_operation operation, int64_t first,
                  int64_t second, int64_t third)
{
  HC_BLOCK(struct hc_path) block = {.operation = operation, .argument = {first, second, third}};
  host_flush_all();
  return (int) call(walk, &block, NULL, 0);
}

/* What the monitor is to be told of a program's flags. */
static int flags_for_host(int flags)
{
  int told = flags & OPEN_FLAGS;
  /* A symbolic link is something that is there already. */
  if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
    told |= O_NOFOLLOW;
  return told;
}

static long open_once(struct walk *walk, int told, mode_t mode, struct stat *status)
{
  int appended = name_begin(walk);
  if (appended < 0)
    return appended;
  long handle = host_call_open(walk->mount->number, walk->name, told, mode, status);
  name_end(walk, appended);
  return handle;
}

static int host_open(struct walk *walk, int flags, mode_t mode, struct file **file)
{
  struct stat status;
  int told = flags_for_host(flags);
  if ((flags & O_TRUNC) != 0)
    host_flush_all();
  long handle = open_once(walk, told, mode, &status);
  /* A file that can only be appended to. */
  if (handle == -EPERM && (flags & O_APPEND) != 0)
    handle = open_once(walk, told | O_APPEND, mode, &status);
  return handle < 0 ? (int) handle : host_file_make(file, (int32_t) handle, flags, &status);
}

static int stat_once(struct walk *walk, struct stat *status)
{
  _Alignas(HC_BLOCK_ALIGN) struct stat given;
  HC_BLOCK(struct hc_path)
  block = {.operation = HC_PATH_STAT, .argument = {walk->follows ? 0 : 1}};
  long result = call(walk, &block, &given, sizeof(given));
  if (result >= 0)
    *status = given;
  return result < 0 ? (int) result : 0;
}

static void write_behind(const struct stat *status)
{
  struct host_node *node = host_node_find((uint64_t) status->st_dev, (uint64_t) status->st_ino);
  if (node == NULL)
    return;
  host_node_write_out(node);
  host_node_put(node);
}

/* Which file it is only the host knows. What is behind may be written, here or elsewhere, when the
 * host has looked already: it looks again then. */
static int host_stat(struct walk *walk, struct stat *status)
{
  uint32_t late_writes = __atomic_load_n(&host_late_writes, __ATOMIC_ACQUIRE);
  int error = stat_once(walk, status);
  if (error != 0)
    return error;
  if (__atomic_load_n(&host_behind, __ATOMIC_ACQUIRE) != 0)
    write_behind(status);
  if (__atomic_load_n(&host_late_writes, __ATOMIC_ACQUIRE) == late_writes)
    return 0;
  return stat_once(walk, status);
}

static int host_access(struct walk *walk, int mode)
{
  HC_BLOCK(struct hc_path) block = {.operation = HC_PATH_ACCESS, .argument = {mode}};
  return (int) call(walk, &block, NULL, 0);
}

static long host_readlink(struct walk *walk, char *buffer, size_t len_bytes)
{
  HC_BLOCK(struct hc_path) block = {.operation = HC_PATH_READLINK};
  char *target = kernel_allocate(FS_PATH_BYTES);
  if (target == NULL)
    return -ENOMEM;
  if (len_bytes > FS_PATH_BYTES)
    len_bytes = FS_PATH_BYTES;
  long result = call(walk, &block, target, len_bytes);
  if (result > 0)
    memcpy(buffer, target, (size_t) result);
  kernel_free(target, FS_PATH_BYTES);
  return result;
}

static int host_unlink(struct walk *walk)
{
  return change(walk, HC_PATH_UNLINK, 0, 0, 0);
}

static int host_rmdir(struct walk *walk)
{
  return change(walk, HC_PATH_RMDIR, 0, 0, 0);
}

static int host_mkdir(struct walk *walk, mode_t mode)
{
  return change(walk, HC_PATH_MKDIR, mode, 0, 0);
}

static int host_set_mode(struct walk *walk, mode_t mode)
{
  return change(walk, HC_PATH_MODE, mode, 0, 0);
}

static int host_set_owner(struct walk *walk, uid_t user, gid_t group)
{
  return change(walk, HC_PATH_OWNER, (int32_t) user, (int32_t) group, walk->follows ? 0 : 1);
}

static int host_set_times(struct walk *walk, const struct timespec times[2])
{
  HC_BLOCK(struct hc_path)
  block = {.operation = HC_PATH_TIMES,
           .argument = {times[0].tv_sec, times[0].tv_nsec, times[1].tv_sec, times[1].tv_nsec,
                        walk->follows ? 0 : 1}};
  host_flush_all();
  return (int) call(walk, &block, NULL, 0);
}

/* By way of a file, so that maps and what was read ahead follow. */
static int host_truncate(struct walk *walk, off_t len_bytes)
{
  struct file *file;
  int error = host_open(walk, O_WRONLY, 0, &file);
  if (error != 0)
    return error;
  error =
      file->operations->truncate != NULL ? file->operations->truncate(file, len_bytes) : -EINVAL;
  int close_error = file_put(file);
  return error != 0 ? error : close_error;
}

static int host_space(struct walk *walk, struct statvfs *space)
{
  _Alignas(HC_BLOCK_ALIGN) struct stat given;
  HC_BLOCK(struct hc_path) block = {.operation = HC_PATH_SPACE};
  host_flush_all();
  long result = call(walk, &block, &given, sizeof(struct hc_space));
  if (result < 0)
    return (int) result;
  host_space_copy(space, &given);
  return 0;
}

/* ---- Calls with two ---- */

static int host_symlink(struct walk *walk, const char *target)
{
  HC_BLOCK(struct hc_path)
  block = {.operation = HC_PATH_SYMLINK, .mapping = walk->mount->number};
  int appended = name_begin(walk);
  if (appended < 0)
    return appended;
  long result = host_call_path(&block, walk->name, target, NULL, 0);
  name_end(walk, appended);
  return (int) result;
}

static int call_two(struct walk *from, struct walk *to, enum hc_path_operation operation,
                    int64_t argument)
{
  HC_BLOCK(struct hc_path)
  block = {.operation = operation,
           .mapping = to->mount->number,
           .other_mapping = from->mount->number,
           .argument = {argument}};
  host_flush_all();
  int from_appended = name_begin(from);
  if (from_appended < 0)
    return from_appended;
  int result = name_begin(to);
  if (result >= 0)
  {
    int to_appended = result;
    result = (int) host_call_path(&block, to->name, from->name, NULL, 0);
    name_end(to, to_appended);
  }
  name_end(from, from_appended);
  return result;
}

static int host_link(struct walk *from, struct walk *to)
{
  return call_two(from, to, HC_PATH_LINK, from->follows ? 1 : 0);
}

static int host_rename(struct walk *from, struct walk *to, unsigned int flags)
{
  return call_two(from, to, HC_PATH_RENAME, flags);
}

const struct file_system host_file_system = {
    .name = "host",
    .is_own_root = true,
    .open = host_open,
    .stat = host_stat,
    .access = host_access,
    .readlink = host_readlink,
    .unlink = host_unlink,
    .rmdir = host_rmdir,
    .mkdir = host_mkdir,
    .symlink = host_symlink,
    .link = host_link,
    .rename = host_rename,
    .set_mode = host_set_mode,
    .set_owner = host_set_owner,
    .set_times = host_set_times,
    .truncate = host_truncate,
    .space = host_space,
};
