/* I/O APICs, and where the sixteen interrupts of a PC arrive at them: by the ACPI MADT
 * (specification 6.4, 5.2.12.3 and 5.2.12.5), else by the MP tables (1.4, 4.3.2 to 4.3.4). */
#include "arch/x86_64/boot/boot.h"

#define MADT_IO_APIC       1
#define MADT_OVERRIDE      2

#define MP_BUS             1
#define MP_IO_APIC         2
#define MP_INTERRUPT       3
#define MP_IO_APIC_ENABLED 1u
#define MP_ALL_IO_APICS    0xff

/* In both: bits 0 and 1 of the flags of a line */
#define POLARITY     3u
#define POLARITY_LOW 3u

#define NO_BUS       0x100u

/* 82093AA, 3.1 and 3.2: in words */
#define IO_APIC_WINDOW    4
#define IO_APIC_VERSION   1
#define IO_APIC_LINES(of) (((of) >> 16 & 0xff) + 1)

static struct uhyve_io_apic io_apics[UHYVE_MOST_IO_APICS];
static unsigned int io_apic_count;

/* Only what the tables have otherwise than usual. */
static struct
{
  bool is_there;
  struct uhyve_isa_line line;
} overrides[UHYVE_ISA_LINES];

static unsigned int isa_bus = NO_BUS;
static uint8_t mp_apic_ids[UHYVE_MOST_IO_APICS];

static uint32_t read32(const uint8_t *at)
{
  return at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
}

static void add_io_apic(uint32_t gpa, uint32_t first_line)
{
  if (io_apic_count < UHYVE_MOST_IO_APICS)
    io_apics[io_apic_count++] =
        (struct uhyve_io_apic){.registers_gpa = gpa, .first_line = first_line};
}

static void add_line(uint8_t interrupt, uint32_t line, uint8_t flags)
{
  if (interrupt >= UHYVE_ISA_LINES)
    return;
  overrides[interrupt].is_there = true;
  overrides[interrupt].line.line = line;
  overrides[interrupt].line.is_low = (flags & POLARITY) == POLARITY_LOW;
}

void boot_take_madt_line(const uint8_t *entry)
{
  if (entry[0] == MADT_IO_APIC && entry[1] >= 12)
    add_io_apic(read32(entry + 4), read32(entry + 8));
  else if (entry[0] == MADT_OVERRIDE && entry[1] >= 10 && entry[2] == 0)
    add_line(entry[3], read32(entry + 4), entry[8]);
}

/* MP tables do not count lines over several I/O APICs: that is done here, in the order they are in.
 */
static uint32_t lines_so_far(void)
{
  if (io_apic_count == 0)
    return 0;
  const struct uhyve_io_apic *last = &io_apics[io_apic_count - 1];
  volatile uint32_t *select = boot_pointer(last->registers_gpa);
  *select = IO_APIC_VERSION;
  return last->first_line + IO_APIC_LINES(select[IO_APIC_WINDOW]);
}

static void add_mp_io_apic(const uint8_t *entry)
{
  if ((entry[3] & MP_IO_APIC_ENABLED) == 0 || io_apic_count == UHYVE_MOST_IO_APICS)
    return;
  mp_apic_ids[io_apic_count] = entry[1];
  add_io_apic(read32(entry + 4), lines_so_far());
}

static void add_mp_line(const uint8_t *entry)
{
  for (unsigned int i = 0; i < io_apic_count; i++)
  {
    if (entry[6] != mp_apic_ids[i] && entry[6] != MP_ALL_IO_APICS)
      continue;
    add_line(entry[5], io_apics[i].first_line + entry[7], entry[2]);
    return;
  }
}

void boot_take_mp_line(const uint8_t *entry)
{
  if (entry[0] == MP_BUS && entry[2] == 'I' && entry[3] == 'S' && entry[4] == 'A')
    isa_bus = entry[1];
  else if (entry[0] == MP_IO_APIC)
    add_mp_io_apic(entry);
  else if (entry[0] == MP_INTERRUPT && entry[1] == 0 && entry[4] == isa_bus)
    add_mp_line(entry);
}

void boot_log_lines(void)
{
  for (unsigned int i = 0; i < io_apic_count; i++)
    boot_log(BOOT_LOG_VERBOSE, "I/O APIC at 0x%lx, lines from %u on", io_apics[i].registers_gpa,
             io_apics[i].first_line);
  for (unsigned int i = 0; i < UHYVE_ISA_LINES; i++)
  {
    const struct uhyve_isa_line *line = &overrides[i].line;
    if (overrides[i].is_there && (line->line != i || line->is_low != 0))
      boot_log(BOOT_LOG_VERBOSE, "interrupt %u of the PC is line %u%s", i, line->line,
               line->is_low != 0 ? ", active low" : "");
  }
}

void boot_write_lines(struct uhyve_lines *lines)
{
  lines->io_apic_count = io_apic_count;
  for (unsigned int i = 0; i < io_apic_count; i++)
    lines->io_apics[i] = io_apics[i];
  for (unsigned int i = 0; i < UHYVE_ISA_LINES; i++)
  {
    lines->isa[i] = (struct uhyve_isa_line){.line = i};
    if (overrides[i].is_there)
      lines->isa[i] = overrides[i].line;
  }
}
