/* A guest whose ring 0 is not our nucleus but an attack: ATTACK is code for its first instructions.
 *
 * The monitor must end each with status 126, or refuse it, and stay whole. */

  .section .note.uhyve.version, "a", @note
  .globl __uhyve_version_note
__uhyve_version_note:
  .long 6, 4, 1
  .asciz "uhyve"
  .balign 4
  .long 1

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

  .text
  .globl __uhyve_start_entry, __uhyve_secondary_entry, __uhyve_upcall_entry, __uhyve_syscall_entry
__uhyve_start_entry:
__uhyve_secondary_entry:
__uhyve_upcall_entry:
__uhyve_syscall_entry:
  ud2

  .data
  .quad 1

  .section .note.GNU-stack, "", @progbits
