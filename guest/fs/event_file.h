/* Files that are no stream of bytes and have no name: epoll, eventfd, timerfd. */
#ifndef GUEST_FS_EVENT_FILE_H
#define GUEST_FS_EVENT_FILE_H

#include "fs/file.h"

/* As Linux tells of them: neither kind nor name. */
int event_file_stat(struct file *file, struct stat *status);

/* Gives a file that has just been made a descriptor, and it up if there is none: the number or
 * -EMFILE. */
int event_file_install(struct file *file, bool close_on_exec);

#endif
