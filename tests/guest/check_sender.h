/* Signals sent to a thread until it says that it has gone on: a single one may come before it
 * waits, and then ends nothing. For tests with check.h. The programs run on Linux, too. */
#ifndef TESTS_GUEST_CHECK_SENDER_H
#define TESTS_GUEST_CHECK_SENDER_H

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "check.h"

struct sender
{
  pthread_t to;
  int number;
  int is_over;
};

static inline void *send_signals(void *argument)
{
  struct sender *sender = argument;
  while (__atomic_load_n(&sender->is_over, __ATOMIC_SEQ_CST) == 0)
  {
    struct timespec wait = {.tv_nsec = 1000000};
    pthread_kill(sender->to, sender->number);
    nanosleep(&wait, NULL);
  }
  return NULL;
}

/* To the thread that calls this. */
static inline pthread_t begin_signals(struct sender *sender, int number)
{
  pthread_t thread;
  *sender = (struct sender){.to = pthread_self(), .number = number};
  CHECK(pthread_create(&thread, NULL, send_signals, sender) == 0);
  return thread;
}

static inline void end_signals(struct sender *sender, pthread_t thread)
{
  __atomic_store_n(&sender->is_over, 1, __ATOMIC_SEQ_CST);
  CHECK(pthread_join(thread, NULL) == 0);
}

#endif
