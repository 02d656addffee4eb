/* Whether another process waits for something. */
#ifndef TESTS_OUTSIDE_IDLE_H
#define TESTS_OUTSIDE_IDLE_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns when all threads of the process sleep, and have not run between two looks. False: after
 * that time they still do. */
bool process_await_idle(pid_t process, int limit_ms);

#endif
