/* What the parts of the bad loader share. */
#ifndef BAD_LOADER_H
#define BAD_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#define FLAG_COMMAND (1u << 2)
#define FLAG_MODULES (1u << 3)
#define FLAG_MAP     (1u << 6)

struct multiboot_info
{
  uint32_t flags;
  uint32_t lower_kib, upper_kib;
  uint32_t boot_device;
  uint32_t command_gpa;
  uint32_t module_count, modules_gpa;
  uint32_t symbols[4];
  uint32_t map_bytes, map_gpa;
};

struct map_entry
{
  uint32_t size_bytes; /* of what follows */
  uint64_t begin_gpa, len_bytes;
  uint32_t type;
} __attribute__((packed));

struct pvh_info
{
  uint32_t magic, version, flags, module_count;
  uint64_t modules_gpa, command_gpa, rsdp_gpa, map_gpa;
  uint32_t map_entries, reserved;
};

extern struct pvh_info pvh_info;

static inline void *pointer(uint32_t gpa)
{
  return (void *) (uintptr_t) gpa; /* NOLINT(performance-no-int-to-ptr) */
}

static inline uint32_t gpa_of(const void *object)
{
  return (uint32_t) (uintptr_t) object;
}

/* A word of a command line. */
bool is(const char *text, const char *word);

/* What is behind a prefix, or null. */
const char *behind(const char *text, const char *prefix);

/* Tables of firmware are made here. */
#define TABLES_BYTES 8192
extern uint8_t tables[TABLES_BYTES];

void put(uint8_t *at, uint64_t number, unsigned int bytes);
void put_text(uint8_t *at, const char *text);
void sum_up(const uint8_t *begin, uint32_t len_bytes, uint8_t *checksum);
void write_acpi_table(uint8_t *at, const char *signature, uint32_t len_bytes);

/* Fills memory that the program takes for its own, before it is loaded. */
void soil_memory(void);

/* A memory map, if the command line has one. */
void give_map(struct multiboot_info *info, const char *what);

/* Tables of ACPI, which PVH names. */
void give_acpi(const char *what);

#endif
