/* Our nucleus, started by code that makes it fault without a usable stack: the double fault must be
 * reported from a stack of its own. */
#define nucleus_boot nucleus_boot_not_used_here
#include "guest/arch/x86_64/nucleus.S"

  .set __uhyve_nucleus_vector_stubs, nucleus_vector_stubs
  .globl __uhyve_nucleus_vector_stubs

  .section .nucleus.text
  .globl __uhyve_nucleus_boot
__uhyve_nucleus_boot:
  mov $SELECTOR_TSS, %eax
  ltr %ax
  mov $0x5a5a, %ebx
  xor %esp, %esp
  ud2

/* What the nucleus knows of the kernel library; not reached either. */
  .text
upcall_return_begin:
upcall_return_end:
nucleus_call_site:
  ud2

#include "foreign_image.inc"
