/* A program beside the monitor that carries a guest's frames, with one end of a socket pair. It
 * ends by itself when the other end is gone; then it may have to deliver what the guest has sent.
 */
#ifndef UHYVE_NET_NET_PROGRAM_H
#define UHYVE_NET_NET_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

/* The program's descriptors: the frames, and where it may say how it stands. */
#define NET_PROGRAM_FRAMES 3
#define NET_PROGRAM_STATUS 4

struct net_program
{
  pid_t pid;     /* 0: it has been waited for */
  int frames_fd; /* the monitor's end */
  int status_fd; /* what the program says; for net_program_read_status() */
};

/* Runs a file with an empty environment and no other descriptors. Its standard streams lead
 * nowhere, or standard error is what the status has, which it does not have besides then. No signal
 * reaches it but SIGKILL. Returns 0 or a negative errno. */
int net_program_start(struct net_program *program, const char *path, char *const *arguments,
                      bool says_on_error);

/* Reads what the program says until it has `most` bytes or closes the status, and closes it here.
 * Returns the bytes. */
size_t net_program_read_status(struct net_program *program, char *text, size_t most);

/* Waits for its end. Returns its status as wait() has it. */
int net_program_wait(struct net_program *program);

/* Ends the program, unless net_program_wait() saw its end: says that there are no more frames and
 * waits until it has closed its end of them, for a second at most. Its own end is not waited for.
 */
void net_program_end(struct net_program *program);

#endif
