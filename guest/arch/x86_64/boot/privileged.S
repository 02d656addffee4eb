/* Privileged instructions for the boot without a monitor, as functions of C, and one for large areas. In the nucleus's pages:
 * ring 3 cannot call them. */
  .section .nucleus.text, "ax", @progbits

  .macro function name
  .globl \name
  .type \name, @function
\name:
  .endm

  function boot_in8 /* uint8_t boot_in8(uint16_t port) */
  mov %edi, %edx
  xor %eax, %eax
  in %dx, %al
  ret

  function boot_out8 /* void boot_out8(uint16_t port, uint8_t value) */
  mov %edi, %edx
  mov %esi, %eax
  out %al, %dx
  ret

  function boot_read_msr /* uint64_t boot_read_msr(uint32_t number) */
  mov %edi, %ecx
  rdmsr
  shl $32, %rdx
  or %rdx, %rax
  ret

  function boot_write_msr /* void boot_write_msr(uint32_t number, uint64_t value) */
  mov %edi, %ecx
  mov %esi, %eax
  mov %rsi, %rdx
  shr $32, %rdx
  wrmsr
  ret

  function boot_write_cr4 /* void boot_write_cr4(uint64_t value) */
  mov %rdi, %cr4
  ret

  function boot_write_xcr0 /* void boot_write_xcr0(uint64_t value) */
  xor %ecx, %ecx
  mov %edi, %eax
  mov %rdi, %rdx
  shr $32, %rdx
  xsetbv
  ret

  function boot_clear /* void boot_clear(void *at, uint64_t bytes): a multiple of 8 */
  mov %rsi, %rcx
  shr $3, %rcx
  xor %eax, %eax
  cld
  rep stosq
  ret

  function boot_halt /* _Noreturn void boot_halt(void) */
  cli
  hlt
  jmp boot_halt

  .section .note.GNU-stack, "", @progbits
