/* A bad loader: puts a program, its first module, where it belongs, and starts it with information in which
 * something is missing or wrong. What, the second word of its own command line says. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_MAGIC        0x2badb002u
#define MULTIBOOT_HEADER_MAGIC 0x1badb002u
#define FLAG_COMMAND           (1u << 2)
#define FLAG_MODULES           (1u << 3)
#define FLAG_MAP               (1u << 6)
#define PVH_MAGIC              0x336ec578u

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

/* What the specification has at the begin of a file, with the address fields. */
struct multiboot_header
{
  uint32_t magic, flags, checksum;
  uint32_t header_gpa, load_gpa, load_end_gpa, bss_end_gpa, entry_gpa;
};

struct map_entry
{
  uint32_t size_bytes; /* of what follows */
  uint64_t begin_gpa, len_bytes;
  uint32_t type;
} __attribute__((packed));

uint32_t handed_eax, handed_ebx, handed_entry;
void bad_loader(struct multiboot_info *info);

static void *pointer(uint32_t gpa)
{
  return (void *) (uintptr_t) gpa; /* NOLINT(performance-no-int-to-ptr) */
}

static uint32_t gpa_of(const void *object)
{
  return (uint32_t) (uintptr_t) object;
}

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

static bool is(const char *text, const char *other)
{
  for (; *text == *other; text++, other++)
    if (*text == '\0')
      return true;
  return false;
}

static void do_wrong(struct multiboot_info *info, const char *what)
{
  static uint32_t pvh_info[14];
  static char command[6000];
  static struct map_entry first_mib = {20, 0, 640 << 10, 1};
  if (is(what, "no-map"))
    info->flags &= ~FLAG_MAP;
  else if (is(what, "empty-map"))
    info->map_bytes = 0;
  else if (is(what, "first-mib"))
  {
    info->map_bytes = sizeof(first_mib);
    info->map_gpa = gpa_of(&first_mib);
  }
  else if (is(what, "unknown"))
    handed_eax = 0;
  else if (is(what, "pvh-no-map"))
  {
    pvh_info[0] = PVH_MAGIC;
    handed_eax = 0;
    handed_ebx = gpa_of(pvh_info);
  }
  else if (is(what, "long-command") || is(what, "many-words"))
  {
    bool is_words = is(what, "many-words");
    for (size_t i = 0; i < (is_words ? 600 : sizeof(command) - 1); i++)
      command[i] = is_words && i % 2 != 0 ? ' ' : 'w';
    info->command_gpa = gpa_of(command);
    info->flags |= FLAG_COMMAND;
  }
}

void bad_loader(struct multiboot_info *info)
{
  const uint32_t *module = pointer(info->modules_gpa);
  const char *what = pointer(info->command_gpa);
  while (*what != ' ')
    what++;
  handed_eax = MULTIBOOT_MAGIC;
  handed_ebx = gpa_of(info);
  handed_entry = load(pointer(module[0]));
  info->flags &= ~FLAG_MODULES;
  do_wrong(info, what + 1);
}
