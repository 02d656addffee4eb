/* Open files and folders of the proc file system. */
#ifndef GUEST_FS_PROC_FILE_H
#define GUEST_FS_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "fs/file.h"

struct proc_text;

struct proc_entry
{
  const char *name; /* with the folders around it */
  mode_t mode;
  void (*make)(struct proc_text *text); /* of a file */
  const char *target;                   /* of a link; null: the working folder */
};

/* The index'th entry of a folder, or null. */
const struct proc_entry *proc_entry_in(const struct proc_entry *folder, size_t index);

/* Whether this folder has a link for each descriptor. */
bool proc_entry_is_fds(const struct proc_entry *entry);

void proc_entry_stat(const struct proc_entry *entry, struct stat *status);

/* Makes a file's text. */
int proc_file_open(const struct proc_entry *entry, int flags, struct file **file);

#endif
