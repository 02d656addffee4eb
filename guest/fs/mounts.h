/* What is mounted where. Mounts are made before the first path is walked, and stay. */
#ifndef GUEST_FS_MOUNTS_H
#define GUEST_FS_MOUNTS_H

#include "fs/file_system.h"

/* Mounts what the monitor's start information says, once. -ENOMEM. */
int mounts_start(void);

/* The mount of a path without '.', '..' and double '/'. */
struct mount *mounts_find(const char *path);

/* Whether something is mounted there or below. */
bool mounts_below(const char *path);

/* The mount behind a given one, in no order that means anything; null: the first, or no more. */
struct mount *mounts_next(struct mount *mount);

#endif
