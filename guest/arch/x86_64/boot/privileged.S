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

  function boot_in16 /* uint16_t boot_in16(uint16_t port) */
  mov %edi, %edx
  xor %eax, %eax
  in %dx, %ax
  ret

  function boot_out16 /* void boot_out16(uint16_t port, uint16_t value) */
  mov %edi, %edx
  mov %esi, %eax
  out %ax, %dx
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

  /* The same for those that a processor may not have: false then. */
  function boot_try_read_msr /* bool boot_try_read_msr(uint32_t number, uint64_t *value) */
  mov %edi, %ecx
.Ltry_read:
  rdmsr
  shl $32, %rdx
  or %rdx, %rax
  mov %rax, (%rsi)
  mov $1, %eax
  ret

  function boot_try_write_msr /* bool boot_try_write_msr(uint32_t number, uint64_t value) */
  mov %edi, %ecx
  mov %esi, %eax
  mov %rsi, %rdx
  shr $32, %rdx
.Ltry_write:
  wrmsr
  mov $1, %eax
  ret

  /* The gate of #GP in the boot. Stack after the push: rax 0, error code 8, rip 16. */
  function boot_protection
  push %rax
  lea .Ltry_read(%rip), %rax
  cmp %rax, 16(%rsp)
  je 1f
  lea .Ltry_write(%rip), %rax
  cmp %rax, 16(%rsp)
  je 1f
  pop %rax
  jmp nucleus_vector_stubs + 13 * 16
1:
  lea 2f(%rip), %rax
  mov %rax, 16(%rsp)
  pop %rax
  add $8, %rsp
  iretq
2:
  xor %eax, %eax
  ret

  function boot_load_idt /* void boot_load_idt(const uint8_t *pointer) */
  lidt (%rdi)
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

  /* By a table without gates an exception is a triple fault, which resets most machines. */
  function boot_reset /* _Noreturn void boot_reset(void) */
  cli
  lidt .Lno_gates(%rip)
  int3
1:
  hlt
  jmp 1b
.Lno_gates:
  .word 0
  .quad 0

  .section .note.GNU-stack, "", @progbits
