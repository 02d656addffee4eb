/* The local APIC (Intel SDM vol. 3A, June 2023, chapter 11): one accessor for both of its modes.
 * Its registers have the numbers of x2APIC mode; in xAPIC mode they lie in memory, 16 bytes each.
 */
#include "arch/x86_64/boot/boot.h"
#include <cpuid.h>

#define CPUID_1_ECX_X2APIC   (1u << 21)
#define CPUID_1_ECX_DEADLINE (1u << 24)
#define CPUID_1_EDX_APIC     (1u << 9)

#define MSR_BASE             0x1b
#define BASE_BOOT_CPU        0x100ull
#define BASE_X2APIC          0x400ull
#define BASE_ENABLED         0x800ull

#define APIC_FIRST           0x800
#define APIC_REGISTER_BYTES  16

#define ICR_IS_SENDING       0x1000u
#define SPURIOUS_ENABLED     0x100u
#define TIMER_DEADLINE       0x40000u
#define DIVIDE_BY_128        0xau

static bool is_x2apic, has_deadline;

bool boot_apic_is_x2apic(void)
{
  return is_x2apic;
}

bool boot_apic_has_deadline(void)
{
  return has_deadline;
}

static volatile uint32_t *in_memory(uint32_t number)
{
  return boot_pointer(LOCAL_APIC_GPA + (uint64_t) (number - APIC_FIRST) * APIC_REGISTER_BYTES);
}

uint32_t boot_apic_read(uint32_t number)
{
  return is_x2apic ? (uint32_t) boot_read_msr(number) : *in_memory(number);
}

void boot_apic_write(uint32_t number, uint32_t value)
{
  if (is_x2apic)
    boot_write_msr(number, value);
  else
    *in_memory(number) = value;
}

/* In x2APIC mode a write is no fence: what was written before has to be seen by whom it reaches. */
void boot_apic_send(uint32_t apic_id, uint32_t command)
{
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (is_x2apic)
  {
    boot_write_msr(BOOT_APIC_ICR, (uint64_t) apic_id << 32 | command);
    return;
  }
  while ((boot_apic_read(BOOT_APIC_ICR) & ICR_IS_SENDING) != 0)
    __builtin_ia32_pause();
  boot_apic_write(BOOT_APIC_ICR_HIGH, apic_id << 24);
  boot_apic_write(BOOT_APIC_ICR, command);
}

/* There is no way from x2APIC mode back, and none into it but from xAPIC mode. */
void boot_apic_begin(void)
{
  uint32_t eax, ebx, features, edx;
  __cpuid(1, eax, ebx, features, edx);
  if ((edx & CPUID_1_EDX_APIC) == 0)
    boot_fail("this processor has no local APIC");
  is_x2apic = (features & CPUID_1_ECX_X2APIC) != 0;
  has_deadline = (features & CPUID_1_ECX_DEADLINE) != 0;
  uint64_t base = boot_read_msr(MSR_BASE);
  if ((base & BASE_X2APIC) != 0)
    return;
  base = (base & BASE_BOOT_CPU) | LOCAL_APIC_GPA | BASE_ENABLED;
  boot_write_msr(MSR_BASE, base);
  if (is_x2apic)
    boot_write_msr(MSR_BASE, base | BASE_X2APIC);
}

uint32_t boot_apic_own_id(void)
{
  uint32_t id = boot_apic_read(BOOT_APIC_ID);
  return is_x2apic ? id : id >> 24;
}

void boot_apic_enable(void)
{
  boot_apic_write(BOOT_APIC_TASK_PRIORITY, 0);
  boot_apic_write(BOOT_APIC_SPURIOUS, SPURIOUS_ENABLED | UHYVE_VECTOR_SPURIOUS);
  boot_apic_write(BOOT_APIC_TIMER_DIVISOR, DIVIDE_BY_128);
  boot_apic_write(BOOT_APIC_LVT_TIMER, UHYVE_VECTOR_TIMER | (has_deadline ? TIMER_DEADLINE : 0));
  /* In xAPIC mode a deadline may overtake it (11.5.4.1). */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
