/* What of the host a guest may see: files and folders, each under a path of the guest's own. */
#ifndef UHYVE_MAPPINGS_H
#define UHYVE_MAPPINGS_H

#include <stdbool.h>

#include "options.h"

struct mapping
{
  char *path; /* the guest's: absolute, without '.', '..', double or trailing '/' */
  int fd;     /* of the host's file or folder, opened with O_PATH */
  bool folder;
  bool read_only;
};

struct mappings
{
  struct mapping list[OPTIONS_MAX_MAPPINGS];
  unsigned int count;
};

/* Opens all that the options name. Relative paths of the guest begin at working_folder. Returns 0,
 * or a negative errno with one line in message; then there is nothing to close. */
int mappings_open(struct mappings *mappings, const struct options *options,
                  const char *working_folder, char message[static 256]);
void mappings_close(struct mappings *mappings);

/* A path made absolute and plain, without regard to symbolic links; null: no memory. Freed by the
 * caller. */
char *mappings_plain_path(const char *working_folder, const char *path, size_t len_bytes);

#endif
