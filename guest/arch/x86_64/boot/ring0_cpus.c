/* Which CPUs there are: by the ACPI MADT (ACPI specification 6.4, 5.2.5 to 5.2.12), else by the MP
 * tables (Intel MultiProcessor Specification 1.4, chapter 4), else the one that runs.
 *
 * Tables are firmware's; a wrong length or checksum has them passed over, and no read leaves the
 * first 4 GiB. */
#include "arch/x86_64/boot/boot.h"

#define MADT_LOCAL_APIC      0
#define MADT_LOCAL_X2APIC    9
#define MADT_CPU_ENABLED     1u

#define MP_PROCESSOR         0
#define MP_PROCESSOR_BYTES   20
#define MP_OTHER_BYTES       8
#define MP_PROCESSOR_ENABLED 1u

#define XAPIC_ALL            255u
#define X2APIC_ALL           0xffffffffu

#define BIOS_BEGIN_GPA       0xe0000ull
#define BIOS_END_GPA         0x100000ull
#define EBDA_SEGMENT_GPA     0x40eull
#define EBDA_BYTES           1024ull
#define LOW_MEMORY_END_GPA   0xa0000ull

struct table_header
{
  char signature[4];
  uint32_t len_bytes;
  uint8_t rest[28];
} __attribute__((packed));

struct rsdp
{
  char signature[8];
  uint8_t checksum;
  char oem[6];
  uint8_t revision;
  uint32_t rsdt_gpa;
  uint32_t len_bytes; /* from revision 2 on */
  uint64_t xsdt_gpa;
  uint8_t rest[4];
} __attribute__((packed));

#define RSDP_FIRST_BYTES 20
#define RSDP_MOST_BYTES  256
#define TABLE_MOST_BYTES (16u << 20) /* more than any has: not all memory is looked at */

struct madt
{
  struct table_header header;
  uint32_t local_apic_gpa;
  uint32_t flags;
  uint8_t entries[];
} __attribute__((packed));

struct mp_pointer
{
  char signature[4];
  uint32_t table_gpa;
  uint8_t len_paragraphs;
  uint8_t rest[7];
} __attribute__((packed));

struct mp_table
{
  char signature[4];
  uint16_t len_bytes;
  uint8_t rest[28];
  uint16_t entry_count;
  uint32_t local_apic_gpa;
  uint8_t rest_of_header[4];
  uint8_t entries[];
} __attribute__((packed));

_Static_assert(sizeof(struct table_header) == 36 && sizeof(struct rsdp) == 36, "ACPI");
_Static_assert(sizeof(struct mp_pointer) == 16 && sizeof(struct mp_table) == 44, "MP 1.4");

static bool is_signature(const char *text, const char *signature)
{
  while (*signature != '\0')
  {
    if (*text++ != *signature++)
      return false;
  }
  return true;
}

static bool sums_up(const void *begin, uint64_t len_bytes)
{
  const uint8_t *at = begin;
  uint8_t sum = 0;
  for (uint64_t i = 0; i < len_bytes; i++)
    sum = (uint8_t) (sum + at[i]);
  return sum == 0;
}

static bool is_in_reach(uint64_t gpa, uint64_t len_bytes)
{
  return gpa != 0 && gpa < UHYVE_GPA_HOLE_END && len_bytes <= UHYVE_GPA_HOLE_END - gpa;
}

static void add_cpu(struct boot_cpus *cpus, uint32_t apic_id)
{
  for (unsigned int i = 0; i < cpus->count; i++)
  {
    if (cpus->apic_ids[i] == apic_id)
      return;
  }
  if (apic_id >= XAPIC_ALL && !boot_apic_is_x2apic())
    cpus->out_of_reach++;
  else if (cpus->count == BOOT_MOST_CPUS)
    cpus->beyond_most++;
  else
    cpus->apic_ids[cpus->count++] = apic_id;
}

/* ---- ACPI ---- */

static const struct rsdp *find_rsdp_between(uint64_t begin_gpa, uint64_t end_gpa)
{
  for (uint64_t gpa = begin_gpa; gpa + RSDP_FIRST_BYTES <= end_gpa; gpa += 16)
  {
    const struct rsdp *rsdp = boot_pointer(gpa);
    if (is_signature(rsdp->signature, "RSD PTR ") && sums_up(rsdp, RSDP_FIRST_BYTES))
      return rsdp;
  }
  return NULL;
}

static uint64_t ebda_gpa(void)
{
  const volatile uint16_t *segment = boot_pointer(EBDA_SEGMENT_GPA);
  uint64_t gpa = (uint64_t) *segment << 4;
  return gpa + EBDA_BYTES <= LOW_MEMORY_END_GPA ? gpa : 0;
}

static const struct rsdp *find_rsdp(const struct boot_facts *facts)
{
  const struct rsdp *rsdp = NULL;
  if (is_in_reach(facts->rsdp_gpa, sizeof(*rsdp)))
    rsdp = find_rsdp_between(facts->rsdp_gpa, facts->rsdp_gpa + RSDP_FIRST_BYTES);
  if (rsdp != NULL)
    return rsdp;
  uint64_t ebda = ebda_gpa();
  if (ebda != 0)
    rsdp = find_rsdp_between(ebda, ebda + EBDA_BYTES);
  return rsdp != NULL ? rsdp : find_rsdp_between(BIOS_BEGIN_GPA, BIOS_END_GPA);
}

static const struct table_header *table_at(uint64_t gpa)
{
  if (!is_in_reach(gpa, sizeof(struct table_header)))
    return NULL;
  const struct table_header *table = boot_pointer(gpa);
  if (table->len_bytes < sizeof(*table) || table->len_bytes > TABLE_MOST_BYTES ||
      !is_in_reach(gpa, table->len_bytes) || !sums_up(table, table->len_bytes))
    return NULL;
  return table;
}

static uint64_t read_address(const uint8_t *at, unsigned int bytes)
{
  uint64_t address = 0;
  for (unsigned int i = bytes; i > 0; i--)
    address = address << 8 | at[i - 1];
  return address;
}

void boot_find_rsdp(struct boot_facts *facts)
{
  facts->rsdp_gpa = (uint64_t) find_rsdp(facts);
}

const void *boot_acpi_table(uint64_t gpa)
{
  return table_at(gpa);
}

/* A table that lists the others, or null. */
static const struct table_header *root_at(uint64_t gpa, const char *signature)
{
  const struct table_header *root = table_at(gpa);
  return root != NULL && is_signature(root->signature, signature) ? root : NULL;
}

static const struct table_header *find_in(const struct table_header *root, unsigned int entry_bytes,
                                          const char *signature)
{
  if (root == NULL)
    return NULL;
  const uint8_t *entries = (const uint8_t *) (root + 1);
  for (uint32_t i = 0; i < (root->len_bytes - sizeof(*root)) / entry_bytes; i++)
  {
    const struct table_header *table =
        table_at(read_address(entries + (size_t) i * entry_bytes, entry_bytes));
    if (table != NULL && is_signature(table->signature, signature))
      return table;
  }
  return NULL;
}

const void *boot_find_acpi(const struct boot_facts *facts, const char *signature)
{
  const struct rsdp *rsdp = find_rsdp(facts);
  const struct table_header *table = NULL;
  if (rsdp == NULL)
    return NULL;
  if (rsdp->revision >= 2 && rsdp->len_bytes >= sizeof(*rsdp) &&
      rsdp->len_bytes <= RSDP_MOST_BYTES && sums_up(rsdp, rsdp->len_bytes))
    table = find_in(root_at(rsdp->xsdt_gpa, "XSDT"), 8, signature);
  return table != NULL ? table : find_in(root_at(rsdp->rsdt_gpa, "RSDT"), 4, signature);
}

/* What stands for all local APICs is none. */
static void read_madt(struct boot_cpus *cpus, const struct madt *madt)
{
  const uint8_t *at = madt->entries;
  const uint8_t *end = (const uint8_t *) madt + madt->header.len_bytes;
  while (end - at >= 2 && at[1] >= 2 && at[1] <= end - at)
  {
    if (at[0] == MADT_LOCAL_APIC && at[1] >= 8 && (at[4] & MADT_CPU_ENABLED) != 0 &&
        at[3] != XAPIC_ALL)
      add_cpu(cpus, at[3]);
    else if (at[0] == MADT_LOCAL_X2APIC && at[1] >= 16 && (at[8] & MADT_CPU_ENABLED) != 0 &&
             read_address(at + 4, 4) != X2APIC_ALL)
      add_cpu(cpus, (uint32_t) read_address(at + 4, 4));
    else
      boot_take_madt_line(at);
    at += at[1];
  }
}

/* ---- MP tables ---- */

static const struct mp_pointer *find_mp_between(uint64_t begin_gpa, uint64_t end_gpa)
{
  for (uint64_t gpa = begin_gpa; gpa + sizeof(struct mp_pointer) <= end_gpa; gpa += 16)
  {
    const struct mp_pointer *pointer = boot_pointer(gpa);
    if (is_signature(pointer->signature, "_MP_") && sums_up(pointer, sizeof(*pointer)))
      return pointer;
  }
  return NULL;
}

static bool read_mp(struct boot_cpus *cpus)
{
  const struct mp_pointer *pointer = NULL;
  uint64_t ebda = ebda_gpa();
  if (ebda != 0)
    pointer = find_mp_between(ebda, ebda + EBDA_BYTES);
  if (pointer == NULL)
    pointer = find_mp_between(LOW_MEMORY_END_GPA - EBDA_BYTES, LOW_MEMORY_END_GPA);
  if (pointer == NULL)
    pointer = find_mp_between(0xf0000, BIOS_END_GPA);
  if (pointer == NULL || !is_in_reach(pointer->table_gpa, sizeof(struct mp_table)))
    return false;
  const struct mp_table *table = boot_pointer(pointer->table_gpa);
  if (!is_signature(table->signature, "PCMP") || table->len_bytes < sizeof(*table) ||
      !is_in_reach(pointer->table_gpa, table->len_bytes) || !sums_up(table, table->len_bytes))
    return false;
  const uint8_t *at = table->entries;
  const uint8_t *end = (const uint8_t *) table + table->len_bytes;
  for (unsigned int i = 0; i < table->entry_count && at < end; i++)
  {
    unsigned int bytes = at[0] == MP_PROCESSOR ? MP_PROCESSOR_BYTES : MP_OTHER_BYTES;
    if (end - at < (ptrdiff_t) bytes)
      break;
    if (at[0] == MP_PROCESSOR && (at[3] & MP_PROCESSOR_ENABLED) != 0 && at[1] != XAPIC_ALL)
      add_cpu(cpus, at[1]);
    else
      boot_take_mp_line(at);
    at += bytes;
  }
  return true;
}

void boot_find_cpus(struct boot_cpus *cpus, const struct boot_facts *facts)
{
  cpus->apic_ids[cpus->count++] = boot_apic_own_id();
  cpus->found_by = "the ACPI MADT";
  const struct madt *madt = boot_find_acpi(facts, "APIC");
  if (madt != NULL && madt->header.len_bytes >= sizeof(*madt))
    read_madt(cpus, madt);
  else
  {
    cpus->found_by = "MP tables";
    if (!read_mp(cpus))
      cpus->found_by = NULL;
  }
}
