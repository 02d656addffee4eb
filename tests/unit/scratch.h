/* A folder of a test's own on the host, and what a test puts there. Paths are relative to it. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <sys/stat.h>

struct scratch
{
  char path[64];
  int fd;
};

void scratch_create(struct scratch *scratch);
void scratch_remove(struct scratch *scratch);

void scratch_folder(const struct scratch *scratch, const char *path);
void scratch_file(const struct scratch *scratch, const char *path, const char *content);
void scratch_link(const struct scratch *scratch, const char *path, const char *target);
struct stat scratch_stat(const struct scratch *scratch, const char *path);

/* With O_PATH; closed by the caller. */
int scratch_open(const struct scratch *scratch, const char *path);

#endif
