/* File descriptors: small numbers for open files. 0, 1 and 2 are the standard streams at first. */
#ifndef GUEST_FS_DESCRIPTORS_H
#define GUEST_FS_DESCRIPTORS_H

#include <stdbool.h>

#include "fs/file.h"

/* The file with a reference for the caller, who gives it back by file_put(); or null. */
struct file *descriptor_get(int fd);

/* Gives the file the lowest free number from `lowest` on, and takes over the caller's reference:
 * the descriptor, or -EMFILE; the reference is then still the caller's. */
int descriptor_add(struct file *file, int lowest, bool close_on_exec);

/* The same in two steps, for who makes the file in between: a number that is taken but not open, or
 * -EMFILE; then one of the others. */
int descriptor_reserve(int lowest);
void descriptor_install(int fd, struct file *file, bool close_on_exec);
void descriptor_unreserve(int fd);

/* Gives the file just this number, closing what is there; takes over the reference. Returns fd, or
 * -EBADF for a number beyond the limit, -EBUSY for one that is reserved. */
int descriptor_set(int fd, struct file *file, bool close_on_exec);

/* 0, or what the file's end reports; -EBADF. */
int descriptor_close(int fd);

/* FD_CLOEXEC: nobody ever executes anything, but F_GETFD tells. -EBADF. */
int descriptor_flags(int fd);
int descriptor_set_flags(int fd, int flags);

/* Limit on numbers: descriptor_limit.soft of the start information, which setrlimit() may write. */
unsigned int descriptor_limit(void);

/* The lowest open number from `from` on, or -EBADF: for folders that list them. */
int descriptor_next(int from);

#endif
