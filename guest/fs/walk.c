/* Walks paths: what they begin at, '.' and '..', symbolic links, mounts. */
#include "fs/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/descriptors.h"
#include "fs/mounts.h"
#include "fs/program_memory.h"
#include "fs/working_folder.h"

#define MOST_LINKS 40

/* Puts the path of the folder in front of a relative path. */
static int begin_at(struct walk *walk, int folder)
{
  int error;
  if (folder == AT_FDCWD)
    error = working_folder_copy(walk->path);
  else
  {
    struct file *file = descriptor_get(folder);
    if (file == NULL)
      return -EBADF;
    error = folder_path_copy(file, walk->path);
    file_put(file);
  }
  if (error != 0)
    return error;
  if (walk->path[1] == '\0')
    walk->path[0] = '\0';
  if (folder == AT_FDCWD)
    walk->plain_bytes = (uint16_t) strlen(walk->path);
  return 0;
}

/* Adds what the program gave to what is there, without '.' and double '/', but at the end. */
static int append(struct walk *walk, const char *path, size_t len)
{
  size_t out = strlen(walk->path);
  size_t in = 0;
  do
  {
    in += strspn(path + in, "/");
    size_t piece = strcspn(path + in, "/");
    bool is_last = in + piece + strspn(path + in + piece, "/") == len;
    if (piece == 1 && path[in] == '.' && !is_last)
    {
      in++;
      continue;
    }
    if (piece >= FS_NAME_BYTES || out + 1 + piece >= FS_PATH_BYTES)
      return -ENAMETOOLONG;
    walk->path[out++] = '/';
    memcpy(walk->path + out, path + in, piece);
    out += piece;
    in += piece;
  } while (in < len);
  walk->path[out] = '\0';
  return 0;
}

int walk_begin(struct walk *walk, int folder, const char *path, unsigned int flags)
{
  int error = mounts_start();
  walk->links = 0;
  walk->wants_folder = false;
  walk->looks = (flags & WALK_LOOK) != 0;
  walk->follows = (flags & WALK_FOLLOW) != 0;
  walk->last = WALK_LAST_NAME;
  walk->plain_bytes = 0;
  walk->path[0] = '\0';
  if (error != 0)
    return error;
  long len = program_string_length(path, FS_PATH_BYTES);
  if (len < 0)
    return (int) len;
  if (len == 0 && (flags & WALK_MAY_EMPTY) == 0)
    return -ENOENT;
  if (path[0] != '/')
    error = begin_at(walk, folder);
  return error != 0 ? error : append(walk, path, (size_t) len);
}

/* Replaces path[begin, end), a component, by what the link there says. */
static int replace_part(struct walk *walk, size_t begin, size_t end, const char *target,
                        size_t target_len)
{
  size_t rest = strlen(walk->path + end) + 1;
  if (++walk->links > MOST_LINKS)
    return -ELOOP;
  if (target_len == 0)
    return -ENOENT;
  if (target[0] == '/')
    begin = walk->mount->file_system->is_own_root ? walk->mount->point_len : 0;
  if (begin + target_len + rest > FS_PATH_BYTES)
    return -ENAMETOOLONG;
  memmove(walk->path + begin + target_len, walk->path + end, rest);
  memcpy(walk->path + begin, target, target_len);
  if (walk->plain_bytes >= begin)
    walk->plain_bytes = 0;
  return WALK_AGAIN;
}

int walk_follow(struct walk *walk, size_t done, const char *target, size_t target_len)
{
  size_t end = (size_t) (walk->name - walk->path) + done;
  size_t begin = end;
  while (walk->path[begin - 1] != '/')
    begin--;
  return replace_part(walk, begin, end, target, target_len);
}

static void find_mount(struct walk *walk)
{
  walk->mount = mounts_find(walk->path);
  walk->name = walk->path + walk->mount->point_len;
  if (*walk->name == '/')
    walk->name++;
}

/* The walk, cut off behind a part of its path to look at that itself. */
struct cut
{
  size_t end;
  char letter;
  bool wants_folder, follows;
};

static struct cut cut_at(struct walk *walk, size_t end)
{
  struct cut cut = {end, walk->path[end], walk->wants_folder, walk->follows};
  walk->path[end] = '\0';
  walk->wants_folder = false;
  walk->follows = false;
  find_mount(walk);
  return cut;
}

static void mend(struct walk *walk, const struct cut *cut)
{
  walk->path[cut->end] = cut->letter;
  walk->wants_folder = cut->wants_folder;
  walk->follows = cut->follows;
}

/* What has just been no link may have become one: then it is as if it was gone. */
static int unless_again(long result)
{
  return result == WALK_AGAIN ? -ENOENT : (int) result;
}

static int check_folder(struct walk *walk, size_t end)
{
  struct stat status;
  struct cut cut = cut_at(walk, end);
  int error = walk->mount->file_system->stat(walk, &status);
  mend(walk, &cut);
  if (error == 0 && !S_ISDIR(status.st_mode))
    error = -ENOTDIR;
  return unless_again(error);
}

/* The component path[begin, end) is followed if it is a link: WALK_AGAIN; 0: it is none. */
static __attribute__((noinline)) int follow_one(struct walk *walk, size_t begin, size_t end)
{
  char target[FS_PATH_BYTES];
  struct cut cut = cut_at(walk, end);
  const struct file_system *file_system = walk->mount->file_system;
  long result = -EINVAL;
  if (*walk->name != '\0' && file_system->readlink != NULL)
    result = file_system->readlink(walk, target, sizeof(target));
  mend(walk, &cut);
  if (result >= 0)
    return replace_part(walk, begin, end, target, (size_t) result);
  return result == -EINVAL ? 0 : unless_again(result);
}

/* Sees to it that path[0, end), which has no '..', is a folder without symbolic links. */
static int make_plain(struct walk *walk, size_t end)
{
  size_t begin = walk->plain_bytes;
  if (end <= begin)
    return 0;
  while (begin < end)
  {
    begin++; /* the '/' */
    size_t len = strcspn(walk->path + begin, "/");
    size_t to = begin + len < end ? begin + len : end;
    int error = follow_one(walk, begin, to);
    if (error != 0)
      return error;
    begin = to;
  }
  int error = check_folder(walk, end);
  if (error == 0)
    walk->plain_bytes = (uint16_t) end;
  return error;
}

/* One pass over the path. path[0, out) is done, without '/' at its end. WALK_AGAIN when a link in
 * front of a '..' was followed. */
static int normalise(struct walk *walk)
{
  char *path = walk->path;
  size_t out = 0;
  size_t in = 0;
  for (;;)
  {
    size_t slashes = strspn(path + in, "/");
    size_t len = strcspn(path + in + slashes, "/");
    in += slashes;
    if (len == 0)
    {
      walk->wants_folder |= slashes > 0;
      break;
    }
    bool is_end = path[in + len + strspn(path + in + len, "/")] == '\0';
    bool is_dot = len == 1 && path[in] == '.';
    bool is_dot_dot = len == 2 && path[in] == '.' && path[in + 1] == '.';
    if (len >= FS_NAME_BYTES)
      return -ENAMETOOLONG;
    if (is_dot_dot && out > walk->plain_bytes)
    {
      memmove(path + out + 1, path + in, strlen(path + in) + 1);
      path[out] = '/';
      in = out + 1;
      int error = make_plain(walk, out);
      if (error != 0)
        return error;
    }
    if (is_dot_dot)
    {
      while (out > 0 && path[--out] != '/')
        ;
      if (out < walk->plain_bytes)
        walk->plain_bytes = (uint16_t) out;
    }
    else if (!is_dot)
    {
      path[out++] = '/';
      memmove(path + out, path + in, len);
      out += len;
    }
    in += len;
    if (is_end && (is_dot || is_dot_dot))
    {
      walk->wants_folder = true;
      walk->last = is_dot ? WALK_LAST_DOT : WALK_LAST_DOT_DOT;
    }
  }
  if (out == 0)
  {
    path[out++] = '/';
    if (walk->last == WALK_LAST_NAME)
      walk->last = WALK_LAST_DOT;
  }
  path[out] = '\0';
  return 0;
}

int walk_settle(struct walk *walk)
{
  int error;
  do
    error = normalise(walk);
  while (error == WALK_AGAIN);
  if (error != 0)
    return error;
  walk->follows |= (walk->looks && walk->wants_folder) || walk->last != WALK_LAST_NAME;
  find_mount(walk);
  return 0;
}

/* Without symbolic links up to the end, which is a folder or not. */
static int resolve_once(struct walk *walk)
{
  int error = walk_settle(walk);
  size_t end = 0;
  while (error == 0 && walk->path[end] == '/' && walk->path[end + 1] != '\0')
  {
    size_t begin = end + 1;
    end = begin + strcspn(walk->path + begin, "/");
    if (end > walk->plain_bytes)
      error = follow_one(walk, begin, end);
  }
  return error;
}

int walk_resolve(struct walk *walk)
{
  int error;
  do
    error = resolve_once(walk);
  while (error == WALK_AGAIN);
  if (error == 0)
    find_mount(walk);
  return error;
}
