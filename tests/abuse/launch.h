/* Starts the monitor for a test, reads what it says, and sees what it holds while it runs. */
#ifndef TESTS_LAUNCH_H
#define TESTS_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LAUNCH_TEXT_BYTES (64u << 10)

struct launch
{
  pid_t process;
  int error_fd;                     /* its standard error comes here */
  int status;                       /* as waitpid() has it, after launch_await() */
  uint64_t used_ms;                 /* of processor time, guest and all, after launch_await() */
  int drained_fd;                   /* -1, or what else is read, and dropped */
  char text[LAUNCH_TEXT_BYTES + 1]; /* of standard error, ended by a null */
  size_t text_bytes;                /* all there was: more may have come than is kept */
  unsigned int text_lines;
};

/* Standard input and output are what these descriptors are. Exits where nothing can be started. */
void launch_start(struct launch *launch, char *const command[], int input_fd, int output_fd);

/* Reads standard error for so long, or until the process has ended: returns true then. Wakes it
 * when it is stopped. */
bool launch_await(struct launch *launch, unsigned int milliseconds);

/* What a process holds now. */
struct holding
{
  unsigned int descriptors;
  unsigned int threads;
  uint64_t own_bytes;   /* resident, but for the guest's memory */
  uint64_t guest_bytes; /* resident in the guest's memory, a range of that size */
};

/* Returns false if the process is gone, or has no guest yet. */
bool launch_look(pid_t process, uint64_t guest_memory_bytes, struct holding *holding);

uint64_t launch_now_ms(void);

#endif
