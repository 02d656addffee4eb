/* Tries of a monitor that somebody has taken over: each is one thing that it might do to the host,
 * and what must come of it. */
#ifndef TESTS_SANDBOX_TRIES_H
#define TESTS_SANDBOX_TRIES_H

#include <stdbool.h>
#include <stddef.h>

/* The tables leave out what a try has not. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* What a try gives, if not an errno. */
#define WORKS   0
#define KILLED  (-1) /* by SIGSYS: the filter of system calls */
#define ABORTED (-2) /* by SIGABRT, as abort() does it */

/* Arguments of system calls that are known only then. */
#define PARENT      (-1000L) /* the process that started this one */
#define SELF        (-1001L)
#define KVM         (-1002L) /* descriptors: /dev/kvm, machine, CPU */
#define VM          (-1003L)
#define VCPU        (-1004L)
#define MAPPING     (-1005L) /* the mapping's */
#define INHERITED   (-1006L) /* one that was open before, for the folder outside/ */
#define SCRATCH     (-1007L) /* an address of 4 KiB, all 0 */

#define MAX_OPTIONS 6

enum thread_kind
{
  THREAD_FIRST, /* runs the first CPU */
  THREAD_CPU,   /* runs another */
  THREAD_CLOCK, /* those of the monitor */
  THREAD_STREAMS,
  THREAD_TIME,
  THREAD_NETWORK,
  THREAD_KINDS,
};

struct
try
{
  const char *name;
  int result; /* WORKS, KILLED, or an errno */
  long call;
  long argument[6];
  int (*act)(void); /* in place of a system call: 0 or an errno */
  int landlock;     /* needs this version of Landlock's, or 0 */
};

struct tries
{
  const char *name;
  const char *option[MAX_OPTIONS]; /* of the monitor */
  const struct try *list;
  size_t count;
  bool of_zones; /* with a program that reads time zones */
  enum thread_kind
      threads_from;  /* in threads of this kind and those after it, if not in the first */
  bool by_root;      /* only root can try that */
  bool no_filter;    /* without the filter of system calls, so that another barrier must do */
  bool no_landlock;  /* without Landlock's rules, as well */
  bool not_isolated; /* what is refused here with an errno works without a sandbox */
};

#define TRIES(...)                           \
  .list = (const struct try[]){__VA_ARGS__}, \
  .count = sizeof((const struct try[]){__VA_ARGS__}) / sizeof(struct try)

extern const struct tries tries_of_calls[];
extern const size_t tries_of_calls_count;
extern const struct tries tries_of_files[];
extern const size_t tries_of_files_count;

/* The port of a TCP server, and the name of a socket, of the process that started this one. */
#define SOCKET_NAME "uhyve-tries"
unsigned short server_port(void);

#endif
