/* The order in which a guest without a monitor comes up, until it runs in ring 3. */
#include "arch/x86_64/boot/boot.h"

static struct boot_facts facts;
static struct boot_layout layout;
static struct boot_clock clock;
static struct boot_leave leave;

_Noreturn void boot_main(uint32_t magic, uint64_t info_gpa);

_Noreturn void boot_main(uint32_t magic, uint64_t info_gpa)
{
  boot_read_facts(&facts, magic, info_gpa);
  boot_mask_pics();
  boot_plan(&layout, &facts, 1);
  boot_read_clock(&clock);
  boot_write_tables(&layout);
  boot_write_start(&layout, &facts, &clock, boot_map(&layout));
  boot_patch_nucleus();
  boot_prepare_cpu(&layout, 0, &leave);
  boot_leave(&leave);
}
