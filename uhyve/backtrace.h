/* The chain of calls that led to a point in the guest, from its registers and its stack. */
#ifndef UHYVE_BACKTRACE_H
#define UHYVE_BACKTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hc_registers;
struct symbols;

#define BACKTRACE_MAX_FRAMES 64

/* Copies guest memory through the guest's page tables. Returns 0 or -EFAULT; any address and
 * length may be asked for. */
typedef int (*backtrace_read_fn)(void *context, uint64_t gva, void *buffer, size_t len_bytes);

struct backtrace_frame
{
  uint64_t pc;
  bool is_return; /* pc follows a call: what it belongs to is found at pc - 1 */
};

/* Writes at most 'max' frames, innermost first, and returns how many. The guest may have put
 * anything into registers and stack: the walk ends where that makes no sense. */
size_t backtrace_walk(struct symbols *symbols, const struct hc_registers *registers,
                      backtrace_read_fn read, void *context, struct backtrace_frame *frames,
                      size_t max);

#endif
