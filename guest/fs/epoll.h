/* epoll: a set of files to wait for, and those of them that are ready, so that waiting costs what
 * is ready and not what is watched. */
#ifndef GUEST_FS_EPOLL_H
#define GUEST_FS_EPOLL_H

#include <sys/epoll.h>

#include "fs/file.h"
#include "fs/wait_source.h"
#include "fs/wait_word.h"

/* What is not an event of poll(). */
#define EPOLL_MODES (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

/* So many epolls may watch each other in a row. */
#define EPOLL_NESTED_MAX 5

struct epoll;

/* A file that is watched under one number. It has no reference to the file: the last descriptor's
 * end is the item's end. Guarded by the epoll's mutex but for what is said. */
struct epoll_item
{
  struct wait_entry entry;                        /* at the file's source */
  struct epoll_item *ready_next;                  /* ready_lock */
  bool is_ready;                                  /* is in the list; ready_lock */
  bool was_told;                                  /* since it was last reported; ready_lock */
  struct epoll_item *next;                        /* of the same number */
  struct epoll_item *watch_next, *watch_previous; /* of the same file; the lock of watchers */
  struct epoll *epoll;
  struct file *file;
  int fd;
  struct epoll_event event;
};

struct epoll
{
  struct file file;
  uint32_t references; /* of the file, and of who forgets one */
  struct mutex mutex;
  struct epoll_item **items; /* by number: lists */
  size_t items_size;

  struct spinlock ready_lock;
  struct epoll_item *ready_first, *ready_last;
  struct wait_word waiters;
  struct wait_source source; /* for who watches this one */
};

/* flags: none yet. A file with one reference: 0 or -ENOMEM. */
int epoll_create_file(struct file **file);

/* Null: the file is no epoll. */
struct epoll *epoll_of(struct file *file);

/* Whether it is a file that one can wait for; else -EPERM. */
bool epoll_may_watch(struct file *file);

/* epoll_ctl(); event: a copy, null for EPOLL_CTL_DEL. */
int epoll_control(struct epoll *epoll, int operation, struct file *file, int fd,
                  const struct epoll_event *event);

/* Fills events of the program, at least one unless the deadline has passed: how many, -EINTR,
 * -EFAULT. mark as poll_items(). Handlers are held back. */
struct signal_mark;
int epoll_wait_ready(struct epoll *epoll, struct epoll_event *events, int most,
                     uint64_t deadline_ns, const struct signal_mark *mark);

/* ---- epoll_ready.c ---- */

/* The file that is watched has told of a change; in upcalls too. */
void epoll_tell(struct wait_entry *entry);

/* Puts an item behind all that are ready, and wakes who waits. */
void epoll_make_ready(struct epoll_item *item);

/* The same for one that has just been looked at, without a word to anybody. */
void epoll_requeue(struct epoll_item *item);

/* Takes it out, if it is there. */
void epoll_unready(struct epoll_item *item);

/* The whole list, which the caller owns from here on; its items stay is_ready. */
struct epoll_item *epoll_take_ready(struct epoll *epoll);

/* Gives what is left of such a list back, in front of all that are ready. */
void epoll_give_ready(struct epoll *epoll, struct epoll_item *first);

/* An item of such a list is about to be looked at: it may become ready again from here on. Whether
 * it has been told. */
bool epoll_begin_look(struct epoll_item *item);

/* ---- epoll_wait.c ---- */

/* As file_operations.poll() of an epoll. */
unsigned int epoll_poll(struct file *file, struct wait_entry *entry);

/* Has the item wait at its file, from now on, and makes it ready if it is. */
void epoll_watch(struct epoll_item *item);

#endif
