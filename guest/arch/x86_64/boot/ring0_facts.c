/* What a loader has left: by Multiboot 1 (specification 0.6.96, section 3.3) or by the PVH boot
 * protocol (Xen's xen/include/public/arch-x86/hvm/start_info.h). */
#include "arch/x86_64/boot/boot.h"

#define MULTIBOOT_MAGIC        0x2badb002u
#define MULTIBOOT_FLAG_COMMAND (1u << 2)
#define MULTIBOOT_FLAG_MODULES (1u << 3)
#define MULTIBOOT_FLAG_MAP     (1u << 6)
#define MULTIBOOT_FLAG_LOADER  (1u << 9)

struct multiboot_info
{
  uint32_t flags;
  uint32_t lower_kib, upper_kib;
  uint32_t boot_device;
  uint32_t command_gpa;
  uint32_t module_count, modules_gpa;
  uint32_t symbols[4];
  uint32_t map_bytes, map_gpa;
  uint32_t drives_bytes, drives_gpa;
  uint32_t config_gpa;
  uint32_t loader_name_gpa;
};

struct multiboot_map_entry
{
  uint32_t size_bytes; /* of what follows */
  uint64_t begin_gpa;
  uint64_t len_bytes;
  uint32_t type;
} __attribute__((packed));

struct multiboot_module
{
  uint32_t begin_gpa, end_gpa;
  uint32_t text_gpa;
  uint32_t reserved;
};

#define PVH_MAGIC 0x336ec578u

struct pvh_info
{
  uint32_t magic;
  uint32_t version;
  uint32_t flags;
  uint32_t module_count;
  uint64_t modules_gpa;
  uint64_t command_gpa;
  uint64_t rsdp_gpa;
  uint64_t map_gpa; /* from version 1 on */
  uint32_t map_entries;
  uint32_t reserved;
};

struct pvh_map_entry
{
  uint64_t begin_gpa;
  uint64_t len_bytes;
  uint32_t type;
  uint32_t reserved;
};

struct pvh_module
{
  uint64_t begin_gpa, len_bytes;
  uint64_t text_gpa;
  uint64_t reserved;
};

#define TYPE_RAM 1

#define BAD_MAP  "the memory map is not as it should be"

/* What is not memory comes second: it is what counts where the two overlap. */
enum pass
{
  PASS_RAM,
  PASS_OTHERS,
  PASSES
};

static void take_entry(struct boot_facts *facts, enum pass pass, uint64_t begin_gpa,
                       uint64_t len_bytes, uint32_t type)
{
  if (type != TYPE_RAM && pass == PASS_OTHERS)
    boot_remove_ram(facts, begin_gpa, len_bytes);
  if (type != TYPE_RAM || pass != PASS_RAM)
    return;
  if (len_bytes > UINT64_MAX - begin_gpa)
    boot_fail(BAD_MAP);
  boot_add_ram(facts, begin_gpa, len_bytes);
}

static void copy_command(struct boot_facts *facts, uint64_t gpa)
{
  const char *text = boot_pointer(gpa);
  size_t length = 0;
  while (gpa != 0 && text[length] != '\0')
  {
    if (length == sizeof(facts->command_line) - 1)
      boot_fail("the command line is too long: at most 4095 characters");
    facts->command_line[length] = text[length];
    length++;
  }
  facts->command_line[length] = '\0';
}

static bool begins_with(const char *text, const char *prefix)
{
  while (*prefix != '\0' && *text == *prefix)
  {
    text++;
    prefix++;
  }
  return *prefix == '\0';
}

static void read_multiboot_map(struct boot_facts *facts, enum pass pass,
                               const struct multiboot_info *info)
{
  const struct multiboot_map_entry *entry;
  const uint64_t head_bytes = sizeof(entry->size_bytes);
  uint64_t entry_bytes;
  if (info->map_bytes > UHYVE_GPA_HOLE_END - info->map_gpa)
    boot_fail(BAD_MAP);
  for (uint64_t at = 0; at < info->map_bytes; at += entry_bytes)
  {
    entry = boot_pointer(info->map_gpa + at);
    if (info->map_bytes - at < sizeof(*entry))
      boot_fail(BAD_MAP);
    entry_bytes = head_bytes + entry->size_bytes;
    if (entry_bytes < sizeof(*entry) || entry_bytes > info->map_bytes - at)
      boot_fail(BAD_MAP);
    take_entry(facts, pass, entry->begin_gpa, entry->len_bytes, entry->type);
  }
}

static void read_multiboot(struct boot_facts *facts, const struct multiboot_info *info)
{
  if ((info->flags & MULTIBOOT_FLAG_MAP) == 0)
    boot_fail("the loader gives no memory map");
  for (enum pass pass = PASS_RAM; pass < PASSES; pass++)
    read_multiboot_map(facts, pass, info);
  if ((info->flags & MULTIBOOT_FLAG_COMMAND) != 0)
    copy_command(facts, info->command_gpa);
  /* QEMU puts the file's name first, GRUB leaves it out. */
  facts->has_program_name = (info->flags & MULTIBOOT_FLAG_LOADER) != 0 &&
                            begins_with(boot_pointer(info->loader_name_gpa), "qemu");
  if ((info->flags & MULTIBOOT_FLAG_MODULES) != 0 && info->module_count > 0)
  {
    const struct multiboot_module *module = boot_pointer(info->modules_gpa);
    facts->module_gpa = module->begin_gpa;
    facts->module_bytes = module->end_gpa - module->begin_gpa;
  }
}

static void read_pvh(struct boot_facts *facts, const struct pvh_info *info)
{
  if (info->version < 1 || info->map_gpa == 0)
    boot_fail("the loader gives no memory map");
  const struct pvh_map_entry *map = boot_pointer(info->map_gpa);
  for (enum pass pass = PASS_RAM; pass < PASSES; pass++)
  {
    for (uint32_t i = 0; i < info->map_entries; i++)
      take_entry(facts, pass, map[i].begin_gpa, map[i].len_bytes, map[i].type);
  }
  copy_command(facts, info->command_gpa);
  facts->rsdp_gpa = info->rsdp_gpa;
  if (info->module_count > 0)
  {
    const struct pvh_module *module = boot_pointer(info->modules_gpa);
    facts->module_gpa = module->begin_gpa;
    facts->module_bytes = module->len_bytes;
  }
}

void boot_read_facts(struct boot_facts *facts, uint32_t magic, uint64_t info_gpa)
{
  const struct pvh_info *pvh = boot_pointer(info_gpa);
  /* This first: the firmware of QEMU's microvm leaves Multiboot's number in EAX then, too. */
  if (pvh->magic == PVH_MAGIC)
  {
    facts->protocol = "PVH";
    read_pvh(facts, pvh);
  }
  else if (magic == MULTIBOOT_MAGIC)
  {
    facts->protocol = "Multiboot";
    read_multiboot(facts, boot_pointer(info_gpa));
  }
  else
    boot_fail("started neither by a Multiboot 1 loader nor by the PVH boot protocol");
  boot_round_ram(facts);
}
