/* Saves vector and x87 registers: XSAVE where there is, else FXSAVE. */
#include "arch/x86_64/vector_state.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>

#define FXSAVE_BYTES 512
#define CPUID_XSAVE  0xd
#define MXCSR_INIT   0x1f80
#define FCW_INIT     0x37f
#define EXCEPTIONS   0x3fu

/* Image of FXSAVE (SDM vol. 1, 10.5.1), and the header behind it (13.4.2) */
#define X87_BIT   1u
#define SSE_BIT   2u
#define MXCSR_AT  24
#define ST_AT     32
#define XMM_AT    160
#define XMM_BYTES 256

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

static void fill_words(char *begin, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i += 8)
    __atomic_store_n((uint64_t *) (begin + i), 0, __ATOMIC_RELAXED);
}

void vector_state_complete(void *state)
{
  char *image = state;
  uint64_t *components = (uint64_t *) (image + FXSAVE_BYTES);
  if (!has_xsave)
    return;
  if ((*components & X87_BIT) == 0)
  {
    fill_words(image, MXCSR_AT);
    fill_words(image + ST_AT, XMM_AT - ST_AT);
    *(uint16_t *) image = FCW_INIT;
  }
  if ((*components & SSE_BIT) == 0)
  {
    fill_words(image + XMM_AT, XMM_BYTES);
    *(uint32_t *) (image + MXCSR_AT) = MXCSR_INIT;
  }
  *components |= X87_BIT | SSE_BIT;
}

void vector_legacy_save(void *state)
{
  __asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
}

void vector_legacy_restore(const void *state)
{
  __asm__ volatile("fxrstor64 (%0)" : : "r"(state) : "memory");
}

static void read_control(struct vector_control *control)
{
  __asm__ volatile("stmxcsr %0\n\t"
                   "fnstcw %1\n\t"
                   "fnstsw %2"
                   : "=m"(control->mxcsr), "=m"(control->fcw), "=m"(control->fsw));
}

static void set_control(const struct vector_control *now, uint32_t mxcsr, uint16_t fcw)
{
  if (now->mxcsr != mxcsr)
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
  if (now->fcw != fcw)
    __asm__ volatile("fldcw %0" : : "m"(fcw));
}

void vector_control_begin(struct vector_control *control)
{
  read_control(control);
  set_control(control, MXCSR_INIT, FCW_INIT);
}

void vector_control_end(const struct vector_control *control)
{
  struct vector_control now;
  read_control(&now);
  if (((now.fsw ^ control->fsw) & EXCEPTIONS) != 0)
  {
    /* The status word is the second of seven (SDM vol. 1, 8.1.10). */
    uint32_t environment[7];
    __asm__ volatile("fnstenv %0" : "=m"(environment));
    environment[1] = (environment[1] & ~EXCEPTIONS) | (control->fsw & EXCEPTIONS);
    __asm__ volatile("fldenv %0" : : "m"(environment));
  }
  set_control(&now, control->mxcsr, control->fcw);
}

unsigned int vector_exceptions(bool is_x87)
{
  struct vector_control control;
  read_control(&control);
  return is_x87 ? control.fsw & ~(unsigned int) control.fcw & EXCEPTIONS
                : control.mxcsr & ~(control.mxcsr >> 7) & EXCEPTIONS;
}
