/* The order in which a guest without a monitor comes up, until it runs in ring 3. */
#include "arch/x86_64/boot/boot.h"

static struct boot_facts facts;
static struct boot_options options;
static struct boot_layout layout;
static struct boot_clock clock;
static struct boot_leave leave;
static struct boot_cpus cpus;
static volatile uint32_t has_left;

_Noreturn void boot_main(uint32_t magic, uint64_t info_gpa);

_Noreturn void boot_main(uint32_t magic, uint64_t info_gpa)
{
  boot_catch_failures();
  boot_log_begin(__builtin_ia32_rdtsc());
  boot_read_facts(&facts, magic, info_gpa);
  boot_find_rsdp(&facts);
  const struct uhyve_power_off *power_off = boot_find_power_off(&facts);
  boot_read_options(&options, &facts);
  boot_log_set_level(options.log_level);
  boot_mask_pics();
  boot_apic_begin();
  boot_read_clock(&clock, &options);
  boot_find_cpus(&cpus, &facts);
  boot_log_facts(&facts, &cpus, &clock);
  boot_log_lines();
  boot_plan(&layout, &facts, cpus.count);
  boot_log_layout(&layout);
  boot_relocate(&layout);
  boot_write_tables(&layout);
  boot_write_start(&layout, &facts, &clock, power_off, boot_map(&layout));
  boot_patch_nucleus();
  boot_prepare_cpu(&layout, 0, &leave);
  boot_start_others(&layout, &clock, &cpus);
  boot_write_cpus(&layout, &cpus);
  leave.has_left = &has_left;
  boot_leave(&leave);
}
