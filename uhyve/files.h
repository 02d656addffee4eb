/* The files a guest has open, by numbers of its own. For any thread. */
#ifndef UHYVE_FILES_H
#define UHYVE_FILES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define FILES_FIRST 3     /* below are the standard streams */
#define FILES_MAX   65536 /* handles, from 0 on */

struct file
{
  int fd; /* of the host */
  bool read_only;
  bool closing;              /* the last user closes it */
  uint32_t users;            /* 0: a free entry; an open file counts as one */
  uint32_t next_free;        /* of a free entry; 0: none */
  pthread_mutex_t list_lock; /* for those who read a folder's entries from a position */
};

struct files
{
  pthread_mutex_t lock;
  struct file *table; /* of FILES_MAX, from the first open on */
  uint32_t used;      /* entries from here on have never been used */
  int fds_end;
  uint32_t first_free;
};

/* Descriptors from fds_end on are left to the monitor's own short needs: a guest that has as many
 * files open as it may still gets at their status. */
void files_init(struct files *files, int fds_end);

/* Closes all; nobody uses any. */
void files_destroy(struct files *files);

/* Takes a descriptor over. Returns a handle, or -EMFILE or -ENOMEM: then it is closed. */
int files_add(struct files *files, int fd, bool read_only);

/* The open file behind a number from FILES_FIRST on, or null. Its descriptor stays open and the
 * file's own until it is given back, whoever closes it in the meantime. */
struct file *files_take(struct files *files, int64_t handle);
void files_give_back(struct files *files, struct file *file);

/* Returns 0, -EBADF, or what close(2) says if nobody else uses the file. */
int files_close(struct files *files, int64_t handle);

#endif
