/* The first context of a task. */
#include "arch/x86_64/context.h"

#include "hypercalls/task_layout.h"

#define MXCSR_INIT 0x1f80
#define FCW_INIT   0x37f

extern const char context_begin[];

void context_init(struct context *context, uint64_t stack_top_gva, void (*entry)(void))
{
  /* What is left of the stack where context_begin begins is aligned to 16 bytes. */
  uint64_t rsp = (stack_top_gva & ~15ul) - sizeof(struct uhyve_saved_call);
  struct uhyve_saved_call *frame =
      (struct uhyve_saved_call *) rsp; /* NOLINT(performance-no-int-to-ptr) */
  *frame = (struct uhyve_saved_call){.rbx = (uint64_t) entry, .rip = (uint64_t) context_begin};
  *context = (struct context){.rsp = rsp, .mxcsr = MXCSR_INIT, .fcw = FCW_INIT};
}
