/* open(): from a path to an open file. */
#include "fs/open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/mounts.h"
#include "fs/walk.h"
#include "hypercall.h"
#include "mm/kernel_heap.h"
#include "start_info.h"

/* What an open file remembers. */
#define KEPT                                                                                 \
  (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_PATH | O_DIRECTORY | O_NOATIME | \
   O_ASYNC)

/* What a read-only mount has may be opened to be read; the rest tells what is wrong. */
static int open_read_only(struct walk *walk, int flags, mode_t mode, struct file **file)
{
  struct stat status;
  const struct file_system *file_system = walk->mount->file_system;
  bool changes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
  if ((flags & O_PATH) == 0 && (changes || (flags & O_CREAT) != 0))
  {
    int error = file_system->stat(walk, &status);
    if (error == -ENOENT && (flags & O_CREAT) != 0)
      return -EROFS;
    if (error != 0)
      return error;
    if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
      return -EEXIST;
    if (S_ISDIR(status.st_mode))
      return changes || (flags & O_CREAT) != 0 ? -EISDIR : 0;
    if (changes && S_ISREG(status.st_mode))
      return -EROFS;
    flags &= ~(O_CREAT | O_EXCL);
  }
  return file_system->open(walk, flags, mode, file);
}

static int open_once(struct walk *walk, int flags, mode_t mode, struct file **file)
{
  /* No folder is made so, whatever is there. */
  if ((flags & O_CREAT) != 0 && walk->wants_folder && walk->last == WALK_LAST_NAME)
    walk->follows = false;
  if (walk->mount->is_read_only)
    return open_read_only(walk, flags, mode, file);
  return walk->mount->file_system->open(walk, flags, mode, file);
}

/* So often the monitor is asked to. */
#define EXPLANATIONS 16

/* The monitor says, once, how the file could have been there. */
static void explain(const struct walk *walk)
{
  static uint32_t asked;
  HC_BLOCK(struct hc_path) path = {.operation = HC_PATH_EXPLAIN};
  struct hc_io list;
  size_t len = strlen(walk->path);
  if (walk->mount->file_system != &ram_file_system ||
      __atomic_load_n(&asked, __ATOMIC_RELAXED) >= EXPLANATIONS)
    return;
  if (hypercall_fill_segments(&list, walk->path, len, ADDRESS_READ) != len || list.segments > 2)
    return;
  memcpy(path.path, list.segment, list.segments * sizeof(list.segment[0]));
  __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED);
  hypercall(HC_path, &path);
}

/* A folder remembers where it is, for what is opened beside it. */
static int keep_path(const struct walk *walk, struct file *file)
{
  if (file->operations->list == NULL || file->path != NULL)
    return 0;
  size_t size = strlen(walk->path) + 1;
  char *path = kernel_allocate(size);
  if (path == NULL)
    return -ENOMEM;
  file->path = memcpy(path, walk->path, size);
  return 0;
}

/* A single name, marked as that of a folder. Linux sees that before it sees that the working folder
 * has been removed. */
static bool is_folder_name(const char *path)
{
  size_t len = strcspn(path, "/");
  bool is_special = (len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.');
  return len > 0 && !is_special && path[len] == '/' && path[len + strspn(path + len, "/")] == '\0';
}

int file_open(int folder, const char *path, int flags, mode_t mode, struct file **file)
{
  struct walk walk;
  bool is_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  unsigned int follow = (flags & O_NOFOLLOW) == 0 ? WALK_FOLLOW | WALK_LOOK : WALK_LOOK;
  if ((flags & O_ACCMODE) == O_ACCMODE)
    return -EINVAL;
  if ((flags & O_TMPFILE) == O_TMPFILE)
    return -EOPNOTSUPP;
  if ((flags & O_PATH) != 0)
    flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  if ((flags & O_CREAT) != 0 && (flags & O_DIRECTORY) != 0)
    return -EINVAL;
  int error = walk_begin(&walk, folder, path, is_new ? 0 : follow);
  if (error == 0)
  {
    WALK(&walk, error, open_once(&walk, flags, mode, file));
    if (error == -ENOENT)
      explain(&walk);
  }
  if (error == -ENOENT && (flags & O_CREAT) != 0 && is_folder_name(path))
    return -EISDIR;
  if (error != 0)
    return error;
  if ((flags & O_DIRECTORY) != 0 && (*file)->operations->list == NULL)
    error = -ENOTDIR;
  else
    error = keep_path(&walk, *file);
  if (error != 0)
    file_put(*file);
  else
    (*file)->flags &= KEPT;
  return error;
}
