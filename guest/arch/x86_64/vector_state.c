/* Saves vector and x87 registers: XSAVE where there is, else FXSAVE. */
#include "arch/x86_64/vector_state.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>

#define FXSAVE_BYTES 512
#define CPUID_XSAVE  0xd
#define MXCSR_INIT   0x1f80

/* Intel SDM vol. 1 (June 2023), 13.7: instructions save what both this and XCR0 name. */
#define ALL_COMPONENTS 0xffffffff

static size_t state_bytes;
static bool has_xsave;
static bool has_xsavec;

size_t vector_state_bytes(void)
{
  if (state_bytes != 0)
    return state_bytes;
  unsigned int eax;
  unsigned int ebx;
  unsigned int ecx;
  unsigned int edx;
  size_t bytes = FXSAVE_BYTES;
  __cpuid(1, eax, ebx, ecx, edx);
  if ((ecx & bit_OSXSAVE) != 0)
  {
    __cpuid_count(CPUID_XSAVE, 0, eax, ebx, ecx, edx);
    bytes = ebx;
    __cpuid_count(CPUID_XSAVE, 1, eax, ebx, ecx, edx);
    has_xsavec = (eax & bit_XSAVEC) != 0;
    has_xsave = true;
  }
  state_bytes = bytes;
  return bytes;
}

void vector_state_prepare(void *state)
{
  /* The header, of which XSAVE writes a part (SDM vol. 1, 13.4.2). */
  uint64_t *header = (uint64_t *) ((char *) state + FXSAVE_BYTES);
  for (unsigned int i = 0; has_xsave && i < 8; i++)
    __atomic_store_n(&header[i], 0, __ATOMIC_RELAXED);
}

void vector_state_save(void *state)
{
  if (has_xsavec)
    __asm__ volatile("xsavec64 (%0)"
                     :
                     : "r"(state), "a"(ALL_COMPONENTS), "d"(ALL_COMPONENTS)
                     : "memory");
  else if (has_xsave)
    __asm__ volatile("xsave64 (%0)"
                     :
                     : "r"(state), "a"(ALL_COMPONENTS), "d"(ALL_COMPONENTS)
                     : "memory");
  else
    __asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
}

void vector_state_restore(const void *state)
{
  if (has_xsave)
    __asm__ volatile("xrstor64 (%0)"
                     :
                     : "r"(state), "a"(ALL_COMPONENTS), "d"(ALL_COMPONENTS)
                     : "memory");
  else
    __asm__ volatile("fxrstor64 (%0)" : : "r"(state) : "memory");
}

void vector_state_begin(void)
{
  static const uint32_t mxcsr = MXCSR_INIT;
  __asm__ volatile("fninit\n\t"
                   "ldmxcsr %0"
                   :
                   : "m"(mxcsr)
                   : "memory");
}
