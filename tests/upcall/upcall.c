/* Interrupts at any instruction leave no trace: registers, flags, vector state, red zone and a
 * garbage stack pointer are the same after thousands of upcalls.
 *
 * usage: upcall ROUNDS */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hypercalls/start_info.h"

/* The kernel library's way into the nucleus; call 0 arms the timer. */
long nucleus_call(long number, uint64_t argument) __asm__("__uhyve_nucleus_call");

/* Arms the timer, then for some 100 microseconds checks that nothing changes. Returns 0 when all is
 * intact. The interrupt hits anywhere in the loop. */
static int round_intact(uint64_t delay, uint64_t iterations)
{
  uint64_t bad = 1;
  nucleus_call(0, __builtin_ia32_rdtsc() + delay);
  __asm__ volatile("mov %%rsp, saved_rsp(%%rip)\n\t"
                   "mov %%rbp, saved_rbp(%%rip)\n\t"
                   "mov $0x1111, %%ebx\n\t"
                   "mov $0x2222, %%ebp\n\t"
                   "mov $0x3333, %%esi\n\t"
                   "mov $0x4444, %%edi\n\t"
                   "mov $0x8888, %%r8d\n\t"
                   "mov $0x9999, %%r9d\n\t"
                   "mov $0xaaaa, %%r10d\n\t"
                   "mov $0xbbbb, %%r11d\n\t"
                   "mov $0xcccc, %%r12d\n\t"
                   "mov $0xdddd, %%r13d\n\t"
                   "mov $0xeeee, %%r14d\n\t"
                   "mov $0xffff, %%r15d\n\t"
                   "movq %%r15, %%xmm15\n\t"
                   "movabs $0x666600000666, %%rsp\n\t"
                   "std\n"
                   "1:\n\t"
                   "stc\n\t"
                   "jnc 2f\n\t"
                   "cmp $0x1111, %%rbx\n\t"
                   "jne 2f\n\t"
                   "cmp $0x2222, %%rbp\n\t"
                   "jne 2f\n\t"
                   "cmp $0x3333, %%rsi\n\t"
                   "jne 2f\n\t"
                   "cmp $0x4444, %%rdi\n\t"
                   "jne 2f\n\t"
                   "cmp $0x8888, %%r8\n\t"
                   "jne 2f\n\t"
                   "cmp $0x9999, %%r9\n\t"
                   "jne 2f\n\t"
                   "cmp $0xaaaa, %%r10\n\t"
                   "jne 2f\n\t"
                   "cmp $0xbbbb, %%r11\n\t"
                   "jne 2f\n\t"
                   "cmp $0xcccc, %%r12\n\t"
                   "jne 2f\n\t"
                   "cmp $0xdddd, %%r13\n\t"
                   "jne 2f\n\t"
                   "cmp $0xeeee, %%r14\n\t"
                   "jne 2f\n\t"
                   "cmp $0xffff, %%r15\n\t"
                   "jne 2f\n\t"
                   "movq %%xmm15, %%rdx\n\t"
                   "cmp $0xffff, %%rdx\n\t"
                   "jne 2f\n\t"
                   "movabs $0x666600000666, %%rdx\n\t"
                   "cmp %%rdx, %%rsp\n\t"
                   "jne 2f\n\t"
                   "dec %%rcx\n\t"
                   "jnz 1b\n\t"
                   "xor %%eax, %%eax\n"
                   "2:\n\t"
                   "cld\n\t"
                   "mov saved_rsp(%%rip), %%rsp\n\t"
                   "mov saved_rbp(%%rip), %%rbp\n\t"
                   ".pushsection .bss\n"
                   "saved_rsp: .quad 0\n"
                   "saved_rbp: .quad 0\n\t"
                   ".popsection"
                   : "+a"(bad), "+c"(iterations)
                   :
                   : "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                     "r15", "xmm15", "memory", "cc");
  return (int) bad;
}

/* The red zone below the stack pointer of a leaf function belongs to it. */
static int red_zone_intact(uint64_t delay, uint64_t iterations)
{
  uint64_t bad = 1;
  nucleus_call(0, __builtin_ia32_rdtsc() + delay);
  __asm__ volatile("mov %%rsp, %%rdx\n\t"
                   "sub $256, %%rsp\n\t"
                   "movq $0x5151, -8(%%rsp)\n\t"
                   "movq $0x6161, -128(%%rsp)\n"
                   "1:\n\t"
                   "cmpq $0x5151, -8(%%rsp)\n\t"
                   "jne 2f\n\t"
                   "cmpq $0x6161, -128(%%rsp)\n\t"
                   "jne 2f\n\t"
                   "dec %%rcx\n\t"
                   "jnz 1b\n\t"
                   "xor %%eax, %%eax\n"
                   "2:\n\t"
                   "mov %%rdx, %%rsp"
                   : "+a"(bad), "+c"(iterations)
                   :
                   : "rdx", "memory", "cc");
  return (int) bad;
}

int main(int argc, char **argv)
{
  int rounds = argc > 1 ? atoi(argv[1]) : 1000;
  uint64_t random = 1;
  for (int i = 0; i < rounds; i++)
  {
    random = random * 6364136223846793005u + 1442695040888963407u;
    uint64_t delay = (random >> 33) % 200000;
    if (round_intact(delay, 20000) != 0 || red_zone_intact(delay, 40000) != 0)
    {
      printf("round %d: something changed\n", i);
      return 1;
    }
  }
  printf("%d rounds intact\n", rounds);
  return 0;
}
