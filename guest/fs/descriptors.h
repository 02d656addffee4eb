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

/* Gives the file just this number, closing what is there; takes over the reference. Returns fd, or
 * -EBADF for a number beyond the limit. */
int descriptor_set(int fd, struct file *file, bool close_on_exec);

/* 0, or what the file's end reports; -EBADF. */
int descriptor_close(int fd);

/* FD_CLOEXEC: nobody ever executes anything, but F_GETFD tells. -EBADF. */
int descriptor_flags(int fd);
int descriptor_set_flags(int fd, int flags);

/* Limit on numbers, RLIMIT_NOFILE. */
unsigned int descriptor_limit(void);

#endif
