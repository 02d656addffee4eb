/*
 * POSIX thread types. Debian's libgcc_eh.a is compiled for glibc and keeps a mutex, a once control
 * and keys of its own, so sizes are glibc's and every type that it initialises statically is valid
 * when all zero.
 */
#ifndef _SYS__PTHREADTYPES_H_
#define _SYS__PTHREADTYPES_H_

#include <sys/cpuset.h>
#include <sys/sched.h>

typedef unsigned long pthread_t;
typedef unsigned int pthread_key_t;
typedef int pthread_once_t;
typedef volatile int pthread_spinlock_t;

typedef union
{
  int __words[14];
  long __align;
} pthread_attr_t;

typedef union
{
  int __words[10];
  long __align;
} pthread_mutex_t;

typedef union
{
  int __words[12];
  long __align;
} pthread_cond_t;

typedef union
{
  int __words[14];
  long __align;
} pthread_rwlock_t;

typedef union
{
  int __words[8];
  long __align;
} pthread_barrier_t;

typedef struct
{
  int __word;
} pthread_mutexattr_t;

typedef struct
{
  int __word;
} pthread_condattr_t;

typedef struct
{
  int __words[2];
} pthread_rwlockattr_t;

typedef struct
{
  int __word;
} pthread_barrierattr_t;

#define PTHREAD_SCOPE_SYSTEM     0
#define PTHREAD_SCOPE_PROCESS    1

#define PTHREAD_INHERIT_SCHED    0
#define PTHREAD_EXPLICIT_SCHED   1

#define PTHREAD_CREATE_JOINABLE  0
#define PTHREAD_CREATE_DETACHED  1

#define PTHREAD_PROCESS_PRIVATE  0
#define PTHREAD_PROCESS_SHARED   1

#define PTHREAD_PRIO_NONE        0
#define PTHREAD_PRIO_INHERIT     1
#define PTHREAD_PRIO_PROTECT     2

#define PTHREAD_MUTEX_STALLED    0
#define PTHREAD_MUTEX_ROBUST     1

#define PTHREAD_MUTEX_NORMAL     0
#define PTHREAD_MUTEX_RECURSIVE  1
#define PTHREAD_MUTEX_ERRORCHECK 2
#define PTHREAD_MUTEX_DEFAULT    PTHREAD_MUTEX_NORMAL

/* All zero, which is also what a mutex in zeroed memory holds. */
#define _PTHREAD_MUTEX_INITIALIZER \
  {                                \
    {                              \
      0                            \
    }                              \
  }
#define _PTHREAD_COND_INITIALIZER \
  {                               \
    {                             \
      0                           \
    }                             \
  }
#define _PTHREAD_RWLOCK_INITIALIZER \
  {                                 \
    {                               \
      0                             \
    }                               \
  }
#define _PTHREAD_ONCE_INIT 0

#endif
