/* The bad loader's memory maps and ACPI tables (ACPI specification 6.4, chapter 5.2). */
#include "bad_loader.h"

#include <stddef.h>

/* ---- Memory ---- */

void soil_memory(void)
{
  uint32_t *at = pointer(2u << 20);
  uint32_t count = (58u << 20) / sizeof(*at);
  __asm__ volatile("rep stosl" : "+D"(at), "+c"(count) : "a"(0xa5a5a5a5u) : "memory");
}

static const char *read_hex(const char *at, uint64_t *number)
{
  *number = 0;
  for (;; at++)
  {
    if (*at >= '0' && *at <= '9')
      *number = *number << 4 | (uint64_t) (*at - '0');
    else if (*at >= 'a' && *at <= 'f')
      *number = *number << 4 | (uint64_t) (*at - 'a' + 10);
    else
      return at;
  }
}

/* "0-a0000,f0000-100000:2": memory, and something else. */
static const char *read_map(struct multiboot_info *info, const char *at)
{
  static struct map_entry map[32];
  uint32_t count = 0;
  uint64_t begin_gpa, end_gpa, type;
  while (*at != '\0' && *at != ' ' && count < 32)
  {
    type = 1;
    at = read_hex(at, &begin_gpa);
    at = read_hex(at + 1, &end_gpa);
    if (*at == ':')
      at = read_hex(at + 1, &type);
    if (*at == ',')
      at++;
    map[count++] = (struct map_entry){20, begin_gpa, end_gpa - begin_gpa, (uint32_t) type};
  }
  info->map_gpa = gpa_of(map);
  info->map_bytes = count * (uint32_t) sizeof(map[0]);
  return at;
}

/* So many pieces of 64 KiB from 16 MiB on, 64 KiB apart, and one around the program. */
static void read_pieces(struct multiboot_info *info, const char *at)
{
  static struct map_entry map[257];
  uint64_t count;
  (void) read_hex(at, &count);
  for (uint32_t i = 0; i < count && i < 256; i++)
    map[i] = (struct map_entry){20, (16u << 20) + (i << 17), 1u << 16, 1};
  map[count] = (struct map_entry){20, 1u << 20, 15u << 20, 1};
  info->map_gpa = gpa_of(map);
  info->map_bytes = ((uint32_t) count + 1) * (uint32_t) sizeof(map[0]);
}

void give_map(struct multiboot_info *info, const char *what)
{
  const char *map = behind(what, "map=");
  const char *pieces = behind(what, "pieces=");
  if (map == NULL)
    map = behind(what, "pvh-map=");
  if (pieces != NULL)
    read_pieces(info, pieces);
  if (map == NULL)
    return;
  map = read_map(info, map);
  const char *size = behind(map, " size=");
  if (size != NULL)
  {
    uint64_t size_bytes;
    (void) read_hex(size, &size_bytes);
    *(uint32_t *) pointer(info->map_gpa) = (uint32_t) size_bytes;
  }
  if (behind(map, " short") != NULL)
    info->map_bytes -= 4;
}

/* ---- ACPI ---- */

#define RSDP 0
#define XSDT 64
#define RSDT 128
#define MADT 192
#define FADT 256
#define DSDT 640

/* A MADT with this CPU alone. */
static void write_madt(void)
{
  tables[MADT + 44 + 1] = 8;
  tables[MADT + 44 + 4] = 1;
  write_acpi_table(tables + MADT, "APIC", 52);
}

static void write_root(uint32_t at, const char *signature, uint32_t table, uint32_t entry_bytes)
{
  put(tables + at + 36, gpa_of(tables + table), entry_bytes);
  write_acpi_table(tables + at, signature, 36 + entry_bytes);
}

static void write_rsdp(uint8_t revision, uint64_t xsdt_gpa)
{
  uint8_t *rsdp = tables + RSDP;
  put_text(rsdp, "RSD PTR ");
  rsdp[15] = revision;
  put(rsdp + 16, gpa_of(tables + RSDT), 4);
  if (revision >= 2)
  {
    put(rsdp + 20, 36, 4);
    put(rsdp + 24, xsdt_gpa, 8);
  }
  sum_up(rsdp, 20, rsdp + 8);
  if (revision >= 2)
    sum_up(rsdp, 36, rsdp + 32);
  pvh_info.rsdp_gpa = gpa_of(rsdp);
}

/* How to switch off: sleep types with bits beyond the three that there are. */
static void write_dsdt(void)
{
  static const uint8_t package[] = {'_', 'S', '5', '_', 0x12, 6, 2, 0x0a, 0x15, 0x0a, 0x15};
  for (uint32_t i = 0; i < sizeof(package); i++)
    tables[DSDT + 36 + 8 + i] = package[i];
  write_acpi_table(tables + DSDT, "DSDT", 36 + 8 + sizeof(package));
}

static void write_fadt(bool is_reduced, uint32_t address_at)
{
  uint8_t *fadt = tables + FADT;
  put(fadt + 40, gpa_of(tables + DSDT), 4);
  put(fadt + 112, is_reduced ? 1u << 20 : 0, 4);
  fadt[address_at] = 1; /* I/O ports */
  fadt[address_at + 1] = is_reduced ? 8 : 16;
  put(fadt + address_at + 4, 0x3c0, 8);
  write_acpi_table(fadt, "FACP", 268);
}

static void give_root(const char *what)
{
  write_madt();
  write_root(RSDT, "RSDT", MADT, 4);
  write_root(XSDT, "XSDT", MADT, 8);
  write_rsdp(2, gpa_of(tables + XSDT));
  if (is(what, "pvh-xsdt-far"))
    write_rsdp(2, 1ull << 32);
  else if (is(what, "pvh-xsdt-sum"))
    tables[XSDT + 9]++;
  else if (is(what, "pvh-xsdt-name"))
  {
    tables[XSDT]++; /* and no RSDT */
    tables[XSDT + 9]--;
    tables[RSDT + 9]++;
  }
  else if (is(what, "pvh-xsdt-entry"))
  {
    tables[XSDT + 40] = 1; /* at 4 GiB and more */
    tables[XSDT + 9]--;
  }
  else if (is(what, "pvh-rsdp-sum"))
    tables[RSDP + 8]++;
  else if (is(what, "pvh-rsdp-name"))
  {
    tables[RSDP]++;
    tables[RSDP + 8]--;
  }
}

/* The last place of the first KiB of the extended BIOS data area that has room for 20 bytes. */
static void give_rsdp_at_end(void)
{
  const volatile uint16_t *segment = pointer(0x40e);
  uint8_t *place = pointer(((uint32_t) *segment << 4) + 1024 - 32);
  write_madt();
  write_root(RSDT, "RSDT", MADT, 4);
  write_rsdp(0, 0);
  for (uint32_t i = 0; i < 20; i++)
    place[i] = tables[RSDP + i];
  pvh_info.rsdp_gpa = 0;
}

void give_acpi(const char *what)
{
  bool is_sleep_control = is(what, "pvh-sleep-control");
  if (behind(what, "pvh-xsdt") != NULL || behind(what, "pvh-rsdp-") != NULL)
    give_root(what);
  else if (is(what, "pvh-end-of-area"))
    give_rsdp_at_end();
  else if (is_sleep_control || is(what, "pvh-long-control"))
  {
    write_dsdt();
    write_fadt(is_sleep_control, is_sleep_control ? 244 : 172);
    write_root(RSDT, "RSDT", FADT, 4);
    write_rsdp(0, 0);
  }
}
