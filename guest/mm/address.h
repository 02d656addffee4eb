/* Guest-virtual and guest-physical addresses: the only functions that convert. */
#ifndef GUEST_MM_ADDRESS_H
#define GUEST_MM_ADDRESS_H

#include <stdint.h>

#define PAGE_BYTES       4096ul

#define ADDRESS_UNMAPPED UINT64_MAX

/* What the program itself may do at an address. */
enum address_access
{
  ADDRESS_READ,
  ADDRESS_WRITE, /* and read */
};

/* The guest-physical address behind a pointer that the program may access that way, else
 * ADDRESS_UNMAPPED. What follows up to the end of its 4 KiB page is contiguous. Never blocks, never
 * faults. */
uint64_t address_to_gpa(const void *pointer, enum address_access access);

/* The same for buffers: *contiguous_bytes is how much from there on is contiguous and may be
 * accessed so, at least up to the end of the page. */
uint64_t address_to_gpa_long(const void *pointer, enum address_access access,
                             uint64_t *contiguous_bytes);

/* Where a guest-physical address is mapped in the window. */
void *address_of_gpa(uint64_t gpa);

#endif
