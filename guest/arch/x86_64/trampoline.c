/* Calls of nested functions by their address: inner procedures of Fortran as arguments, GNU C's
 * nested functions. gcc makes such an address that of some instructions on the stack, the
 * trampoline, which load the frame of the outer function and jump. No stack is executable here, so
 * the jump faults, and the instructions are carried out in their stead.
 *
 * Code here runs in upcalls: it is built for general registers only.
 */
#include "trampoline.h"

#include <stddef.h>

#include "mm/address.h"

/* As gcc writes them (config/i386/i386.cc, ix86_trampoline_init). */
#define ENDBR64    0xfa1e0ff3u
#define MOVL_R11   0xbb41u
#define MOVABS_R11 0xbb49u
#define MOVABS_R10 0xba49u
#define JUMP_R11   0xe3ff49u
#define LONGEST    27u

struct unaligned
{
  union
  {
    uint16_t half;
    uint32_t word;
    uint64_t quad;
  };
} __attribute__((packed));

static const struct unaligned *at(uint64_t gva)
{
  return (const struct unaligned *) gva; /* NOLINT(performance-no-int-to-ptr) */
}

static bool readable(uint64_t gva)
{
  return address_to_gpa(at(gva), ADDRESS_READ) != ADDRESS_UNMAPPED;
}

bool trampoline_follow(struct uhyve_upcall_area *area, struct trap_registers *regs)
{
  uint64_t place = area->rip;
  if (!readable(place) || !readable(place + LONGEST))
    return false;
  if (at(place)->word == ENDBR64)
    place += 4;

  uint64_t function;
  if (at(place)->half == MOVL_R11)
  {
    function = at(place + 2)->word;
    place += 6;
  }
  else if (at(place)->half == MOVABS_R11)
  {
    function = at(place + 2)->quad;
    place += 10;
  }
  else
    return false;
  if (at(place)->half != MOVABS_R10 || (at(place + 10)->word & 0xffffffu) != JUMP_R11)
    return false;

  regs->r10 = at(place + 2)->quad;
  regs->r11 = function;
  area->rip = function;
  return true;
}
