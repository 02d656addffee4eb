/* Calls that change something by name, where a file system may not let them. */
#ifndef GUEST_POSIX_PATH_CALL_H
#define GUEST_POSIX_PATH_CALL_H

#include "fs/file_system.h"

/* Why not, in a mount that cannot be changed so: -EROFS, or what is wrong with the name. */
int path_no_change(struct walk *walk, bool creates);

#define PATH_MAY_CHANGE(walk, member) \
  (!(walk)->mount->is_read_only && (walk)->mount->file_system->member != NULL)

#define PATH_CHANGE(walk, member, ...)                                                       \
  (PATH_MAY_CHANGE(walk, member) ? (walk)->mount->file_system->member((walk), ##__VA_ARGS__) \
                                 : path_no_change(walk, false))

#define PATH_CREATE(walk, member, ...)                                                       \
  (PATH_MAY_CHANGE(walk, member) ? (walk)->mount->file_system->member((walk), ##__VA_ARGS__) \
                                 : path_no_change(walk, true))

#endif
