/* Calls on files, with handlers of signals held back. */
#ifndef GUEST_POSIX_HELD_H
#define GUEST_POSIX_HELD_H

#include "fs/descriptors.h"
#include "signal/hold.h"

/* result = the call, which sees `file`, the one of the descriptor; or -EBADF. Begins again where a
 * handler has interrupted it that wants that. */
#define HELD_FILE(result, fd, call)              \
  do                                             \
  {                                              \
    struct signal_hold hold_;                    \
    do                                           \
    {                                            \
      signal_hold_begin(&hold_);                 \
      struct file *file = descriptor_get(fd);    \
      (result) = file != NULL ? (call) : -EBADF; \
      if (file != NULL)                          \
        file_put(file);                          \
    } while (signal_hold_end(&hold_, (result))); \
  } while (false)

/* result = the call. */
#define HELD(result, call)                       \
  do                                             \
  {                                              \
    struct signal_hold hold_;                    \
    do                                           \
    {                                            \
      signal_hold_begin(&hold_);                 \
      (result) = (call);                         \
    } while (signal_hold_end(&hold_, (result))); \
  } while (false)

#endif
