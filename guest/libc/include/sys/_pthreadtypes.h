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

#define _PTHREAD_ONCE_INIT 0

#endif
