/* A control group with a memory limit, of version 1 or 2, for as long as a test runs. */
#ifndef TESTS_CONTROL_GROUP_H
#define TESTS_CONTROL_GROUP_H

#include <stdbool.h>

/* Returns false where none is to be had. */
bool control_group_make(const char *limit);

/* This process belongs to it from now on. */
bool control_group_enter(void);

/* Nobody is in there any more. */
void control_group_remove(void);

#endif
