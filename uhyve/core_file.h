/* The file of --core: without a name until all of it is written. */
#ifndef UHYVE_CORE_FILE_H
#define UHYVE_CORE_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct core_file
{
  const char *path; /* the caller's; null: there is no core file */
  int fd;           /* to write to */
  int keeper;       /* a socket to the process that gives it its name */
  pid_t keeper_pid;
};

/* What must stay open, or -1. */
static inline int core_file_fd(const struct core_file *core)
{
  return core->path != NULL ? core->fd : -1;
}

static inline int core_file_keeper_fd(const struct core_file *core)
{
  return core->path != NULL ? core->keeper : -1;
}

/* Makes a file without a name in the folder of `path`, and a process that can name it, for this one
 * may soon not have the right to. Returns 0, or a negative errno with one line in message; then
 * there is nothing to close. */
int core_file_open(struct core_file *core, const char *path, char message[static 256]);

/* The file is complete: it gets its name, in place of a file that has it. The caller has seen to
 * SIGPIPE. Returns 0 or a negative errno. */
int core_file_keep(struct core_file *core);

/* Ends the process. Without a name the file is gone. */
void core_file_close(struct core_file *core);

#endif
