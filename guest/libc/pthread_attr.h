/* What pthread_attr_t holds. */
#ifndef GUEST_LIBC_PTHREAD_ATTR_H
#define GUEST_LIBC_PTHREAD_ATTR_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread_attr
{
  bool detached;
  bool explicit_sched; /* policy and priority from here, else the creator's */
  int policy;
  int priority;
  size_t stack_bytes; /* 0: the default */
  void *stack;        /* lowest address, or null for one of ours */
  size_t guard_bytes;
  uint64_t *cpus; /* allocated; null: all */
  size_t cpus_words;
};

_Static_assert(sizeof(struct thread_attr) <= sizeof(pthread_attr_t), "attributes fit");

static inline struct thread_attr *attr_of(pthread_attr_t *attr)
{
  return (struct thread_attr *) (void *) attr;
}

static inline const struct thread_attr *attr_of_const(const pthread_attr_t *attr)
{
  return (const struct thread_attr *) (const void *) attr;
}

/* Copies what an attribute object has, the set of CPUs too. Returns 0 or an error. */
int attr_copy(struct thread_attr *to, const struct thread_attr *from);

#endif
