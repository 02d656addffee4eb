/* What a hypercall's handler gets besides its block, and the checks of what a block names. */
#ifndef UHYVE_CALL_H
#define UHYVE_CALL_H

#include <stdbool.h>
#include <sys/uio.h>

#include "hypercall_table.h"

struct call
{
  struct vm *vm;
  unsigned int cpu;
  const char *name;
  char *message; /* 256 bytes, for HYPERCALL_BROKEN */
};

/* Says in the message, behind the call's name, what is wrong. Returns HYPERCALL_BROKEN. */
__attribute__((format(printf, 2, 3))) enum hypercall_verdict call_broken(struct call *call,
                                                                         const char *format, ...);

/* No signal ends a read or write of the host's that finds what it wants: neither a wait for this
 * CPU at the guest's end nor any other call lasts longer than it takes to move so much. */
#define CALL_MOVES_MAX_BYTES (16u << 20)

/* Checks a scatter list and turns it into the host's, of at most CALL_MOVES_MAX_BYTES. Returns its
 * length, or -1 and says why. */
int call_segments(struct call *call, const struct hc_segment *segments, uint32_t count,
                  enum guest_access access, struct iovec pieces[static HC_MAX_SEGMENTS]);

/* Copies a path, and ends it by a null. Returns false and says why. */
bool call_path(struct call *call, const struct hc_segment path[static 2],
               char text[static HC_MAX_PATH_BYTES + 1]);

/* The mapping of that number, or null and says why. */
const struct mapping *call_mapping(struct call *call, uint32_t mapping);

#endif
