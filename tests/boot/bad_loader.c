/* A bad loader: puts a program, its first module, where it belongs, and starts it with information
 * in which something is missing or wrong. What, the second word of its own command line says, which
 * is the program's too. */
#include "bad_loader.h"

#include <stddef.h>

#define MULTIBOOT_MAGIC        0x2badb002u
#define MULTIBOOT_HEADER_MAGIC 0x1badb002u
#define PVH_MAGIC              0x336ec578u

/* What the specification has at the begin of a file, with the address fields. */
struct multiboot_header
{
  uint32_t magic, flags, checksum;
  uint32_t header_gpa, load_gpa, load_end_gpa, bss_end_gpa, entry_gpa;
};

uint32_t handed_eax, handed_ebx, handed_entry;
void bad_loader(struct multiboot_info *info);

static uint32_t load(const uint8_t *file)
{
  const struct multiboot_header *header = (const void *) file;
  while (header->magic != MULTIBOOT_HEADER_MAGIC)
    header = (const void *) ((const uint8_t *) header + sizeof(uint32_t));
  const uint8_t *from = (const uint8_t *) header - (header->header_gpa - header->load_gpa);
  volatile uint8_t *to = pointer(header->load_gpa);
  for (uint32_t i = 0; i < header->load_end_gpa - header->load_gpa; i++)
    to[i] = from[i];
  to = pointer(header->load_end_gpa);
  for (uint32_t i = 0; i < header->bss_end_gpa - header->load_end_gpa; i++)
    to[i] = 0;
  return header->entry_gpa;
}

bool is(const char *text, const char *word)
{
  for (; *text == *word && *word != '\0'; text++, word++)
    ;
  return *word == '\0' && (*text == '\0' || *text == ' ');
}

const char *behind(const char *text, const char *prefix)
{
  for (; *prefix != '\0'; text++, prefix++)
    if (*text != *prefix)
      return NULL;
  return text;
}

/* ---- PVH ---- */

struct pvh_map_entry
{
  uint64_t begin_gpa, len_bytes;
  uint32_t type, reserved;
};

struct pvh_info pvh_info;

/* The same memory and command line as by Multiboot. */
static void hand_over_by_pvh(const struct multiboot_info *info)
{
  static struct pvh_map_entry map[32];
  const struct map_entry *entry = pointer(info->map_gpa);
  pvh_info.magic = PVH_MAGIC;
  pvh_info.version = 1;
  pvh_info.map_gpa = gpa_of(map);
  pvh_info.command_gpa = info->command_gpa;
  while (gpa_of(entry) < info->map_gpa + info->map_bytes && pvh_info.map_entries < 32)
  {
    map[pvh_info.map_entries++] =
        (struct pvh_map_entry){entry->begin_gpa, entry->len_bytes, entry->type, 0};
    entry = pointer(gpa_of(entry) + entry->size_bytes + (uint32_t) sizeof(entry->size_bytes));
  }
  handed_eax = 0;
  handed_ebx = gpa_of(&pvh_info);
}

/* ---- Tables that name CPUs: ACPI specification 6.4, 5.2; MP specification 1.4, chapter 4 ---- */

uint8_t tables[TABLES_BYTES];

void put(uint8_t *at, uint64_t number, unsigned int bytes)
{
  for (unsigned int i = 0; i < bytes; i++)
    at[i] = (uint8_t) (number >> 8 * i);
}

void put_text(uint8_t *at, const char *text)
{
  while (*text != '\0')
    *at++ = (uint8_t) *text++;
}

void sum_up(const uint8_t *begin, uint32_t len_bytes, uint8_t *checksum)
{
  uint8_t sum = 0;
  for (uint32_t i = 0; i < len_bytes; i++)
    sum = (uint8_t) (sum + begin[i]);
  *checksum = (uint8_t) (*checksum - sum);
}

struct cpu
{
  bool is_x2apic, is_disabled;
  uint32_t apic_id;
};

/* "0,x300,7!": local APIC 0, 300 as for x2APIC mode, and 7, which is not to be used. */
static const char *read_cpu(const char *at, struct cpu *cpu)
{
  if (*at == ',')
    at++;
  *cpu = (struct cpu){.is_x2apic = *at == 'x'};
  for (at += cpu->is_x2apic ? 1 : 0; *at >= '0' && *at <= '9'; at++)
    cpu->apic_id = 10 * cpu->apic_id + (uint32_t) (*at - '0');
  cpu->is_disabled = *at == '!';
  return cpu->is_disabled ? at + 1 : at;
}

void write_acpi_table(uint8_t *at, const char *signature, uint32_t len_bytes)
{
  put_text(at, signature);
  put(at + 4, len_bytes, 4);
  sum_up(at, len_bytes, at + 9);
}

static void give_madt(const char *cpus)
{
  uint8_t *rsdp = tables, *xsdt = tables + 64, *madt = tables + 128, *entry = madt + 44;
  struct cpu cpu;
  while (*cpus != '\0' && *cpus != ' ')
  {
    cpus = read_cpu(cpus, &cpu);
    entry[0] = cpu.is_x2apic ? 9 : 0;
    entry[1] = cpu.is_x2apic ? 16 : 8;
    put(entry + (cpu.is_x2apic ? 4 : 3), cpu.apic_id, cpu.is_x2apic ? 4 : 1);
    put(entry + (cpu.is_x2apic ? 8 : 4), cpu.is_disabled ? 0 : 1, 4);
    entry += entry[1];
  }
  write_acpi_table(madt, "APIC", (uint32_t) (entry - madt));
  put(xsdt + 36, gpa_of(madt), 8);
  write_acpi_table(xsdt, "XSDT", 36 + 8);
  put_text(rsdp, "RSD PTR ");
  rsdp[15] = 2;
  put(rsdp + 20, 36, 4);
  put(rsdp + 24, gpa_of(xsdt), 8);
  sum_up(rsdp, 20, rsdp + 8);
  sum_up(rsdp, 36, rsdp + 32);
  pvh_info.rsdp_gpa = gpa_of(rsdp);
}

/* 250 CPUs, and a module that leaves room for one. */
static void give_crowd(void)
{
  static uint64_t module[4] = {16u << 20, 108u << 20};
  static char cpus[1024];
  char *at = cpus;
  for (uint32_t id = 1; id <= 250; id++)
  {
    *at++ = (char) ('0' + id / 100);
    *at++ = (char) ('0' + id / 10 % 10);
    *at++ = (char) ('0' + id % 10);
    *at++ = ',';
  }
  at[-1] = '\0';
  give_madt(cpus);
  pvh_info.module_count = 1;
  pvh_info.modules_gpa = gpa_of(module);
}

/* In the first KiB of the extended BIOS data area. */
static void give_mp_tables(const char *cpus)
{
  const volatile uint16_t *segment = pointer(0x40e);
  uint8_t *floating = pointer((uint32_t) *segment << 4), *entry = tables + 44;
  uint16_t count = 0;
  struct cpu cpu;
  for (; *cpus != '\0' && *cpus != ' '; count++)
  {
    cpus = read_cpu(cpus, &cpu);
    entry[1] = (uint8_t) cpu.apic_id;
    entry[3] = cpu.is_disabled ? 0 : 1;
    entry += 20;
  }
  put_text(tables, "PCMP");
  put(tables + 4, (uint32_t) (entry - tables), 2);
  put(tables + 34, count, 2);
  sum_up(tables, (uint32_t) (entry - tables), tables + 7);
  put(floating, 0, 8);
  put(floating + 8, 0, 8);
  put_text(floating, "_MP_");
  put(floating + 4, gpa_of(tables), 4);
  floating[8] = 1;
  floating[9] = 4;
  sum_up(floating, 16, floating + 10);
}

/* Where firmware's pointers to tables lie: in memory, with an ISA bus. */
static void hide_tables(void)
{
  for (uint32_t gpa = 0x9fc00; gpa < 0x100000; gpa += 16)
  {
    char *at = pointer(gpa);
    if (behind(at, "_MP_") != NULL || behind(at, "RSD PTR ") != NULL)
      *at = '\0';
  }
}

/* ---- What is wrong ---- */

static void shorten_memory(struct multiboot_info *info)
{
  static struct map_entry first_mib = {20, 0, 640 << 10, 1};
  info->map_bytes = sizeof(first_mib);
  info->map_gpa = gpa_of(&first_mib);
}

static void give_module(struct multiboot_info *info, uint32_t len_bytes)
{
  static uint32_t module[4] = {16u << 20};
  module[1] = module[0] + len_bytes;
  info->modules_gpa = gpa_of(module);
  info->flags |= FLAG_MODULES;
}

static void write_command(struct multiboot_info *info, uint32_t len_bytes, bool is_words)
{
  static char command[6000];
  for (uint32_t i = 0; i < len_bytes; i++)
    command[i] = is_words && i % 2 != 0 ? ' ' : 'w';
  info->command_gpa = gpa_of(command);
  info->flags |= FLAG_COMMAND;
}

static bool do_wrong_by_pvh(struct multiboot_info *info, const char *what)
{
  const char *cpus = behind(what, "madt=");
  const char *broken = behind(what, "broken-madt=");
  if (cpus == NULL && broken == NULL && behind(what, "pvh-") == NULL)
    return false;
  hand_over_by_pvh(info);
  give_acpi(what);
  if (is(what, "pvh-crowd"))
    give_crowd();
  if (cpus != NULL || broken != NULL)
    give_madt(cpus != NULL ? cpus : broken);
  if (broken != NULL)
    tables[128 + 9]++; /* the checksum of the MADT */
  if (is(what, "pvh-no-map"))
    pvh_info.map_gpa = 0;
  else if (is(what, "pvh-version-0"))
    pvh_info.version = 0;
  else if (is(what, "pvh-far-map"))
    pvh_info.map_gpa = 1ull << 40;
  else if (is(what, "pvh-no-rsdp"))
    pvh_info.rsdp_gpa = 0x1000;
  return true;
}

static void do_wrong(struct multiboot_info *info, const char *what)
{
  const char *cpus = behind(what, "mp=");
  give_map(info, what);
  if (do_wrong_by_pvh(info, what))
    return;
  if (cpus != NULL)
    give_mp_tables(cpus);
  else if (is(what, "no-tables"))
    hide_tables();
  else if (is(what, "no-map"))
    info->flags &= ~FLAG_MAP;
  else if (is(what, "empty-map"))
    info->map_bytes = 0;
  else if (is(what, "endless-map"))
    *(uint32_t *) pointer(info->map_gpa) = (uint32_t) -4;
  else if (is(what, "first-mib"))
    shorten_memory(info);
  else if (is(what, "large-module"))
    give_module(info, 256u << 20);
  else if (is(what, "module-of-most"))
    give_module(info, 120u << 20);
  else if (is(what, "unknown"))
    handed_eax = 0;
  else if (is(what, "long-command"))
    write_command(info, 5999, false);
  else if (is(what, "many-words"))
    write_command(info, 600, true);
}

void bad_loader(struct multiboot_info *info)
{
  const uint32_t *module = pointer(info->modules_gpa);
  const char *what = pointer(info->command_gpa);
  while (*what != ' ')
    what++;
  handed_eax = MULTIBOOT_MAGIC;
  handed_ebx = gpa_of(info);
  if (is(what + 1, "soiled"))
    soil_memory();
  handed_entry = load(pointer(module[0]));
  info->flags &= ~FLAG_MODULES;
  do_wrong(info, what + 1);
}
