/* A folder of files that nobody may touch, and what shows that somebody has. */
#ifndef TESTS_CANARY_H
#define TESTS_CANARY_H

#include <stdint.h>

/* Makes the tree: a file, a folder, links, a FIFO. Exits where it cannot. */
void canary_make(const char *path);

/* Of names, kinds, rights, owners, sizes, dates and contents. */
uint64_t canary_state(const char *path);

/* Removes a tree's contents, but not the folder itself. */
void canary_empty(const char *path);

#endif
