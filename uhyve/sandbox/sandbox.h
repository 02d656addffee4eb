/* The barrier around the monitor: what it may still do once a guest runs. */
#ifndef UHYVE_SANDBOX_SANDBOX_H
#define UHYVE_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "filters.h"

enum isolation
{
  ISOLATION_NONE,
  ISOLATION_NORMAL, /* as far as the host's kernel can */
  ISOLATION_STRICT, /* all of it, or an error; and nothing outside the mappings is looked at */
};

/* As options have them. */
#define ISOLATION_NAMES                                                                     \
  {                                                                                         \
    [ISOLATION_NONE] = "none", [ISOLATION_NORMAL] = "normal", [ISOLATION_STRICT] = "strict" \
  }

/* A file or folder that may still be opened, by a descriptor of O_PATH. */
struct sandbox_place
{
  int fd;
  bool folder;
  bool read_only;
};

struct sandbox_request
{
  enum isolation isolation;
  unsigned int needs; /* enum filter_need, or-ed */
  const struct sandbox_place *places;
  size_t place_count;
  int *kept_fds; /* these stay open, beside the standard streams; the list is sorted by this */
  size_t kept_count;
};

/* What is in force. */
struct sandbox
{
  enum isolation isolation;
  bool closes_others; /* descriptors that this process was started with */
  bool drops_privileges;
  bool has_filter;
  int landlock_version; /* 0: none */
};

/* Threads that begin before sandbox_enter() need to know. */
void sandbox_choose(enum isolation isolation);
enum isolation sandbox_chosen(void);

/* Shuts the calling thread in, and all that it starts from now on: no thread of the guest's runs
 * yet. Returns 0, or a negative errno with one line in message. */
int sandbox_enter(struct sandbox *sandbox, const struct sandbox_request *request,
                  char message[static 256]);

/* The same, closer, for a thread of the monitor that does one thing, at its begin. */
void sandbox_enter_thread(enum filter_thread thread);

#endif
