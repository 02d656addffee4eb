/* Ports of devices. */
  .text

  .globl port_read8
  .type port_read8, @function
port_read8:
  mov %edi, %edx
  xor %eax, %eax
  in %dx, %al
  ret
  .size port_read8, . - port_read8

  .globl port_write8
  .type port_write8, @function
port_write8:
  mov %edi, %edx
  mov %esi, %eax
  out %al, %dx
  ret
  .size port_write8, . - port_write8

  .globl port_read16
  .type port_read16, @function
port_read16:
  mov %edi, %edx
  xor %eax, %eax
  in %dx, %ax
  ret
  .size port_read16, . - port_read16

  .globl port_write16
  .type port_write16, @function
port_write16:
  mov %edi, %edx
  mov %esi, %eax
  out %ax, %dx
  ret
  .size port_write16, . - port_write16

  .section .note.GNU-stack, "", @progbits
