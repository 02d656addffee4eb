/* A guest whose ring 0 is not our nucleus but an attack: ATTACK is code for its first instructions.
 *
 * The monitor must end each with status 126, or refuse it, and stay whole. */

  .section .note.uhyve.version, "a", @note
  .globl version_note
version_note:
  .long 6, 4, 1
  .asciz "uhyve"
  .balign 4
  .long 1

  .section .nucleus.text, "ax", @progbits
  .balign 4096
  .globl nucleus_vector_stubs
nucleus_vector_stubs:
  .fill 4096, 1, 0xf4 /* hlt, should an interrupt come */
  .globl nucleus_boot
nucleus_boot:
  ATTACK
1:
  hlt
  jmp 1b

  .text
  .globl start_entry, secondary_entry, upcall_entry, syscall_entry
start_entry:
secondary_entry:
upcall_entry:
syscall_entry:
  ud2

  .data
  .quad 1

  .section .note.GNU-stack, "", @progbits
