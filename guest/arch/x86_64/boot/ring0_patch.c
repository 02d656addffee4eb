/* The nucleus is made for a local APIC in x2APIC mode with a timer that takes deadlines, and for a
 * monitor that reports its failures. Where there is none, some places of it are changed before it
 * runs: the first five bytes there become a jump. */
#include "arch/x86_64/boot/boot.h"

extern uint8_t patch_eoi[], patch_eoi_tlb[], patch_timer[], patch_ipi[], patch_failure[],
    patch_unknown[];
extern const uint8_t bare_eoi[], bare_eoi_tlb[], bare_timer[], bare_timer_x2apic[], bare_ipi[],
    bare_failure[], bare_unknown[];

#define JUMP       0xe9
#define JUMP_BYTES 5

static void patch(uint8_t *at, const uint8_t *target)
{
  uint32_t offset = (uint32_t) (target - (at + JUMP_BYTES));
  at[0] = JUMP;
  for (unsigned int i = 0; i < 4; i++)
    at[1 + i] = (uint8_t) (offset >> 8 * i);
}

void boot_patch_failure(void)
{
  patch(patch_failure, bare_failure);
}

void boot_patch_nucleus(void)
{
  if (!boot_apic_is_x2apic())
  {
    patch(patch_eoi, bare_eoi);
    patch(patch_eoi_tlb, bare_eoi_tlb);
    patch(patch_ipi, bare_ipi);
  }
  if (!boot_apic_has_deadline())
    patch(patch_timer, boot_apic_is_x2apic() ? bare_timer_x2apic : bare_timer);
  patch(patch_unknown, bare_unknown);
}

/* ---- Failures of the nucleus, in the nucleus ---- */

struct failure_frame
{
  uint64_t vector, error_code, rip, cs, rflags, rsp, ss;
};

_Noreturn void boot_report_failure(const struct failure_frame *frame);

/* The stacks of a CPU are in its own part of the boot area. */
static unsigned int cpu_of(uint64_t stack_gva)
{
  return (unsigned int) ((stack_gva - UHYVE_KERNEL_BASE - BOOT_PAGE_BYTES) / BOOT_NUCLEUS_BYTES);
}

bool boot_is_over(void)
{
  return (uint64_t) __builtin_frame_address(0) >= UHYVE_KERNEL_BASE;
}

_Noreturn void boot_report_failure(const struct failure_frame *frame)
{
  const bool is_over = boot_is_over();
  if (is_over)
    boot_log_set_cpu(cpu_of((uint64_t) frame));
  boot_log_prefix();
  boot_print(is_over ? "uhyve: the nucleus failed: vector "
                     : "uhyve: cannot boot: exception of vector ");
  boot_print_number(frame->vector, 10);
  boot_print(", error code 0x");
  boot_print_number(frame->error_code, 16);
  boot_print(", at 0x");
  boot_print_number(frame->rip, 16);
  boot_print(", stack pointer 0x");
  boot_print_number(frame->rsp, 16);
  boot_print("\n");
  boot_end(is_over ? 126 : 125);
}
