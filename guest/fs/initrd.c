/* The archive given by --initrd: finds out what it is, and adds its entries to the root. */
#include "fs/initrd.h"

#include <errno.h>
#include <string.h>

#include "mm/kernel_heap.h"

bool initrd_fail(struct initrd *initrd, const char *problem)
{
  initrd->problem = problem;
  return false;
}

bool initrd_has(struct initrd *initrd, size_t at, uint64_t len_bytes)
{
  if (at <= initrd->len_bytes && len_bytes <= initrd->len_bytes - at)
    return true;
  return initrd_fail(initrd, "it ends too soon");
}

/* Copies a name without '.', leading and double '/'; empty: the root. -1: no name for a file. A pax
 * header may give one with a null in it. */
static long clean_name(char *path, const char *name, size_t name_len)
{
  size_t len = 0;
  size_t at = 0;
  if (memchr(name, '\0', name_len) != NULL)
    return -1;
  while (at < name_len)
  {
    size_t end = at;
    while (end < name_len && name[end] != '/')
      end++;
    size_t part_len = end - at;
    bool is_dot = part_len == 1 && name[at] == '.';
    if (part_len >= FS_NAME_BYTES || len + part_len + 2 > FS_PATH_BYTES ||
        (part_len == 2 && name[at] == '.' && name[at + 1] == '.'))
      return -1;
    if (part_len > 0 && !is_dot)
    {
      if (len > 0)
        path[len++] = '/';
      memcpy(path + len, name + at, part_len);
      len += part_len;
    }
    at = end + 1;
  }
  path[len] = '\0';
  return (long) len;
}

static bool tell(struct initrd *initrd, int error)
{
  switch (error)
  {
  case 0:
    return true;
  case -ENOMEM:
  case -ENOSPC:
    return initrd_fail(initrd, "there is not enough memory for its files");
  case -ENOTDIR:
  case -EEXIST:
  case -EISDIR:
    return initrd_fail(initrd, "a name is both a folder and something else");
  default:
    return initrd_fail(initrd, "an entry cannot be added");
  }
}

bool initrd_add(struct initrd *initrd, const char *name, size_t name_len, const struct stat *status,
                const void *data, size_t len_bytes)
{
  if (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode) && !S_ISLNK(status->st_mode))
    return true;
  long len = clean_name(initrd->path, name, name_len);
  if (len < 0 || (len == 0 && !S_ISDIR(status->st_mode)))
    return initrd_fail(initrd, "an entry has a bad name");
  if (len == 0)
    return true;
  /* Some programs write the null behind a link's text too. */
  if (S_ISLNK(status->st_mode))
    len_bytes = strnlen(data, len_bytes);
  if (S_ISLNK(status->st_mode) && (len_bytes == 0 || len_bytes >= FS_PATH_BYTES))
    return initrd_fail(initrd, "a symbolic link is empty or too long");
  return tell(initrd, ram_add(initrd->root, initrd->path, status, data, len_bytes));
}

static long set_walk(struct walk *walk, struct mount *root, const char *name, size_t name_len)
{
  walk->path[0] = '/';
  walk->name = walk->path + 1;
  walk->mount = root;
  walk->links = 0;
  walk->wants_folder = false;
  walk->follows = false;
  return name_len < FS_PATH_BYTES - 1 ? clean_name(walk->path + 1, name, name_len) : -1;
}

bool initrd_add_link(struct initrd *initrd, const char *name, size_t name_len, const char *target,
                     size_t target_len)
{
  if (set_walk(&initrd->to, initrd->root, name, name_len) <= 0 ||
      set_walk(&initrd->from, initrd->root, target, target_len) <= 0)
    return initrd_fail(initrd, "an entry has a bad name");
  int error = initrd->root->file_system->link(&initrd->from, &initrd->to);
  if (error == -ENOENT)
    return initrd_fail(initrd, "a hard link comes before what it is to");
  return tell(initrd, error);
}

static const char *compression(const unsigned char *bytes, size_t len_bytes)
{
  static const struct
  {
    const char *magic;
    size_t len;
  } known[] = {{"\x1f\x8b", 2},
               {"\xfd"
                "7zXZ",
                5},
               {"\x28\xb5\x2f\xfd", 4},
               {"BZh", 3},
               {"\x04\x22\x4d\x18", 4},
               {"\x02\x21\x4c\x18", 4},
               {"\x5d\0\0", 3}};
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
  {
    if (len_bytes >= known[i].len && memcmp(bytes, known[i].magic, known[i].len) == 0)
      return "it is compressed: unpack it first";
  }
  return "it is neither a tar nor a cpio (newc) archive";
}

const char *initrd_read(struct mount *root, const void *archive, size_t len_bytes, size_t *at)
{
  struct initrd *initrd = kernel_allocate_zeroed(sizeof(*initrd));
  if (initrd == NULL)
    return "there is no memory to read it";
  initrd->root = root;
  initrd->bytes = archive;
  initrd->len_bytes = len_bytes;
  if (len_bytes == 0)
    initrd_fail(initrd, "it is empty");
  else if (initrd_is_cpio(initrd))
    initrd_read_cpio(initrd);
  else if (initrd_is_tar(initrd))
    initrd_read_tar(initrd);
  else
    initrd_fail(initrd, compression(archive, len_bytes));
  const char *problem = initrd->problem;
  *at = initrd->at;
  kernel_free(initrd, sizeof(*initrd));
  return problem;
}
