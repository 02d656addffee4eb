/* Starts the other CPUs, one after the other: by INIT and one STARTUP interrupt (Intel SDM vol. 3A,
 * June 2023, 9.4.4). One that does not come is left out. */
#include "arch/x86_64/boot/boot.h"

#define TRAMPOLINE_GPA 0x8000ull

#define ICR_INIT       0x4500u
#define ICR_STARTUP    0x4600u

#define INIT_PAUSE_US  10000
#define ANSWER_MOST_US 200000
#define MOST_ATTEMPTS  5

#define MSR_EFER       0xc0000080u
#define EFER_LMA       (1ull << 10)

extern uint8_t boot_trampoline[], boot_trampoline_end[];
extern uint64_t boot_trampoline_root, boot_trampoline_efer, boot_trampoline_stack,
    boot_trampoline_entry;

static struct
{
  const struct boot_layout *layout;
  unsigned int cpu;
  struct boot_leave leave;
  volatile uint32_t has_left;
  _Alignas(16) uint8_t stack[4096];
} next;

_Noreturn void boot_other_cpu(void);

_Noreturn void boot_other_cpu(void)
{
  boot_log_set_cpu(next.cpu);
  boot_prepare_cpu(next.layout, next.cpu, &next.leave);
  next.leave.has_left = &next.has_left;
  boot_leave(&next.leave);
}

static void pause_us(const struct boot_clock *clock, uint64_t us)
{
  uint64_t begin_tsc = __builtin_ia32_rdtsc();
  while (__builtin_ia32_rdtsc() - begin_tsc < us * clock->tsc_khz / 1000)
    __builtin_ia32_pause();
}

static void write_trampoline(void)
{
  uint8_t *to = boot_pointer(TRAMPOLINE_GPA);
  boot_trampoline_root = (uint64_t) boot_tables;
  boot_trampoline_efer = boot_read_msr(MSR_EFER) & ~EFER_LMA;
  boot_trampoline_stack = (uint64_t) next.stack + sizeof(next.stack) - 8;
  boot_trampoline_entry = (uint64_t) boot_other_cpu;
  for (const uint8_t *at = boot_trampoline; at < boot_trampoline_end; at++)
    *to++ = *at;
}

static bool start_once(const struct boot_clock *clock, uint32_t apic_id)
{
  boot_apic_send(apic_id, ICR_INIT);
  pause_us(clock, INIT_PAUSE_US);
  next.has_left = 0;
  boot_apic_send(apic_id, ICR_STARTUP | (uint32_t) (TRAMPOLINE_GPA >> 12));
  for (int us = 0; us < ANSWER_MOST_US && next.has_left == 0; us += 10)
    pause_us(clock, 10);
  return next.has_left != 0;
}

/* An emulated CPU that takes the INIT late has missed the STARTUP. */
static bool start(const struct boot_clock *clock, uint32_t apic_id)
{
  for (int i = 0; i < MOST_ATTEMPTS; i++)
  {
    if (start_once(clock, apic_id))
      return true;
  }
  return false;
}

void boot_start_others(const struct boot_layout *layout, const struct boot_clock *clock,
                       const struct boot_cpus *cpus)
{
  next.layout = layout;
  write_trampoline();
  for (next.cpu = 1; next.cpu < layout->cpu_count; next.cpu++)
  {
    if (!start(clock, cpus->apic_ids[next.cpu]))
      boot_fail("a CPU does not start");
    boot_log_set_cpu(0);
  }
}
