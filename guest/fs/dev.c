/* The file system of devices, /dev. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/descriptors.h"
#include "fs/file_system.h"
#include "fs/program_memory.h"
#include "fs/standard_streams.h"
#include "mm/kernel_heap.h"
#include "posix/sys.h"
#include "start_info.h"
#include "time/clock.h"

#define DEVICE_NUMBER 15u

enum kind
{
  FOLDER,
  DESCRIPTORS, /* /dev/fd */
  DESCRIPTOR,  /* in it */
  LINK_STREAM, /* stdin, stdout, stderr */
  TERMINAL,
  NO_BYTES, /* null */
  ZEROS,
  FULL,
  RANDOM,
};

/* Numbers of Linux, so that programs know null when they see it. */
static const struct device
{
  const char *name;
  enum kind kind;
  unsigned char major, minor;
} devices[] = {
    {"", FOLDER, 0, 0},           {"fd", DESCRIPTORS, 0, 0},     {"full", FULL, 1, 7},
    {"null", NO_BYTES, 1, 3},     {"random", RANDOM, 1, 8},      {"stderr", LINK_STREAM, 0, 2},
    {"stdin", LINK_STREAM, 0, 0}, {"stdout", LINK_STREAM, 0, 1}, {"tty", TERMINAL, 5, 0},
    {"urandom", RANDOM, 1, 9},    {"zero", ZEROS, 1, 5},
};

#define DEVICES (sizeof(devices) / sizeof(devices[0]))

/* What a name leads to; a name in fd has the descriptor as minor number. */
static int find(const struct walk *walk, struct device *found)
{
  size_t len = strcspn(walk->name, "/");
  const char *rest = walk->name + len;
  for (size_t i = 0; i < DEVICES; i++)
  {
    *found = devices[i];
    if (strncmp(devices[i].name, walk->name, len) != 0 || devices[i].name[len] != '\0')
      continue;
    if (*rest == '\0')
      return walk->wants_folder && found->kind != FOLDER && found->kind != DESCRIPTORS ? -ENOTDIR
                                                                                       : 0;
    return found->kind == DESCRIPTORS ? 1 : -ENOTDIR;
  }
  return -ENOENT;
}

/* The descriptor that a name in /dev/fd means, or one of the standard streams; -ENOENT. */
static int descriptor_of(const struct walk *walk, const struct device *device)
{
  if (device->kind == LINK_STREAM)
    return device->minor;
  const char *digits = walk->name + strlen(device->name) + 1;
  size_t len = strspn(digits, "0123456789");
  if (len == 0 || len > 9 || (len > 1 && digits[0] == '0'))
    return -ENOENT;
  if (digits[len] != '\0')
    return digits[len] == '/' ? -ENOTDIR : -ENOENT;
  int fd = 0;
  for (size_t i = 0; i < len; i++)
    fd = fd * 10 + (digits[i] - '0');
  return fd;
}

/* ---- Open devices ---- */

struct dev_file
{
  struct file file;
  const struct device *device;
};

static const struct device *device_of(struct file *file)
{
  return ((struct dev_file *) file)->device;
}

static int fill_random(char *buffer, size_t len_bytes)
{
  size_t piece;
  int error = 0;
  for (size_t done = 0; done < len_bytes && error == 0; done += piece)
  {
    piece = len_bytes - done < SYS_ENTROPY_MAX_BYTES ? len_bytes - done : SYS_ENTROPY_MAX_BYTES;
    error = sys_getentropy(buffer + done, piece);
  }
  return error;
}

static long dev_read(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  (void) offset;
  if (device_of(file)->kind == NO_BYTES || len_bytes == 0)
    return 0;
  size_t accessible = program_memory(buffer, len_bytes, ADDRESS_WRITE);
  if (accessible == 0)
    return -EFAULT;
  if (device_of(file)->kind == RANDOM)
    fill_random(buffer, accessible);
  else
    memset(buffer, 0, accessible);
  return (long) accessible;
}

static long dev_write(struct file *file, const void *buffer, size_t len_bytes, off_t offset,
                      off_t *end)
{
  (void) buffer;
  if (end != NULL)
    *end = offset;
  return device_of(file)->kind == FULL && len_bytes > 0 ? -ENOSPC : (long) len_bytes;
}

static void describe(const struct device *device, struct stat *status)
{
  bool is_folder = device->kind == FOLDER || device->kind == DESCRIPTORS;
  memset(status, 0, sizeof(*status));
  status->st_dev = DEVICE_NUMBER;
  status->st_ino = 1;
  for (size_t i = 0; i < DEVICES; i++)
    if (strcmp(devices[i].name, device->name) == 0)
      status->st_ino = i + 1;
  status->st_nlink = is_folder ? 2 : 1;
  status->st_mode = is_folder ? S_IFDIR | 0755 : S_IFCHR | 0666;
  status->st_uid = start_info->user;
  status->st_gid = start_info->group;
  status->st_rdev = is_folder ? 0 : (dev_t) (device->major << 8 | device->minor);
  status->st_blksize = 4096;
  uint64_t now_ns = clock_realtime_ns() - clock_elapsed_ns();
  status->st_atim = (struct timespec){.tv_sec = (time_t) (now_ns / 1000000000)};
  status->st_mtim = status->st_ctim = status->st_atim;
}

static int stat_open(struct file *file, struct stat *status)
{
  describe(device_of(file), status);
  return 0;
}

/* Positions count: the two dots, then the names. */
static const char *name_at(const struct device *folder, off_t *position, char *digits,
                           unsigned char *type)
{
  *type = DT_DIR;
  if (*position < 2)
    return *position == 0 ? "." : "..";
  if (folder->kind == FOLDER)
  {
    /* The folder itself is the first of them. */
    size_t i = (size_t) *position - 1;
    if (i >= DEVICES)
      return NULL;
    *type = devices[i].kind == DESCRIPTORS   ? DT_DIR
            : devices[i].kind == LINK_STREAM ? DT_LNK
                                             : DT_CHR;
    return devices[i].name;
  }
  int fd = descriptor_next((int) *position - 2);
  if (fd < 0)
    return NULL;
  *position = fd + 2;
  *type = DT_LNK;
  digits += 11;
  *digits = '\0';
  do
    *--digits = (char) ('0' + fd % 10);
  while ((fd /= 10) != 0);
  return digits;
}

static long list(struct file *file, void *buffer, size_t len_bytes, off_t *position)
{
  char digits[12];
  size_t done = 0;
  if (*position < 0 || *position > INT32_MAX)
    return -EINVAL;
  if (!program_may(buffer, len_bytes, ADDRESS_WRITE))
    return -EFAULT;
  for (;;)
  {
    unsigned char type;
    off_t at = *position;
    const char *name = name_at(device_of(file), &at, digits, &type);
    if (name == NULL)
      return (long) done;
    size_t name_bytes = strlen(name) + 1;
    size_t entry_bytes = (offsetof(struct dirent, d_name) + name_bytes + 7) & ~(size_t) 7;
    struct dirent *entry = (struct dirent *) (void *) ((char *) buffer + done);
    if (entry_bytes > len_bytes - done)
      return done > 0 ? (long) done : -EINVAL;
    memset(entry, 0, entry_bytes);
    entry->d_ino = (ino_t) at + 1;
    entry->d_off = at + 1;
    entry->d_reclen = (unsigned short) entry_bytes;
    entry->d_type = type;
    memcpy(entry->d_name, name, name_bytes);
    done += entry_bytes;
    *position = at + 1;
  }
}

static int no_times(struct file *file, const struct timespec times[2])
{
  (void) file;
  (void) times;
  return 0;
}

static int release(struct file *file)
{
  if (file->path != NULL)
    kernel_free(file->path, strlen(file->path) + 1);
  kernel_free(file, sizeof(struct dev_file));
  return 0;
}

static off_t seek(struct file *file, off_t offset, int whence)
{
  (void) file;
  (void) offset;
  (void) whence;
  return 0;
}

static const struct file_operations device_operations = {
    .read = dev_read,
    .write = dev_write,
    .stat = stat_open,
    .set_times = no_times,
    .seek = seek,
    .release = release,
};

/* A map of it is memory of the program's own, which is zero already. */
static long fill_nothing(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  (void) file;
  (void) buffer;
  (void) offset;
  return (long) len_bytes;
}

static const struct file_operations zero_operations = {
    .read = dev_read,
    .write = dev_write,
    .stat = stat_open,
    .set_times = no_times,
    .seek = seek,
    .fill = fill_nothing,
    .release = release,
};

static const struct file_operations folder_operations = {
    .stat = stat_open,
    .list = list,
    .release = release,
};

static int open_device(const struct device *device, int flags, struct file **file)
{
  bool is_folder = device->kind == FOLDER || device->kind == DESCRIPTORS;
  struct dev_file *opened = kernel_allocate(sizeof(*opened));
  if (opened == NULL)
    return -ENOMEM;
  const struct file_operations *operations = is_folder               ? &folder_operations
                                             : device->kind == ZEROS ? &zero_operations
                                                                     : &device_operations;
  file_init(&opened->file, operations, (uint32_t) flags, false);
  for (size_t i = 0; i < DEVICES; i++)
    if (strcmp(devices[i].name, device->name) == 0)
      opened->device = &devices[i];
  *file = &opened->file;
  return 0;
}

/* The terminal of the standard streams. */
static int open_terminal(int flags, struct file **file)
{
  if (start_info->streams_terminal == 0)
    return -ENXIO;
  return standard_stream_open(__builtin_ctz(start_info->streams_terminal), flags, file);
}

/* What the descriptor refers to, once more: with the same offset. */
static int open_descriptor(int fd, struct file **file)
{
  *file = fd >= 0 ? descriptor_get(fd) : NULL;
  return *file != NULL ? 0 : fd == -ENOTDIR ? fd : -ENOENT;
}

static int dev_open(struct walk *walk, int flags, mode_t mode, struct file **file)
{
  (void) mode;
  struct device device;
  int found = find(walk, &device);
  if (found == 1 || (found == 0 && device.kind == LINK_STREAM))
    return open_descriptor(descriptor_of(walk, &device), file);
  if (found < 0)
    return found == -ENOENT && (flags & O_CREAT) != 0 ? -EACCES : found;
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
    return -EEXIST;
  if (device.kind == TERMINAL && (flags & O_PATH) == 0)
    return open_terminal(flags, file);
  if ((device.kind == FOLDER || device.kind == DESCRIPTORS) &&
      ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0))
    return -EISDIR;
  return open_device(&device, flags, file);
}

static int dev_stat(struct walk *walk, struct stat *status)
{
  struct device device;
  struct file *file;
  int found = find(walk, &device);
  if (found == 1 || (found == 0 && device.kind == LINK_STREAM))
  {
    int error = open_descriptor(descriptor_of(walk, &device), &file);
    if (error != 0)
      return error;
    error = file_stat(file, status);
    file_put(file);
    return error;
  }
  if (found == 0)
    describe(&device, status);
  return found;
}

/* Devices are read and written by everybody, and executed by nobody. */
static int dev_access(struct walk *walk, int mode)
{
  struct stat status;
  int error = dev_stat(walk, &status);
  if (error != 0 || S_ISDIR(status.st_mode))
    return error != 0 || (mode & W_OK) == 0 ? error : -EACCES;
  return (mode & X_OK) != 0 ? -EACCES : 0;
}

static int no_change(struct walk *walk)
{
  struct device device;
  int found = find(walk, &device);
  return found < 0 ? found : -EACCES;
}

static int no_rmdir(struct walk *walk)
{
  struct device device;
  int found = find(walk, &device);
  return found == 0 && device.kind != FOLDER && device.kind != DESCRIPTORS ? -ENOTDIR
                                                                           : no_change(walk);
}

static int no_mkdir(struct walk *walk, mode_t mode)
{
  (void) mode;
  int error = no_change(walk);
  return error == -EACCES ? -EEXIST : error == -ENOENT ? -EACCES : error;
}

static int no_symlink(struct walk *walk, const char *target)
{
  (void) target;
  return no_mkdir(walk, 0);
}

static int dev_truncate(struct walk *walk, off_t len_bytes)
{
  (void) len_bytes;
  struct stat status;
  int error = dev_stat(walk, &status);
  return error != 0 ? error : S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
}

static int dev_space(struct walk *walk, struct statvfs *space)
{
  struct stat status;
  *space = (struct statvfs){.f_bsize = 4096, .f_frsize = 4096, .f_namemax = FS_NAME_BYTES - 1};
  return dev_stat(walk, &status);
}

const struct file_system dev_file_system = {
    .name = "dev",
    .open = dev_open,
    .stat = dev_stat,
    .access = dev_access,
    .unlink = no_change,
    .rmdir = no_rmdir,
    .mkdir = no_mkdir,
    .symlink = no_symlink,
    .truncate = dev_truncate,
    .space = dev_space,
};
