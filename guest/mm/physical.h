/* The physical manager: frames of guest-physical memory, and how much of them is promised.
 *
 * Memory is promised (committed) before it is used, so that a page fault never lacks a frame:
 * whoever maps, or allocates frames for itself, commits first. All calls are for any CPU; but for
 * physical_commit and physical_give_back they may be made masked and in upcalls.
 */
#ifndef GUEST_MM_PHYSICAL_H
#define GUEST_MM_PHYSICAL_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_BYTES       4096ul
#define LARGE_FRAME_BYTES (2ul << 20)
#define HUGE_FRAME_BYTES  (1ul << 30)

#define PHYSICAL_NONE     UINT64_MAX

/* Promises len_bytes, whole frames; has the monitor attach more memory when that is needed. Returns
 * 0, or -ENOMEM with nothing changed. Makes a hypercall; no lock may be held. */
int physical_commit(uint64_t len_bytes);
void physical_uncommit(uint64_t len_bytes);

/* Promises out of what is attached alone, without a hypercall. Returns whether it could. */
bool physical_try_commit(uint64_t len_bytes);

/* Takes contiguous frames, aligned to align_bytes (a power of two of at least a frame), out of what
 * was committed. *zeroed: whether they are known to hold zeros. Returns their guest-physical
 * address, or PHYSICAL_NONE when there are no such contiguous frames (never for one frame that was
 * committed). */
uint64_t physical_allocate(uint64_t len_bytes, uint64_t align_bytes, bool *zeroed);

/* Takes frames back, with any content. They stay committed until physical_uncommit. */
void physical_free(uint64_t gpa, uint64_t len_bytes);

/* Gives free memory back to the host: all of it that was used when `all`, else what is over a
 * reserve that is worth keeping. Cheap when there is nothing to give; does nothing while another
 * CPU is at it. Makes hypercalls; no lock may be held. */
void physical_give_back(bool all);

struct physical_usage
{
  uint64_t total_bytes; /* that can ever be committed */
  uint64_t committed_bytes;
  uint64_t attached_bytes;
  uint64_t free_clean_bytes; /* attached, free, zero; the host has not given it yet or again */
  uint64_t free_used_bytes;  /* attached, free, with old contents */
};

struct physical_usage physical_usage(void);

#endif
