/* Where the kernel library keeps a program's threads: constants in the image, for crash reports.
 *
 * A note of the image (guest_image.h) says where this struct is. The monitor reads it, and the
 * threads by it, when no CPU of the guest runs any more. It trusts nothing of what it finds.
 */
#ifndef UHYVE_TASK_LAYOUT_H
#define UHYVE_TASK_LAYOUT_H

#include <stdint.h>

#define UHYVE_TASK_LAYOUT_VERSION 1

struct uhyve_task_layout
{
  uint32_t version;    /* UHYVE_TASK_LAYOUT_VERSION */
  uint32_t task_bytes; /* that the kernel library keeps of a thread */
  uint64_t first_gva;  /* of a pointer to the first thread; each has one to the next, or null */
  uint32_t current;    /* in the page of a CPU, which begins with its struct uhyve_upcall_area: a
                          pointer to the thread that runs there, or null */

  /* Offsets in what is kept of a thread */
  uint32_t next;
  uint32_t id;   /* int32_t */
  uint32_t name; /* ends with a null unless all of its bytes are used */
  uint32_t name_bytes;
  uint32_t is_queued;    /* a byte, not 0: it waits for a CPU */
  uint32_t is_preempted; /* a byte, not 0: it left its CPU by an interrupt */
  uint32_t wait_end;     /* uint32_t, 0: it waits for something */
  uint32_t end_state;    /* uint32_t */
  uint32_t ended;        /* not an offset: the bit of that which says that it has ended */
  uint32_t fs_base;      /* uint64_t, as the next two */
  uint32_t stack_gva;
  uint32_t stack_bytes;
  uint32_t context;      /* uint64_t: where struct uhyve_saved_call is, of one not preempted */
  uint32_t frame;        /* struct uhyve_saved_frame, of one that is */
  uint32_t vector_state; /* uint64_t: where its XSAVE area is, 512 bytes at least; 0: nowhere */
};

/* What a thread that leaves its CPU by a call has on its stack, from the stack pointer on. */
struct uhyve_saved_call
{
  uint64_t r15, r14, r13, r12, rbp, rbx;
  uint64_t rip;
};

/* General registers as an upcall has them on its stack, right below the save area. */
struct uhyve_saved_registers
{
  uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

struct uhyve_saved_frame
{
  struct uhyve_saved_registers registers;
  uint64_t rip, rsp, rflags;
};

_Static_assert(sizeof(struct uhyve_task_layout) == 80, "ABI");
_Static_assert(sizeof(struct uhyve_saved_call) == 56, "ABI");
_Static_assert(sizeof(struct uhyve_saved_frame) == 144, "ABI");

#endif
