/* Makes the file calls that its arguments name, one after the other, and says what each gave: its
 * result, what was read, or the errno. `report FD` says it there from then on. Works on Linux, too.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int report_fd = 1;
static char text[10000]; /* what a call found; the answer, if it gives 0 */

static const char *error_name(int error)
{
  static const struct
  {
    int error;
    const char *name;
  } names[] = {
      {EACCES, "EACCES"}, {EBADF, "EBADF"},   {EBUSY, "EBUSY"},     {EEXIST, "EEXIST"},
      {EINVAL, "EINVAL"}, {EIO, "EIO"},       {EISDIR, "EISDIR"},   {ELOOP, "ELOOP"},
      {ENOENT, "ENOENT"}, {ENOSYS, "ENOSYS"}, {ENOTDIR, "ENOTDIR"}, {ENOTEMPTY, "ENOTEMPTY"},
      {ENXIO, "ENXIO"},   {EPERM, "EPERM"},   {EROFS, "EROFS"},     {ESPIPE, "ESPIPE"},
      {EXDEV, "EXDEV"},   {ESTALE, "ESTALE"}, {EFBIG, "EFBIG"},     {EOPNOTSUPP, "EOPNOTSUPP"}};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (names[i].error == error)
      return names[i].name;
  return strerror(error);
}

static long read_text(int fd, size_t len)
{
  ssize_t got = read(fd, text, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
  if (got >= 0)
    text[got] = '\0';
  return got < 0 ? -1 : 0;
}

static long call_cat(char **argument)
{
  int fd = open(argument[0], O_RDONLY);
  long result = fd < 0 ? -1 : read_text(fd, sizeof(text));
  int error = errno;
  if (fd >= 0)
    close(fd);
  errno = error;
  return result;
}

static long write_text(const char *path, int flags, const char *what)
{
  int fd = open(path, O_WRONLY | flags, 0644);
  if (fd < 0 || write(fd, what, strlen(what)) < 0)
    return -1;
  return close(fd);
}

static long call_write(char **argument)
{
  return write_text(argument[0], O_CREAT | O_TRUNC, argument[1]);
}

static long call_append(char **argument)
{
  return write_text(argument[0], O_APPEND, argument[1]);
}

/* The flags as a number. */
static long call_open(char **argument)
{
  return open(argument[0], (int) strtol(argument[1], NULL, 0), 0644);
}

static long call_close(char **argument)
{
  return close(atoi(argument[0]));
}

static long call_read(char **argument)
{
  return read_text(atoi(argument[0]), (size_t) atol(argument[1]));
}

static long call_pread(char **argument)
{
  ssize_t got = pread(atoi(argument[0]), text, sizeof(text) - 1, atol(argument[1]));
  return got < 0 ? -1 : 0;
}

static long call_put(char **argument)
{
  return write(atoi(argument[0]), argument[1], strlen(argument[1]));
}

static long call_pwrite(char **argument)
{
  return pwrite(atoi(argument[0]), argument[1], strlen(argument[1]), atol(argument[2]));
}

/* From the start (set), here (cur) or the end (end). */
static long call_seek(char **argument)
{
  int whence = strcmp(argument[2], "set") == 0   ? SEEK_SET
               : strcmp(argument[2], "cur") == 0 ? SEEK_CUR
                                                 : SEEK_END;
  return lseek(atoi(argument[0]), atol(argument[1]), whence);
}

static long call_size(char **argument)
{
  struct stat status;
  return stat(argument[0], &status) != 0 ? -1 : (long) status.st_size;
}

static long call_fsize(char **argument)
{
  struct stat status;
  return fstat(atoi(argument[0]), &status) != 0 ? -1 : (long) status.st_size;
}

static const char *kind_of(mode_t mode)
{
  return S_ISREG(mode)    ? "file"
         : S_ISDIR(mode)  ? "folder"
         : S_ISLNK(mode)  ? "link"
         : S_ISCHR(mode)  ? "device"
         : S_ISFIFO(mode) ? "pipe"
                          : "other";
}

static long call_kind(char **argument)
{
  struct stat status;
  if (lstat(argument[0], &status) != 0)
    return -1;
  strcpy(text, kind_of(status.st_mode));
  return 0;
}

static long call_fkind(char **argument)
{
  struct stat status;
  if (fstat(atoi(argument[0]), &status) != 0)
    return -1;
  strcpy(text, kind_of(status.st_mode));
  return 0;
}

static long call_flags(char **argument)
{
  int flags = fcntl(atoi(argument[0]), F_GETFL);
  if (flags >= 0)
    snprintf(text, sizeof(text), "%s%s",
             (flags & O_ACCMODE) == O_RDONLY   ? "read"
             : (flags & O_ACCMODE) == O_WRONLY ? "write"
                                               : "both",
             flags & O_APPEND ? " append" : "");
  return flags < 0 ? -1 : 0;
}

static long call_ftruncate(char **argument)
{
  return ftruncate(atoi(argument[0]), atol(argument[1]));
}

static long call_truncate(char **argument)
{
  return truncate(argument[0], atol(argument[1]));
}

static long call_access(char **argument)
{
  return access(argument[0], atoi(argument[1]));
}

static long call_unlink(char **argument)
{
  return unlink(argument[0]);
}

static long call_rmdir(char **argument)
{
  return rmdir(argument[0]);
}

static long call_mkdir(char **argument)
{
  return mkdir(argument[0], 0755);
}

static long call_rename(char **argument)
{
  return rename(argument[0], argument[1]);
}

static long call_link(char **argument)
{
  return link(argument[0], argument[1]);
}

static long call_symlink(char **argument)
{
  return symlink(argument[0], argument[1]);
}

static long call_readlink(char **argument)
{
  ssize_t got = readlink(argument[0], text, sizeof(text) - 1);
  return got < 0 ? -1 : 0;
}

static long call_chmod(char **argument)
{
  return chmod(argument[0], 0600);
}

static long call_fchmod(char **argument)
{
  return fchmod(atoi(argument[0]), 0600);
}

static long call_chown(char **argument)
{
  return chown(argument[0], geteuid(), getegid());
}

static long call_touch(char **argument)
{
  return utimensat(AT_FDCWD, argument[0], NULL, 0);
}

static long call_cwd(char **argument)
{
  (void) argument;
  return getcwd(text, sizeof(text)) == NULL ? -1 : 0;
}

static long call_chdir(char **argument)
{
  return chdir(argument[0]);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Names in order, but '.' and '..'. */
static long call_ls(char **argument)
{
  DIR *list = opendir(argument[0]);
  if (list == NULL)
    return -1;
  char *names[200];
  size_t count = 0;
  struct dirent *entry;
  while ((entry = readdir(list)) != NULL && count < 200)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      names[count++] = strdup(entry->d_name);
  closedir(list);
  qsort(names, count, sizeof(names[0]), by_name);
  for (size_t i = 0; i < count; i++)
  {
    strcat(text, i > 0 ? " " : "");
    strcat(text, names[i]);
    free(names[i]);
  }
  if (count == 0)
    strcpy(text, "(empty)");
  return 0;
}

/* Until there is a line on standard input. */
static long call_wait(char **argument)
{
  (void) argument;
  char byte = 0;
  while (byte != '\n')
    if (read(0, &byte, 1) != 1)
      return -1;
  return 0;
}

static long call_report(char **argument)
{
  report_fd = atoi(argument[0]);
  return 0;
}

static const struct call
{
  const char *name;
  int arguments;
  long (*run)(char **argument);
} calls[] = {
    {"access", 2, call_access},
    {"append", 2, call_append},
    {"cat", 1, call_cat},
    {"chdir", 1, call_chdir},
    {"chmod", 1, call_chmod},
    {"chown", 1, call_chown},
    {"close", 1, call_close},
    {"cwd", 0, call_cwd},
    {"fchmod", 1, call_fchmod},
    {"fkind", 1, call_fkind},
    {"flags", 1, call_flags},
    {"fsize", 1, call_fsize},
    {"ftruncate", 2, call_ftruncate},
    {"kind", 1, call_kind},
    {"link", 2, call_link},
    {"ls", 1, call_ls},
    {"mkdir", 1, call_mkdir},
    {"open", 2, call_open},
    {"pread", 2, call_pread},
    {"put", 2, call_put},
    {"pwrite", 3, call_pwrite},
    {"read", 2, call_read},
    {"readlink", 1, call_readlink},
    {"rename", 2, call_rename},
    {"report", 1, call_report},
    {"rmdir", 1, call_rmdir},
    {"seek", 3, call_seek},
    {"size", 1, call_size},
    {"symlink", 2, call_symlink},
    {"touch", 1, call_touch},
    {"truncate", 2, call_truncate},
    {"unlink", 1, call_unlink},
    {"wait", 0, call_wait},
    {"write", 2, call_write},
};

static const struct call *find(const char *name, int left)
{
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
    if (strcmp(calls[i].name, name) == 0 && calls[i].arguments < left)
      return &calls[i];
  fprintf(stderr, "call: what is %s?\n", name);
  exit(2);
}

int main(int argc, char **argv)
{
  for (int i = 1; i < argc;)
  {
    const struct call *call = find(argv[i], argc - i);
    memset(text, 0, sizeof(text));
    errno = 0;
    long result = call->run(argv + i + 1);
    int error = errno;
    if (result < 0)
      dprintf(report_fd, "%s %s\n", call->name, error_name(error));
    else if (call->run == call_report)
      ;
    else if (result > 0)
      dprintf(report_fd, "%s %ld\n", call->name, result);
    else
      dprintf(report_fd, "%s %s\n", call->name, text[0] != '\0' ? text : "0");
    i += 1 + call->arguments;
  }
  return 0;
}
