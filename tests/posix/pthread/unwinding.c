/* The end of a thread runs what gcc's cleanup attribute asks for, in programs that unwind stacks.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "pthread_check.h"

static char order[32];

static void note(const char *what)
{
  strcat(order, what);
}

static void note_variable(const char **variable)
{
  note(*variable);
}

static void note_handler(void *what)
{
  note(what);
}

#define NOTED(name, what) __attribute__((cleanup(note_variable))) const char *name = what

static volatile int has_begun;
static sem_t semaphore;

static void end(void *argument)
{
  NOTED(variable, "c");
  set(&has_begun, 1);
  if (argument != NULL)
    pthread_exit(argument);
  sem_wait(&semaphore);
  note("!");
}

static __attribute__((noinline)) void deeper(void *argument)
{
  NOTED(variable, "b");
  pthread_cleanup_push(note_handler, "2");
  end(argument);
  pthread_cleanup_pop(0);
}

static void *run(void *argument)
{
  NOTED(variable, "a");
  pthread_cleanup_push(note_handler, "1");
  deeper(argument);
  pthread_cleanup_pop(0);
  return NULL;
}

static void *compute(void *argument)
{
  NOTED(variable, "a");
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  pthread_cleanup_push(note_handler, "1");
  set(&has_begun, 1);
  for (volatile long i = 0;; i++)
    ;
  pthread_cleanup_pop(0);
  return argument;
}

/* Where a handler in a frame stands to a variable of the same one is up to the C library. */
static bool order_is_right(void)
{
  const char *c = strchr(order, 'c');
  const char *b = strchr(order, 'b');
  const char *two = strchr(order, '2');
  const char *a = strchr(order, 'a');
  const char *one = strchr(order, '1');
  return strlen(order) == 5 && c == order && b > c && two > c && a > b && a > two && one > b &&
         one > two;
}

int main(void)
{
  CHECK(sem_init(&semaphore, 0, 0) == 0);
  CHECK(result_of(start(run, order)) == order);
  if (!CHECK(order_is_right()))
    fprintf(stderr, "order is %s\n", order);
  for (int i = 0; i < 100; i++)
  {
    order[0] = '\0';
    has_begun = 0;
    pthread_t thread = start(run, NULL);
    CHECK(comes(&has_begun, 1));
    CHECK(pthread_cancel(thread) == 0);
    CHECK(result_of(thread) == PTHREAD_CANCELED);
    CHECK(order_is_right());
  }
  order[0] = '\0';
  has_begun = 0;
  pthread_t thread = start(compute, NULL);
  CHECK(comes(&has_begun, 1));
  CHECK(pthread_cancel(thread) == 0);
  CHECK(result_of(thread) == PTHREAD_CANCELED);
#ifdef __uhyve__ /* in glibc it is such a variable, of which gcc does not expect it there */
  CHECK(strchr(order, '1') != NULL);
#endif
  return check_finish();
}
