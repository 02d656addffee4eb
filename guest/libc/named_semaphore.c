/* Semaphores with names: a list in memory, as there is one process and no file system. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libc/result.h"
#include "sched/mutex.h"

/* Linux's limit: there, a file called sem.NAME. */
#define NAME_BYTES_MAX (NAME_MAX - 4)

struct named_semaphore
{
  sem_t semaphore; /* first: what a program holds points here */
  struct named_semaphore *next;
  unsigned int users; /* opened, and not closed */
  bool is_unlinked;   /* in the list still, until nobody uses it, but not to be found */
  char name[];
};

static struct mutex list_mutex;
static struct named_semaphore *list;

/* Without the leading slashes. Null: no name, errno is set. */
static const char *check_name(const char *name)
{
  while (*name == '/')
    name++;
  int error = 0;
  if (*name == '\0' || strchr(name, '/') != NULL)
    error = EINVAL;
  else if (strlen(name) > NAME_BYTES_MAX)
    error = ENAMETOOLONG;
  if (error == 0)
    return name;
  errno = error;
  return NULL;
}

static struct named_semaphore *find(const char *name)
{
  struct named_semaphore *named = list;
  while (named != NULL && (named->is_unlinked || strcmp(named->name, name) != 0))
    named = named->next;
  return named;
}

/* Frees it if nobody can get at it any more. */
static void release(struct named_semaphore *named)
{
  if (named->users != 0 || !named->is_unlinked)
    return;
  struct named_semaphore **link = &list;
  while (*link != named)
    link = &(*link)->next;
  *link = named->next;
  sem_destroy(&named->semaphore);
  free(named);
}

/* Null: errno is set. */
static struct named_semaphore *create(const char *name, unsigned int value)
{
  size_t name_bytes = strlen(name) + 1;
  struct named_semaphore *named = malloc(sizeof(*named) + name_bytes);
  if (named == NULL)
    return NULL;
  *named = (struct named_semaphore){.next = list};
  memcpy(named->name, name, name_bytes);
  if (sem_init(&named->semaphore, 1, value) != 0)
  {
    free(named);
    return NULL;
  }
  list = named;
  return named;
}

static struct named_semaphore *open_named(const char *name, int flags, unsigned int value)
{
  struct named_semaphore *named = find(name);
  int error = 0;
  if (named == NULL && (flags & O_CREAT) == 0)
    error = ENOENT;
  else if (named != NULL && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
    error = EEXIST;
  if (error != 0)
  {
    errno = error;
    return NULL;
  }
  return named != NULL ? named : create(name, value);
}

/* The mode is for other users, of whom there are none. */
sem_t *sem_open(const char *name, int flags, ...)
{
  unsigned int value = 0;
  if ((flags & O_CREAT) != 0)
  {
    va_list arguments;
    va_start(arguments, flags);
    (void) va_arg(arguments, mode_t);
    value = va_arg(arguments, unsigned int);
    va_end(arguments);
  }
  name = check_name(name);
  if (name == NULL)
    return SEM_FAILED;
  mutex_lock(&list_mutex);
  struct named_semaphore *named = open_named(name, flags, value);
  if (named != NULL)
    named->users++;
  mutex_unlock(&list_mutex);
  return named != NULL ? &named->semaphore : SEM_FAILED;
}

int sem_close(sem_t *semaphore)
{
  mutex_lock(&list_mutex);
  struct named_semaphore *named = list;
  while (named != NULL && (&named->semaphore != semaphore || named->users == 0))
    named = named->next;
  if (named != NULL)
  {
    named->users--;
    release(named);
  }
  mutex_unlock(&list_mutex);
  return (int) libc_result(named != NULL ? 0 : -EINVAL);
}

int sem_unlink(const char *name)
{
  name = check_name(name);
  if (name == NULL)
  {
    if (errno == EINVAL)
      errno = ENOENT;
    return -1;
  }
  mutex_lock(&list_mutex);
  struct named_semaphore *named = find(name);
  if (named != NULL)
  {
    named->is_unlinked = true;
    release(named);
  }
  mutex_unlock(&list_mutex);
  return (int) libc_result(named != NULL ? 0 : -ENOENT);
}
