/* What a pipe is, for its files and for who opens it by a name. */
#ifndef GUEST_FS_PIPE_STATE_H
#define GUEST_FS_PIPE_STATE_H

#include "fs/file.h"
#include "fs/pipe.h"
#include "fs/wait_source.h"

/* Tasks that sleep until something has changed. */
struct pipe_wait
{
  uint32_t word; /* changed with the mutex held; the futex */
  uint32_t waiting;
  uint32_t history; /* of spins before the sleep */
};

/* The mutex guards all; who only asks how things are reads without it. */
struct pipe
{
  struct mutex mutex;
  char *ring;
  uint32_t size_bytes; /* a power of two */
  uint32_t first;      /* where the oldest byte is */
  uint32_t used;
  uint32_t readers, writers; /* open files */
  uint32_t reader_openings, writer_openings;
  struct pipe_wait data;    /* for bytes, or the end of them */
  struct pipe_wait room;    /* for room, or that nobody reads any more */
  uint32_t least_room;      /* that one of those needs */
  struct pipe_wait partner; /* for who opens the other end */
  struct wait_source source;
  uint64_t number;
  uint32_t users;    /* open files, and tasks that are about to open it; guarded by fifo.c */
  struct fifo *fifo; /* null: it has no name */
};

struct pipe_end
{
  struct file file;
  struct pipe *pipe;
  bool is_waited_for;     /* it was opened before any writer was there ... */
  uint32_t openings_seen; /* ... which is no hang-up until one comes */
  struct fifo_node node;
};

struct pipe *pipe_new(void);
void pipe_free(struct pipe *pipe);

/* A file of the pipe that is not counted yet; null: no memory. */
struct pipe_end *pipe_end_new(struct pipe *pipe, uint32_t flags);

/* Locked: wakes all that sleep there. */
void pipe_change(struct pipe_wait *wait);

/* Locked, gives it up in between: sleeps until there is a change: 0 or -EINTR. */
int pipe_sleep(struct pipe *pipe, struct pipe_wait *wait);

/* Takes one file off the count. */
void pipe_leave(struct pipe *pipe, const struct file *file);

/* The last file of a pipe with a name is closed; weak: without who opens such there are none. */
void fifo_leave(struct pipe_end *end) __attribute__((weak, visibility("hidden")));

#endif
