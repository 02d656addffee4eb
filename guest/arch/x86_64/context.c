/* The first context of a task. */
#include "arch/x86_64/context.h"

#define MXCSR_INIT 0x1f80
#define FCW_INIT   0x37f

extern const char context_begin[];

/* As context_switch leaves a stack. */
struct switch_frame
{
  uint64_t r15, r14, r13, r12, rbp, rbx;
  uint64_t rip;
};

void context_init(struct context *context, uint64_t stack_top_gva, void (*entry)(void))
{
  /* What is left of the stack where context_begin begins is aligned to 16 bytes. */
  uint64_t rsp = (stack_top_gva & ~15ul) - sizeof(struct switch_frame);
  struct switch_frame *frame = (struct switch_frame *) rsp; /* NOLINT(performance-no-int-to-ptr) */
  *frame = (struct switch_frame){.rbx = (uint64_t) entry, .rip = (uint64_t) context_begin};
  *context = (struct context){.rsp = rsp, .mxcsr = MXCSR_INIT, .fcw = FCW_INIT};
}
