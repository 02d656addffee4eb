/* Where the configuration of PCI devices lies in memory: by the ACPI MCFG (PCI Firmware
 * Specification 3.2, 4.1.2). */
#include "arch/x86_64/boot/boot.h"

struct area
{
  uint64_t begin_gpa; /* of bus 0, whatever the first one is */
  uint16_t segment;
  uint8_t first_bus, last_bus;
  uint32_t reserved;
} __attribute__((packed));

struct mcfg
{
  char signature[4];
  uint32_t len_bytes;
  uint8_t rest[28];
  uint8_t reserved[8];
  struct area areas[];
} __attribute__((packed));

_Static_assert(sizeof(struct mcfg) == 44 && sizeof(struct area) == 16, "table 4-2, 4-3");

/* Tables may be wrong: then nothing answers there. */
static bool has_devices(uint64_t gpa)
{
  const volatile uint32_t *first = boot_pointer(gpa);
  return gpa >= UHYVE_GPA_HOLE_END || *first != UINT32_MAX;
}

void boot_find_ecam(const struct boot_facts *facts, struct uhyve_start_info *info)
{
  const struct mcfg *mcfg = boot_find_acpi(facts, "MCFG");
  if (mcfg == NULL || mcfg->len_bytes < sizeof(*mcfg))
    return;
  for (uint32_t i = 0; i < (mcfg->len_bytes - sizeof(*mcfg)) / sizeof(struct area); i++)
  {
    const struct area *area = &mcfg->areas[i];
    if (area->segment != 0 || area->first_bus != 0 || !has_devices(area->begin_gpa))
      continue;
    info->ecam_gpa = area->begin_gpa;
    info->ecam_buses = area->last_bus + 1u;
    return;
  }
}
