/* timerfd: timers whose expiries are read, and waited for. */
#ifndef GUEST_FS_TIMERFD_H
#define GUEST_FS_TIMERFD_H

#include "fs/file.h"
#include "fs/wait_source.h"
#include "fs/wait_word.h"
#include "sched/pairing_heap.h"

struct timerfd_setting
{
  uint64_t left_ns; /* until it runs out; 0: it does not run */
  uint64_t interval_ns;
};

/* is_wall: of CLOCK_REALTIME, else of CLOCK_MONOTONIC. flags: O_NONBLOCK or none. 0 or -ENOMEM. */
int timerfd_create_file(bool is_wall, uint32_t flags, struct file **file);

/* -EINVAL: the file is none. is_absolute: left_ns is a time of its clock. */
int timerfd_set(struct file *file, const struct timerfd_setting *setting, bool is_absolute,
                struct timerfd_setting *former);
int timerfd_get(struct file *file, struct timerfd_setting *setting);

/* ---- timerfd_queue.c: all that run, in a heap by the time when they run out ---- */

struct timerfd
{
  struct heap_node node; /* in the heap; its key is a TSC deadline */
  struct file file;
  bool is_wall;
  /* Guarded by the lock of the heap. */
  bool is_queued;
  uint64_t deadline_ns; /* of its clock; 0: it does not run. In the past: it has run out, and goes
                           on when somebody looks */
  uint64_t interval_ns; /* 0: once */
  uint64_t expiries;    /* that nobody has read */
  struct wait_word readers;
  struct wait_source source;
};

/* Makes what each CPU needs, once: 0 or -ENOMEM. */
int timerfd_queue_start(void);

uint64_t timerfd_now(const struct timerfd *timer);

/* Masked, with the lock. */
uint32_t timerfd_lock(void);
void timerfd_unlock(uint32_t was_masked);
void timerfd_queue_add(struct timerfd *timer); /* by its deadline_ns */
void timerfd_queue_remove(struct timerfd *timer);

#endif
