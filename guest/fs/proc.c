/* The proc file system: what there is, and by which name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/descriptors.h"
#include "fs/file_system.h"
#include "fs/proc_file.h"
#include "fs/proc_text.h"
#include "fs/working_folder.h"

#define DEVICE 0x70

/* By name; the first is the mount point. What is in folder "1" is process 1, this one. */
static const struct proc_entry entries[] = {
    {"", S_IFDIR | 0555, NULL, NULL},
    {"1", S_IFDIR | 0555, NULL, NULL},
    {"1/cmdline", S_IFREG | 0444, proc_self_cmdline, NULL},
    {"1/comm", S_IFREG | 0444, proc_self_comm, NULL},
    {"1/cwd", S_IFLNK | 0777, NULL, NULL},
    {"1/environ", S_IFREG | 0400, proc_self_environ, NULL},
    {"1/fd", S_IFDIR | 0500, NULL, NULL},
    {"1/maps", S_IFREG | 0444, proc_self_maps, NULL},
    {"1/mounts", S_IFREG | 0444, proc_mounts, NULL},
    {"1/root", S_IFLNK | 0777, NULL, "/"},
    {"1/stat", S_IFREG | 0444, proc_self_stat, NULL},
    {"1/statm", S_IFREG | 0444, proc_self_statm, NULL},
    {"1/status", S_IFREG | 0444, proc_self_status, NULL},
    {"cpuinfo", S_IFREG | 0444, proc_cpuinfo, NULL},
    {"loadavg", S_IFREG | 0444, proc_loadavg, NULL},
    {"meminfo", S_IFREG | 0444, proc_meminfo, NULL},
    {"mounts", S_IFLNK | 0777, NULL, "self/mounts"},
    {"self", S_IFLNK | 0777, NULL, "1"},
    {"stat", S_IFREG | 0444, proc_system_stat, NULL},
    {"uptime", S_IFREG | 0444, proc_uptime, NULL},
    {"version", S_IFREG | 0444, proc_version, NULL},
};

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))
#define FDS     (&entries[6])

static const struct proc_entry *find(const char *name, size_t len)
{
  for (size_t i = 0; i < ENTRIES; i++)
  {
    if (strncmp(entries[i].name, name, len) == 0 && entries[i].name[len] == '\0')
      return &entries[i];
  }
  return NULL;
}

const struct proc_entry *proc_entry_in(const struct proc_entry *folder, size_t index)
{
  size_t len = strlen(folder->name);
  for (size_t i = 1; i < ENTRIES; i++)
  {
    const char *name = entries[i].name;
    bool is_below = len == 0 || (strncmp(name, folder->name, len) == 0 && name[len] == '/');
    if (is_below && strchr(name + (len > 0 ? len + 1 : 0), '/') == NULL && index-- == 0)
      return &entries[i];
  }
  return NULL;
}

bool proc_entry_is_fds(const struct proc_entry *entry)
{
  return entry == FDS;
}

void proc_entry_stat(const struct proc_entry *entry, struct stat *status)
{
  *status = (struct stat){
      .st_dev = DEVICE,
      .st_ino = (ino_t) (entry - entries) + 1,
      .st_mode = entry->mode,
      .st_nlink = S_ISDIR(entry->mode) ? 2 : 1,
      .st_blksize = 4096,
  };
}

/* What a walk comes to: an entry, or a descriptor's link. */
struct place
{
  const struct proc_entry *entry; /* null: a descriptor's */
  int fd;
};

/* Digits alone, of an open descriptor. */
static int number_of(const char *name)
{
  int number = 0;
  if (name[0] == '\0' || strlen(name) > 9 || strspn(name, "0123456789") != strlen(name))
    return -ENOENT;
  for (; *name != '\0'; name++)
    number = number * 10 + (*name - '0');
  struct file *file = descriptor_get(number);
  if (file == NULL)
    return -ENOENT;
  file_put(file);
  return number;
}

/* The text of a link; its length or a negative errno. */
static long target_of(const struct proc_entry *entry, char target[FS_PATH_BYTES])
{
  if (entry->target == NULL)
    working_folder_copy(target);
  else
    strcpy(target, entry->target); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
  return (long) strlen(target);
}

static int follow(struct walk *walk, size_t done, const struct proc_entry *entry)
{
  char target[FS_PATH_BYTES];
  long len = target_of(entry, target);
  return len < 0 ? (int) len : walk_follow(walk, done, target, (size_t) len);
}

static int find_place(struct walk *walk, bool follows, struct place *place)
{
  const char *name = walk->name;
  size_t len = 0;
  *place = (struct place){.entry = entries, .fd = -1};
  while (name[len] != '\0')
  {
    if (!S_ISDIR(place->entry->mode))
      return -ENOTDIR;
    size_t begin = len + (len > 0 ? 1 : 0);
    len = begin + strcspn(name + begin, "/");
    if (place->entry == FDS && name[len] == '\0')
    {
      place->entry = NULL;
      place->fd = number_of(name + begin);
      return place->fd < 0 ? place->fd : 0;
    }
    place->entry = find(name, len);
    if (place->entry == NULL)
      return -ENOENT;
    if (S_ISLNK(place->entry->mode) && (name[len] != '\0' || follows || walk->wants_folder))
      return follow(walk, len, place->entry);
  }
  return walk->wants_folder && !S_ISDIR(place->entry->mode) ? -ENOTDIR : 0;
}

/* What the descriptor has open, once more: a folder by its path. */
static int open_descriptor(struct walk *walk, int fd, struct file **file)
{
  struct file *open = descriptor_get(fd);
  if (open == NULL)
    return -ENOENT;
  if (open->path == NULL && !walk->wants_folder)
  {
    *file = open;
    return 0;
  }
  int result = open->path != NULL
                   ? walk_follow(walk, strlen(walk->name), open->path, strlen(open->path))
                   : -ENOTDIR;
  file_put(open);
  return result;
}

static int proc_open(struct walk *walk, int flags, mode_t mode, struct file **file)
{
  struct place place;
  bool follows = (flags & O_NOFOLLOW) == 0;
  (void) mode;
  int error = find_place(walk, follows, &place);
  if (error != 0)
    return error;
  if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
    return -EEXIST;
  if (place.entry == NULL)
    return follows ? open_descriptor(walk, place.fd, file) : -ELOOP;
  if (S_ISLNK(place.entry->mode))
    return -ELOOP;
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0)
    return S_ISDIR(place.entry->mode) ? -EISDIR : -EACCES;
  return proc_file_open(place.entry, flags, file);
}

static int stat_descriptor(struct walk *walk, int fd, struct stat *status)
{
  struct file *file = NULL;
  *status = (struct stat){.st_dev = DEVICE,
                          .st_ino = (ino_t) (ENTRIES + 1 + (size_t) fd),
                          .st_mode = S_IFLNK | 0700,
                          .st_nlink = 1,
                          .st_blksize = 4096};
  if (!walk->follows && !walk->wants_folder)
    return 0;
  int error = open_descriptor(walk, fd, &file);
  if (error != 0)
    return error;
  error = file_stat(file, status);
  file_put(file);
  return error;
}

static int proc_status(struct walk *walk, struct stat *status)
{
  struct place place;
  int error = find_place(walk, walk->follows, &place);
  if (error != 0)
    return error;
  if (place.entry == NULL)
    return stat_descriptor(walk, place.fd, status);
  proc_entry_stat(place.entry, status);
  return 0;
}

/* A folder's path; others have none that is known. */
static long describe_descriptor(int fd, char target[FS_PATH_BYTES])
{
  struct file *file = descriptor_get(fd);
  long len = -ENOENT;
  if (file == NULL)
    return len;
  if (file->path != NULL)
    len = (long) strlen(strcpy(target, file->path)); /* NOLINT */
  file_put(file);
  return len;
}

static long proc_readlink(struct walk *walk, char *buffer, size_t len_bytes)
{
  char target[FS_PATH_BYTES];
  struct place place;
  long result = find_place(walk, false, &place);
  if (result != 0)
    return result;
  if (place.entry != NULL && !S_ISLNK(place.entry->mode))
    return -EINVAL;
  result =
      place.entry != NULL ? target_of(place.entry, target) : describe_descriptor(place.fd, target);
  if (result > (long) len_bytes)
    result = (long) len_bytes;
  if (result > 0)
    memcpy(buffer, target, (size_t) result);
  return result;
}

const struct file_system proc_file_system = {
    .name = "proc",
    .open = proc_open,
    .stat = proc_status,
    .readlink = proc_readlink,
};
