/* The files of a fuzzer on the host: a folder that a guest may change, one that it may read, and
 * beside them what it must never reach. */
#ifndef TESTS_FUZZ_TREE_H
#define TESTS_FUZZ_TREE_H

#include <stdbool.h>

#include "uhyve/mappings.h"

/* The mappings of a guest, by number. */
enum
{
  TREE_INSIDE,
  TREE_READ_ONLY,
  TREE_FILE, /* a single file */
  TREE_MAPPINGS
};

/* A file for --output. */
extern char tree_output[];

/* Confines the process, and makes all, once; it goes when the process ends by itself. */
void tree_create(struct mappings *mappings);

/* Puts back what a guest may change. */
void tree_reset(void);

/* Nothing has changed that must not. */
void tree_check(void);

/* An open file is one of the mapping's. */
void tree_check_fd(int fd, unsigned int mapping);

/* An open file is one of any mapping. */
void tree_check_any_fd(int fd);

/* How many descriptors this process has open. */
unsigned int tree_count_fds(void);
void tree_check_count(unsigned int expected);

#endif
