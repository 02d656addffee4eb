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

  .globl port_read32
  .type port_read32, @function
port_read32:
  mov %edi, %edx
  in %dx, %eax
  ret
  .size port_read32, . - port_read32

  .globl port_write32
  .type port_write32, @function
port_write32:
  mov %edi, %edx
  mov %esi, %eax
  out %eax, %dx
  ret
  .size port_write32, . - port_write32

  .section .note.GNU-stack, "", @progbits
