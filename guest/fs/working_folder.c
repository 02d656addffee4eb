/* The paths of the working folder and of open folders; the mask of modes. */
#include "fs/working_folder.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "fs/descriptors.h"
#include "fs/file_system.h"
#include "mm/kernel_heap.h"
#include "sched/mutex.h"
#include "start_info.h"

static struct mutex lock; /* of all these paths */

static struct
{
  bool is_set;              /* else it is as the monitor says */
  char path[FS_PATH_BYTES]; /* empty: removed */
} working;

static uint32_t mask;
static bool mask_is_set;

static void copy_path(char *to, const char *from)
{
  memcpy(to, from, strlen(from) + 1);
}

/* Locked. */
static const char *working_path(void)
{
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  const char *first = (const char *) start_info->working_folder_gva;
  if (!working.is_set)
  {
    working.is_set = true;
    copy_path(working.path,
              first != NULL && first[0] == '/' && strlen(first) < FS_PATH_BYTES ? first : "/");
  }
  return working.path;
}

int working_folder_copy(char *path)
{
  mutex_lock(&lock);
  copy_path(path, working_path());
  mutex_unlock(&lock);
  return path[0] != '\0' ? 0 : -ENOENT;
}

int folder_path_copy(const struct file *file, char *path)
{
  int error = -ENOTDIR;
  mutex_lock(&lock);
  if (file->path != NULL)
  {
    copy_path(path, file->path);
    error = path[0] != '\0' ? 0 : -ENOENT;
  }
  mutex_unlock(&lock);
  return error;
}

void working_folder_set(const char *path)
{
  mutex_lock(&lock);
  working.is_set = true;
  copy_path(working.path, path);
  mutex_unlock(&lock);
}

/* ---- Folders that get another name, or none ---- */

struct change
{
  const char *from, *to; /* no `to`: removed */
  bool exchange;
};

/* What is behind the folder in a path that is it or leads through it, else null. */
static const char *behind(const char *path, const char *folder)
{
  size_t len = strlen(folder);
  bool is_there = strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
  return is_there ? path + len : NULL;
}

/* The new path goes to the buffer; false: it stays as it is. */
static bool change_path(const struct change *change, const char *path, char *buffer)
{
  const char *to = change->to;
  const char *rest = behind(path, change->from);
  if (rest == NULL && to != NULL && change->exchange)
  {
    rest = behind(path, to);
    to = change->from;
  }
  else if (rest == NULL && to != NULL && behind(path, to) != NULL)
    rest = to = ""; /* the empty folder that was there is no more */
  if (rest == NULL)
    return false;
  if (to == NULL || strlen(to) + strlen(rest) >= FS_PATH_BYTES)
    rest = to = "";
  size_t len = strlen(to);
  memmove(buffer + len, rest, strlen(rest) + 1);
  memcpy(buffer, to, len); /* NOLINT(bugprone-not-null-terminated-result) */
  return true;
}

/* Locked. Without memory the path stays as it was. */
static void change_file(const struct change *change, struct file *file, char *buffer)
{
  if (file->path == NULL || !change_path(change, file->path, buffer))
    return;
  size_t size = strlen(buffer) + 1;
  size_t old_size = strlen(file->path) + 1;
  char *path = kernel_allocate(size);
  if (path != NULL)
  {
    memcpy(path, buffer, size);
    kernel_free(file->path, old_size);
    file->path = path;
  }
}

static void change_all(const struct change *change)
{
  char buffer[FS_PATH_BYTES];
  mutex_lock(&lock);
  if (change_path(change, working_path(), buffer))
    copy_path(working.path, buffer);
  for (int fd = descriptor_next(0); fd >= 0; fd = descriptor_next(fd + 1))
  {
    struct file *file = descriptor_get(fd);
    if (file == NULL)
      continue;
    change_file(change, file, buffer);
    mutex_unlock(&lock);
    file_put(file);
    mutex_lock(&lock);
  }
  mutex_unlock(&lock);
}

void folder_paths_renamed(const char *from, const char *to, bool exchange)
{
  change_all(&(struct change){.from = from, .to = to, .exchange = exchange});
}

void folder_paths_removed(const char *path)
{
  change_all(&(struct change){.from = path});
}

mode_t file_mask(void)
{
  return __atomic_load_n(&mask_is_set, __ATOMIC_ACQUIRE) ? __atomic_load_n(&mask, __ATOMIC_RELAXED)
                                                         : start_info->umask & 0777;
}

mode_t file_mask_set(mode_t new_mask)
{
  mode_t old = __atomic_exchange_n(&mask, new_mask & 0777, __ATOMIC_ACQ_REL);
  return __atomic_exchange_n(&mask_is_set, true, __ATOMIC_ACQ_REL) ? old : start_info->umask & 0777;
}
