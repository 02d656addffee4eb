/* Threads of a unit test: started and joined, or the test fails. */
#ifndef TESTS_UNIT_THREADS_H
#define TESTS_UNIT_THREADS_H

#include <pthread.h>

#include "unit_test.h"

static inline void start_all(pthread_t *threads, size_t count, void *(*function)(void *),
                             void *argument)
{
  for (size_t i = 0; i < count; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, function, argument), 0);
}

static inline void join_all(const pthread_t *threads, size_t count)
{
  for (size_t i = 0; i < count; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
}

#endif
