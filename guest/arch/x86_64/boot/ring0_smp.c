/* Starts the other CPUs, one after the other: by INIT and one STARTUP interrupt (Intel SDM vol. 3A,
 * June 2023, 9.4.4). One that does not come is left out, and those behind it move up.
 *
 * The manual's second STARTUP is for a first one that was lost, which no processor here does. QEMU
 * loses none either, but its thread for a CPU may take them late: 6 s were seen on a busy machine.
 * So a CPU begins by taking the ticket; one that comes when it has been given up finds none. */
#include "arch/x86_64/boot/boot.h"

#define ICR_INIT        0x4500u
#define ICR_STARTUP     0x4600u

#define INIT_PAUSE_US   10000
#define ANSWER_MOST_US  10000000 /* of all that are waited for in vain */
#define ANSWER_LEAST_US 200000   /* of each */
#define LEAVE_MOST_US   60000000

#define MSR_EFER        0xc0000080u
#define EFER_LMA        (1ull << 10)

extern uint8_t boot_trampoline[], boot_trampoline_end[], boot_trampoline_ticket[];
extern uint64_t boot_trampoline_root, boot_trampoline_efer, boot_trampoline_stack,
    boot_trampoline_entry;

static struct
{
  const struct boot_layout *layout;
  struct boot_cpus *cpus;
  unsigned int cpu;
  struct boot_leave leave;
  volatile uint32_t has_left;
  _Alignas(16) uint8_t stack[4096];
} next;

_Noreturn void boot_other_cpu(void);

_Noreturn void boot_other_cpu(void)
{
  boot_catch_failures();
  boot_log_set_cpu(next.cpu);
  boot_prepare_cpu(next.layout, next.cpu, &next.leave);
  next.cpus->apic_ids[next.cpu] = boot_apic_own_id();
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

/* In the copy, where the other CPUs see it. */
static uint32_t *ticket(void)
{
  return boot_pointer(TRAMPOLINE_GPA + (uint64_t) (boot_trampoline_ticket - boot_trampoline));
}

static uint64_t us_since(const struct boot_clock *clock, uint64_t begin_tsc)
{
  return (__builtin_ia32_rdtsc() - begin_tsc) * 1000 / clock->tsc_khz;
}

/* False: it has not come. */
static bool start(const struct boot_clock *clock, uint32_t apic_id, uint64_t most_us)
{
  next.has_left = 0;
  __atomic_store_n(ticket(), 1, __ATOMIC_SEQ_CST);
  boot_apic_send(apic_id, ICR_STARTUP | (uint32_t) (TRAMPOLINE_GPA >> 12));
  uint64_t begin_tsc = __builtin_ia32_rdtsc();
  while (__atomic_load_n(ticket(), __ATOMIC_SEQ_CST) != 0 && us_since(clock, begin_tsc) < most_us)
    __builtin_ia32_pause();
  if (__atomic_exchange_n(ticket(), 0, __ATOMIC_SEQ_CST) != 0)
    return false;
  while (next.has_left == 0)
  {
    if (us_since(clock, begin_tsc) > LEAVE_MOST_US)
      boot_fail("a CPU has been started, and does not come up");
    __builtin_ia32_pause();
  }
  return true;
}

void boot_start_others(const struct boot_layout *layout, const struct boot_clock *clock,
                       struct boot_cpus *cpus)
{
  uint64_t most_us = ANSWER_MOST_US;
  next.layout = layout;
  next.cpus = cpus;
  write_trampoline();
  for (unsigned int i = 1; i < cpus->count; i++)
    boot_apic_send(cpus->apic_ids[i], ICR_INIT);
  if (cpus->count > 1)
    pause_us(clock, INIT_PAUSE_US);
  next.cpu = 1;
  for (unsigned int i = 1; i < cpus->count; i++)
  {
    uint32_t apic_id = cpus->apic_ids[i];
    if (start(clock, apic_id, most_us))
    {
      next.cpu++;
      boot_log_set_cpu(0);
      continue;
    }
    boot_log(BOOT_LOG_QUIET, "the CPU with local APIC %u does not start: it is left out", apic_id);
    most_us = ANSWER_LEAST_US;
  }
  cpus->count = next.cpu;
}
