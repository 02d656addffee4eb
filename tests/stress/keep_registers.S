/* void keep_registers(struct keeper *keeper): loads all registers, spins, stores all registers.
 * Meanwhile rsp points nowhere and r15 to the keeper; flags are set that a C program has clear. */
#define MASKS        2176
#define GENERAL      2240
#define MXCSR        2368
#define FCW          2372
#define ITERATIONS   2376
#define LEVEL        2384
#define BAD_FLAGS    2392
#define SAVED_RSP    2400
#define GENERAL_THEN 2408
#define VECTORS_THEN 2560
#define MASKS_THEN   4608
#define FXSAVE       4672
#define BYTES        5184

/* SF, ZF, AF, PF and CF, and the bit that is always set */
#define FLAGS_SET 0xd7

/* What moves all of a kind of registers, by name of instruction and register */
  .macro each_of_16 instruction, register, base
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  \instruction \base + 64 * \n(%r15), %\register\n
  .endr
  .endm
  .macro store_16 instruction, register, base
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  \instruction %\register\n, \base + 64 * \n(%r15)
  .endr
  .endm
  .macro each_upper load
  .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  .if \load
  vmovdqu64 64 * \n(%r15), %zmm\n
  .else
  vmovdqu64 %zmm\n, VECTORS_THEN + 64 * \n(%r15)
  .endif
  .endr
  .endm

  .text
  .globl keep_registers
  .type keep_registers, @function
keep_registers:
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  sub $8, %rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  mov %rdi, %r15
  mov %rsp, SAVED_RSP(%r15)

  ldmxcsr MXCSR(%r15)
  fninit
  fldcw FCW(%r15)
  .irp n, 7, 6, 5, 4, 3, 2, 1, 0
  fldt 2048 + 16 * \n(%r15)
  .endr
  cmpl $1, LEVEL(%r15)
  jb 1f
  je 2f
  each_of_16 vmovdqu64, zmm, 0
  each_upper 1
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7
  kmovw MASKS + 8 * \n(%r15), %k\n
  .endr
  jmp 3f
1:
  each_of_16 movdqu, xmm, 0
  jmp 3f
2:
  each_of_16 vmovdqu, ymm, 0
3:
  mov GENERAL + 8 * 2(%r15), %rdx
  mov GENERAL + 8 * 3(%r15), %rbx
  mov GENERAL + 8 * 4(%r15), %rsp
  mov GENERAL + 8 * 5(%r15), %rbp
  mov GENERAL + 8 * 7(%r15), %rdi
  mov GENERAL + 8 * 8(%r15), %r8
  mov GENERAL + 8 * 9(%r15), %r9
  mov GENERAL + 8 * 10(%r15), %r10
  mov GENERAL + 8 * 11(%r15), %r11
  mov GENERAL + 8 * 12(%r15), %r12
  mov GENERAL + 8 * 13(%r15), %r13
  mov GENERAL + 8 * 14(%r15), %r14
  std

  /* Nothing in the inner loop changes a flag, or rax. */
4:
  mov $100, %ecx
  mov $0x7f, %al
  add $1, %al /* OF */
  mov $FLAGS_SET << 8, %eax
  sahf
5:
  lea -1(%rcx), %rcx
  jrcxz 6f
  jmp 5b
6:
  jno 7f
  lahf
  cmp $FLAGS_SET, %ah
  jne 7f
  lea BYTES + 8(%r15), %rsi
  lodsb
  lodsb
  lea BYTES + 6(%r15), %rcx
  cmp %rcx, %rsi /* downwards: DF is set */
  je 8f
7:
  incq BAD_FLAGS(%r15)
  std
8:
  decq ITERATIONS(%r15)
  jnz 4b

  cld
  mov %rdx, GENERAL_THEN + 8 * 2(%r15)
  mov %rbx, GENERAL_THEN + 8 * 3(%r15)
  mov %rsp, GENERAL_THEN + 8 * 4(%r15)
  mov %rbp, GENERAL_THEN + 8 * 5(%r15)
  mov %rdi, GENERAL_THEN + 8 * 7(%r15)
  mov %r8, GENERAL_THEN + 8 * 8(%r15)
  mov %r9, GENERAL_THEN + 8 * 9(%r15)
  mov %r10, GENERAL_THEN + 8 * 10(%r15)
  mov %r11, GENERAL_THEN + 8 * 11(%r15)
  mov %r12, GENERAL_THEN + 8 * 12(%r15)
  mov %r13, GENERAL_THEN + 8 * 13(%r15)
  mov %r14, GENERAL_THEN + 8 * 14(%r15)
  mov SAVED_RSP(%r15), %rsp
  fxsave64 FXSAVE(%r15)
  cmpl $1, LEVEL(%r15)
  jb 1f
  je 2f
  store_16 vmovdqu64, zmm, VECTORS_THEN
  each_upper 0
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7
  kmovw %k\n, MASKS_THEN + 8 * \n(%r15)
  .endr
  vzeroupper
  jmp 3f
1:
  store_16 movdqu, xmm, VECTORS_THEN
  jmp 3f
2:
  store_16 vmovdqu, ymm, VECTORS_THEN
  vzeroupper
3:
  fninit
  fldcw 4(%rsp)
  ldmxcsr (%rsp)
  add $8, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret
  .size keep_registers, . - keep_registers

  .section .note.GNU-stack, "", @progbits
