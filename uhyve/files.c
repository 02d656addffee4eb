/* The table of a guest's open files. An entry is counted: the descriptor of a file that is closed
 * while another CPU reads from it lives until that is done, so no number is used for two files. */
#include "files.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "record_locks.h"

void files_init(struct files *files, int fds_end)
{
  *files = (struct files){.used = FILES_FIRST, .fds_end = fds_end};
  pthread_mutex_init(&files->lock, NULL);
}

void files_destroy(struct files *files)
{
  for (uint32_t i = FILES_FIRST; i < files->used; i++)
  {
    if (files->table[i].users > 0)
      close(files->table[i].fd);
  }
  free(files->table);
  pthread_mutex_destroy(&files->lock);
}

/* An entry that is free, or 0. */
static uint32_t take_entry(struct files *files)
{
  uint32_t entry = files->first_free;
  if (entry != 0)
    files->first_free = files->table[entry].next_free;
  else if (files->used < FILES_MAX)
    entry = files->used++;
  return entry;
}

int files_add(struct files *files, int fd, bool read_only)
{
  int result = -ENOMEM;
  pthread_mutex_lock(&files->lock);
  /* Pages of it that are never used cost nothing. */
  if (files->table == NULL)
    files->table = calloc(FILES_MAX, sizeof(files->table[0]));
  if (fd >= files->fds_end)
    result = -EMFILE;
  else if (files->table != NULL)
  {
    uint32_t entry = take_entry(files);
    result = entry != 0 ? (int) entry : -EMFILE;
  }
  if (result > 0)
  {
    struct file *file = &files->table[result];
    *file = (struct file){.fd = fd, .read_only = read_only, .users = 1};
    pthread_mutex_init(&file->list_lock, NULL);
  }
  pthread_mutex_unlock(&files->lock);
  if (result < 0)
    close(fd);
  return result;
}

/* With the lock held. */
static struct file *find(struct files *files, int64_t handle)
{
  if (handle < FILES_FIRST || handle >= files->used)
    return NULL;
  struct file *file = &files->table[handle];
  return file->users > 0 && !file->closing ? file : NULL;
}

struct file *files_take(struct files *files, int64_t handle)
{
  pthread_mutex_lock(&files->lock);
  struct file *file = find(files, handle);
  if (file != NULL)
    file->users++;
  pthread_mutex_unlock(&files->lock);
  return file;
}

/* With the lock held. Returns the descriptor if the caller is to close it, or -1. */
static int drop(struct files *files, struct file *file)
{
  if (--file->users > 0)
    return -1;
  int fd = file->fd;
  file->next_free = files->first_free;
  files->first_free = (uint32_t) (file - files->table);
  return fd;
}

static int close_file(int fd)
{
  record_locks_forget(fd);
  return close(fd);
}

void files_give_back(struct files *files, struct file *file)
{
  pthread_mutex_lock(&files->lock);
  int fd = drop(files, file);
  pthread_mutex_unlock(&files->lock);
  if (fd >= 0)
    close_file(fd);
}

int files_close(struct files *files, int64_t handle)
{
  pthread_mutex_lock(&files->lock);
  struct file *file = find(files, handle);
  int fd = -1;
  if (file != NULL)
  {
    file->closing = true;
    fd = drop(files, file);
  }
  pthread_mutex_unlock(&files->lock);
  if (file == NULL)
    return -EBADF;
  return fd < 0 || close_file(fd) == 0 ? 0 : -errno;
}
