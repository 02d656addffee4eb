/* Acts on files of a mapping by their names: a handler an operation. What a path leads to is found
 * with O_PATH and then named by that descriptor; a name itself is acted on in its folder. */
#include "path_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "file_open.h"
#include "file_status.h"
#include "path_resolve.h"

#define RENAME_FLAGS_KNOWN (RENAME_NOREPLACE | RENAME_EXCHANGE)

struct path_call
{
  const int64_t *argument;
  const struct mapping *mapping;
  const struct mapping *other_mapping;
  struct iovec buffer;
  int fd; /* what path leads to, of the operations on that */
  char fd_path[PATH_OF_FD_BYTES];
  char path[HC_MAX_PATH_BYTES + 1];
  char other[HC_MAX_PATH_BYTES + 1];
};

static int64_t result_of(int64_t result)
{
  return result < 0 ? -errno : result;
}

/* ---- What a path leads to ---- */

static int64_t do_stat(struct path_call *call)
{
  struct hc_stat status;
  int error = file_status(call->fd, &status);
  if (error == 0)
    memcpy(call->buffer.iov_base, &status, sizeof(status));
  return error;
}

static int64_t do_space(struct path_call *call)
{
  struct hc_space space;
  int error = file_space(call->fd, call->mapping->read_only, &space);
  if (error == 0)
    memcpy(call->buffer.iov_base, &space, sizeof(space));
  return error;
}

static int64_t do_access(struct path_call *call)
{
  if ((call->argument[0] & ~(int64_t) (R_OK | W_OK | X_OK)) != 0)
    return -EINVAL;
  if (faccessat(AT_FDCWD, call->fd_path, (int) call->argument[0], 0) != 0)
    return -errno;
  return call->mapping->read_only && (call->argument[0] & W_OK) != 0 ? -EROFS : 0;
}

static int64_t do_readlink(struct path_call *call)
{
  size_t bytes = call->buffer.iov_len < PATH_MAX ? call->buffer.iov_len : PATH_MAX;
  ssize_t result = bytes > 0 ? readlinkat(call->fd, "", call->buffer.iov_base, bytes) : -1;
  /* For what is no symbolic link the kernel says so about an empty name. */
  return bytes == 0 ? -EINVAL : result < 0 && errno == ENOENT ? -EINVAL : result_of(result);
}

static int64_t do_mode(struct path_call *call)
{
  return result_of(chmod(call->fd_path, file_mode_allowed(call->fd, (mode_t) call->argument[0])));
}

static int64_t do_owner(struct path_call *call)
{
  return result_of(
      fchownat(call->fd, "", (uid_t) call->argument[0], (gid_t) call->argument[1], AT_EMPTY_PATH));
}

static int64_t do_times(struct path_call *call)
{
  const struct timespec times[] = {
      {.tv_sec = call->argument[0], .tv_nsec = call->argument[1]},
      {.tv_sec = call->argument[2], .tv_nsec = call->argument[3]},
  };
  return result_of(utimensat(AT_FDCWD, call->fd_path, times, 0));
}

/* Not by an open file: closing that would give up the program's record locks. */
static int64_t do_truncate(struct path_call *call)
{
  return result_of(truncate(call->fd_path, call->argument[0]));
}

/* ---- Names ---- */

static int find_place(const struct mapping *mapping, const char *path, struct path_place *place)
{
  if (mapping->folder)
    return path_find_place(mapping->fd, path, place);
  if (*path != '\0')
    return -ENOTDIR;
  *place = (struct path_place){.folder_fd = -1, .name = ""};
  return 0;
}

static void leave_place(struct path_place *place)
{
  if (place->folder_fd >= 0)
    path_leave_place(place);
}

/* The same as a name of its own, without slashes behind it. */
static bool is_there(const struct path_place *place)
{
  char name[NAME_MAX + 1];
  if (place->name_bytes > NAME_MAX)
    return false;
  memcpy(name, place->name, place->name_bytes);
  name[place->name_bytes] = '\0';
  int fd = path_open(place->folder_fd, name, O_PATH | O_NOFOLLOW, 0);
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

/* Whether a name may be taken: 0 or a negative errno. */
static int check_new(const struct mapping *mapping, const struct path_place *place)
{
  if (place->name_bytes == 0)
    return -EEXIST;
  if (!mapping->read_only)
    return 0;
  return is_there(place) ? -EEXIST : -EROFS;
}

static int64_t remove_name(struct path_call *call, int flags)
{
  struct path_place place;
  int error = find_place(call->mapping, call->path, &place);
  if (error != 0)
    return error;
  int64_t result = -EROFS;
  if (place.name_bytes == 0)
    result =
        !call->mapping->folder ? (flags == 0 ? -EBUSY : -ENOTDIR) : (flags == 0 ? -EISDIR : -EBUSY);
  else if (!call->mapping->read_only)
    result = result_of(unlinkat(place.folder_fd, place.name, flags));
  leave_place(&place);
  return result;
}

static int64_t do_unlink(struct path_call *call)
{
  return remove_name(call, 0);
}

static int64_t do_rmdir(struct path_call *call)
{
  return remove_name(call, AT_REMOVEDIR);
}

static int64_t do_mkdir(struct path_call *call)
{
  struct path_place place;
  int error = find_place(call->mapping, call->path, &place);
  if (error != 0)
    return error;
  error = check_new(call->mapping, &place);
  if (error == 0)
    error =
        (int) result_of(mkdirat(place.folder_fd, place.name, (mode_t) call->argument[0] & 07777));
  leave_place(&place);
  return error;
}

static int64_t do_symlink(struct path_call *call)
{
  struct path_place place;
  int error = find_place(call->mapping, call->path, &place);
  if (error != 0)
    return error;
  error = check_new(call->mapping, &place);
  if (error == 0)
    error = (int) result_of(symlinkat(call->other, place.folder_fd, place.name));
  leave_place(&place);
  return error;
}

static int64_t do_link(struct path_call *call)
{
  int old = file_find(call->other_mapping, call->other, call->argument[0] == 1 ? 0 : O_NOFOLLOW);
  if (old < 0)
    return old;
  struct path_place place;
  int error = find_place(call->mapping, call->path, &place);
  if (error == 0)
  {
    char old_path[PATH_OF_FD_BYTES];
    error = check_new(call->mapping, &place);
    if (error == 0)
      error = (int) result_of(linkat(AT_FDCWD, path_of_fd(old_path, old), place.folder_fd,
                                     place.name, AT_SYMLINK_FOLLOW));
    leave_place(&place);
  }
  close(old);
  return error;
}

static int64_t do_rename(struct path_call *call)
{
  if ((call->argument[0] & ~(int64_t) RENAME_FLAGS_KNOWN) != 0)
    return -EINVAL;
  struct path_place from, to;
  int error = find_place(call->other_mapping, call->other, &from);
  if (error != 0)
    return error;
  error = find_place(call->mapping, call->path, &to);
  if (error == 0)
  {
    if (from.name_bytes == 0 || to.name_bytes == 0)
      error = -EBUSY;
    else if (call->mapping->read_only)
      error = -EROFS;
    else
      error = (int) result_of(renameat2(from.folder_fd, from.name, to.folder_fd, to.name,
                                        (unsigned int) call->argument[0]));
    leave_place(&to);
  }
  leave_place(&from);
  return error;
}

/* ---- The call ---- */

#define NOT_LINKS (-1) /* no argument: symbolic links are followed */

static const struct operation
{
  int64_t (*act)(struct path_call *call);
  bool finds;          /* acts on what path leads to */
  bool changes;        /* that: not in a mapping that is read-only */
  int8_t link;         /* the argument that says: a symbolic link itself; or NOT_LINKS */
  bool names_other;    /* other is a path of other_mapping */
  size_t buffer_bytes; /* what the buffer has to hold at least */
} operations[HC_PATH_OPERATIONS] = {
    [HC_PATH_STAT] = {do_stat, true, false, 0, false, sizeof(struct hc_stat)},
    [HC_PATH_ACCESS] = {do_access, true, false, NOT_LINKS, false, 0},
    [HC_PATH_READLINK] = {do_readlink, true, false, NOT_LINKS, false, 0},
    [HC_PATH_UNLINK] = {do_unlink, false, false, NOT_LINKS, false, 0},
    [HC_PATH_RMDIR] = {do_rmdir, false, false, NOT_LINKS, false, 0},
    [HC_PATH_MKDIR] = {do_mkdir, false, false, NOT_LINKS, false, 0},
    [HC_PATH_SYMLINK] = {do_symlink, false, false, NOT_LINKS, false, 0},
    [HC_PATH_LINK] = {do_link, false, false, NOT_LINKS, true, 0},
    [HC_PATH_RENAME] = {do_rename, false, false, NOT_LINKS, true, 0},
    [HC_PATH_MODE] = {do_mode, true, true, NOT_LINKS, false, 0},
    [HC_PATH_OWNER] = {do_owner, true, true, 2, false, 0},
    [HC_PATH_TIMES] = {do_times, true, true, 4, false, 0},
    [HC_PATH_TRUNCATE] = {do_truncate, true, true, NOT_LINKS, false, 0},
    [HC_PATH_SPACE] = {do_space, true, false, NOT_LINKS, false, sizeof(struct hc_space)},
};

static int64_t act_on_found(const struct operation *operation, struct path_call *call, bool of_link)
{
  call->fd = file_find(call->mapping, call->path, of_link ? O_NOFOLLOW : 0);
  if (call->fd < 0)
    return call->fd;
  path_of_fd(call->fd_path, call->fd);
  int64_t result = operation->changes && call->mapping->read_only ? -EROFS : operation->act(call);
  close(call->fd);
  return result;
}

/* Checks and takes over what the block names. */
static bool take_block(struct call *call, const struct hc_path *block,
                       const struct operation *operation, struct path_call *taken)
{
  taken->argument = block->argument;
  taken->mapping = call_mapping(call, block->mapping);
  if (taken->mapping == NULL || !call_path(call, block->path, taken->path))
    return false;
  taken->other_mapping = taken->mapping;
  if (operation->names_other)
    taken->other_mapping = call_mapping(call, block->other_mapping);
  bool has_other = operation->names_other || block->operation == HC_PATH_SYMLINK;
  if (taken->other_mapping == NULL || (has_other && !call_path(call, block->other, taken->other)))
    return false;
  if (operation->buffer_bytes == 0 && block->operation != HC_PATH_READLINK)
    return true;
  struct iovec pieces[HC_MAX_SEGMENTS];
  if (call_segments(call, &block->buffer, 1, GUEST_WRITE, pieces) < 0)
    return false;
  taken->buffer = pieces[0];
  if (taken->buffer.iov_len >= operation->buffer_bytes)
    return true;
  call_broken(call, "a buffer of %zu bytes, operation %u needs %zu", taken->buffer.iov_len,
              block->operation, operation->buffer_bytes);
  return false;
}

enum hypercall_verdict path_call_serve(struct call *call, struct hc_path *block)
{
  struct path_call taken;
  if (block->operation >= HC_PATH_OPERATIONS)
    return call_broken(call, "there is no operation %u", block->operation);
  if (block->operation == HC_PATH_EXPLAIN)
  {
    if (!call_path(call, block->path, taken.path))
      return HYPERCALL_BROKEN;
    explain_missing(&call->vm->explain, taken.path);
    block->result = 0;
    return HYPERCALL_CONTINUE;
  }
  const struct operation *operation = &operations[block->operation];
  if (!take_block(call, block, operation, &taken))
    return HYPERCALL_BROKEN;
  bool of_link = block->operation == HC_PATH_READLINK ||
                 (operation->link != NOT_LINKS && block->argument[operation->link] == 1);
  if (taken.mapping != taken.other_mapping)
    block->result = -EXDEV;
  else if (operation->finds)
    block->result = act_on_found(operation, &taken, of_link);
  else
    block->result = operation->act(&taken);
  return HYPERCALL_CONTINUE;
}
