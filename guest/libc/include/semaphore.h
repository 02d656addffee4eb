/* Semaphores of POSIX, with and without names. */
#ifndef _SEMAPHORE_H
#define _SEMAPHORE_H

#include <sys/_timespec.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

/* glibc's size. */
typedef union
{
  int __words[8];
  long __align;
} sem_t;

#define SEM_FAILED    ((sem_t *) 0)
#define SEM_VALUE_MAX 2147483647

int sem_init(sem_t *__sem, int __shared, unsigned int __value);
int sem_destroy(sem_t *__sem);
int sem_wait(sem_t *__sem);
int sem_trywait(sem_t *__sem);
int sem_timedwait(sem_t *__restrict __sem, const struct timespec *__restrict __until);
int sem_post(sem_t *__sem);
int sem_getvalue(sem_t *__restrict __sem, int *__restrict __value);

#if __GNU_VISIBLE
int sem_clockwait(sem_t *__restrict __sem, clockid_t __clock,
                  const struct timespec *__restrict __until);
#endif

/* With O_CREAT: mode_t and unsigned int follow. */
sem_t *sem_open(const char *__name, int __flags, ...);
int sem_close(sem_t *__sem);
int sem_unlink(const char *__name);

__END_DECLS

#endif
