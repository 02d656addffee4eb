/* A program that crashes, with debug information that says ROWS times on which line. */
  .section .debug_abbrev, "", @progbits
.Labbrev: /* a unit with a line table, from an address on, so long */
  .byte 1, 0x11, 0, 0x10, 0x17, 0x11, 0x01, 0x12, 0x07, 0, 0, 0
  .section .debug_info, "", @progbits
  .long 2f - 1f
1: .value 4
  .long .Labbrev
  .byte 8
  .byte 1
  .long .Lline
  .quad main
  .quad 0x1000
2:
  .section .debug_line, "", @progbits
.Lline:
  .long 4f - 3f
3: .value 4
  .long 6f - 5f
5: .byte 1, 1, 1
  .byte -5, 14, 13
  .byte 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1
  .byte 0
  .asciz "lines.c"
  .byte 0, 0, 0
  .byte 0
6:
  .byte 0, 9, 2
  .quad main - 1
  .fill ROWS, 1, 32 /* the next address, the same line */
  .byte 0, 1, 1
4:
  .text
  .globl main
  .type main, @function
main:
  mov %eax, 0
  .size main, . - main
  .section .note.GNU-stack, "", @progbits
