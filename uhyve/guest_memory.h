/* Guest-physical memory on the host: reserved, not committed; and who may touch which of it. */
#ifndef UHYVE_GUEST_MEMORY_H
#define UHYVE_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_PAGE_BYTES  4096ull
#define GUEST_LARGE_BYTES (2ull << 20)
#define GUEST_HUGE_BYTES  (1ull << 30)

enum guest_access
{
  GUEST_NONE = 0,
  GUEST_READ = 1,
  GUEST_WRITE = 2,
  GUEST_READ_WRITE = 3,
};

/* RAM before and after the hole below 4 GiB; one host mapping serves both. */
struct guest_slot
{
  uint64_t gpa;
  uint64_t len_bytes;
  uint8_t *hva;
};

/* An exception from the rule that a guest may read and write all of its RAM. */
struct guest_protected_range
{
  uint64_t gpa;
  uint64_t len_bytes;
  enum guest_access allowed;
};

#define GUEST_SLOTS            2 /* of RAM; KVM's are pieces of them */
#define GUEST_PROTECTED_RANGES 32

struct guest_memory
{
  struct guest_slot slots[GUEST_SLOTS]; /* unused ones have length 0 */
  struct guest_protected_range protected_ranges[GUEST_PROTECTED_RANGES];
  unsigned int protected_count;
  uint64_t attached_bytes;       /* how much of the RAM, from its start, KVM knows */
  _Atomic uint64_t mapped_bytes; /* how much of it the guest has: attached and in its page tables */
  unsigned int attached_slots;
  uint8_t *mapping;
  size_t mapping_bytes;
};

/* Reserves size_bytes of RAM, a multiple of 2 MiB. Returns 0 or a negative errno. */
int guest_memory_reserve(struct guest_memory *memory, uint64_t size_bytes);

/* RAM in all, and the guest-physical address of a place in it, counted without the hole. */
uint64_t guest_memory_size(const struct guest_memory *memory);
uint64_t guest_memory_gpa(const struct guest_memory *memory, uint64_t ram_offset);

/* Bytes from there to the end of the slot, or to the end of the range if that comes first. */
uint64_t guest_memory_piece(const struct guest_memory *memory, uint64_t ram_offset,
                            uint64_t ram_end);

/* Gives everything back to the host. */
void guest_memory_release(struct guest_memory *memory);

/* The host address of RAM the monitor itself placed there; null unless all of it is in one slot. */
void *guest_memory_hva(const struct guest_memory *memory, uint64_t gpa, uint64_t len_bytes);

/* Restricts what the guest may have the monitor do in a range. Ranges must not overlap. Returns 0
 * or -ENOSPC. */
int guest_memory_protect(struct guest_memory *memory, uint64_t gpa, uint64_t len_bytes,
                         enum guest_access allowed);

/* The host address of a range that a guest named, or null unless all of it is RAM in one slot
 * which the guest has and may access that way itself. Takes any numbers. For any thread. */
void *guest_memory_access(const struct guest_memory *memory, uint64_t gpa, uint64_t len_bytes,
                          enum guest_access access);

#endif
