/* A guest whose ring 0 is not our nucleus but an attack: ATTACK is code for its first instructions.
 *
 * The monitor must end each with status 126, or refuse it, and stay whole. */

  .section .nucleus.text, "ax", @progbits
  .balign 4096
  .globl __uhyve_nucleus_vector_stubs
__uhyve_nucleus_vector_stubs:
  .fill 4096, 1, 0xf4 /* hlt, should an interrupt come */
  .globl __uhyve_nucleus_boot
__uhyve_nucleus_boot:
  ATTACK
1:
  hlt
  jmp 1b

#include "foreign_image.inc"
