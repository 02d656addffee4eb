/* What a guest's ELF file tells the monitor: three notes, placed by the linker script, and one for
 * each thing it needs besides.
 *
 * All notes have the owner name "uhyve" (6 bytes with the terminating zero, padded to 8).
 * All addresses are offsets from the image's lowest address, so that a position-independent
 * image needs no relocation here.
 */
#ifndef UHYVE_GUEST_IMAGE_H
#define UHYVE_GUEST_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define UHYVE_NOTE_NAME "uhyve"

/* Note type 1: struct uhyve_note_version. Its first member never moves. */
#define UHYVE_NOTE_VERSION 1
/* Note type 2: struct uhyve_note_layout. */
#define UHYVE_NOTE_LAYOUT 2
/* Note type 3: struct uhyve_note_needs, any number of them. What no note names the monitor denies
 * itself before the program runs. */
#define UHYVE_NOTE_NEEDS 3
/* Note type 4: uint32_t, where struct uhyve_task_layout is. An image without that has no such note,
 * or 0 in it. */
#define UHYVE_NOTE_TASKS 4

struct uhyve_note_version
{
  uint32_t interface_version; /* UHYVE_INTERFACE_VERSION of the kernel library */
};

#define UHYVE_NEEDS_TIME_ZONES (1u << 0) /* the hypercall time_zone */

struct uhyve_note_needs
{
  uint32_t needs; /* UHYVE_NEEDS_*, or-ed; others do nothing */
};

/* What the monitor puts in the tables of the processor. */
struct uhyve_note_layout
{
  uint32_t nucleus_begin; /* supervisor-only code, whole pages */
  uint32_t nucleus_end;
  uint32_t vector_stubs;      /* entry of vector 0 */
  uint32_t vector_stub_bytes; /* distance of two entries */
  uint32_t boot_entry;        /* first instruction of every CPU, in ring 0 */
  uint32_t start_entry;       /* first instruction of CPU 0 in ring 3 */
  uint32_t secondary_entry;   /* first instruction of every other CPU in ring 3 */
  uint32_t upcall_entry;      /* where the nucleus resumes ring 3 for interrupts and exceptions */
  uint32_t syscall_entry;     /* a `ud2` in ring 3: LSTAR, for hosts that ignore EFER.SCE being 0 */
};

_Static_assert(sizeof(struct uhyve_note_version) == 4, "ABI");
_Static_assert(sizeof(struct uhyve_note_layout) == 36, "ABI");
_Static_assert(sizeof(struct uhyve_note_needs) == 4, "ABI");

/* Where a fixed-address image is linked, also its guest-physical address. */
#define UHYVE_IMAGE_BASE 0x200000

#endif
