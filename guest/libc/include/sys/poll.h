/* The name that old programs use for <poll.h>. */
#include <poll.h>
