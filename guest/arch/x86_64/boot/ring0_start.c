/* The start information of a guest without a monitor: its arguments and variables are those of the
 * command line. */
#include "arch/x86_64/boot/boot.h"
#include "hypercalls/hypercalls.h"

#define MOST_WORDS       256

#define CHARACTER_DEVICE 0020000u /* S_IFCHR */

struct words
{
  char *text;        /* where the next one goes */
  uint64_t text_gva; /* and its address there */
  unsigned int count;
  uint64_t gva[MOST_WORDS];
};

uint64_t boot_start_bytes(unsigned int cpu_count)
{
  return sizeof(struct uhyve_start_info) + UHYVE_MOST_INTERFACES * sizeof(struct uhyve_interface) +
         sizeof(struct uhyve_lines) + (2 * MOST_WORDS + 4) * sizeof(uint64_t) +
         cpu_count * sizeof(uint64_t) + BOOT_COMMAND_BYTES + 64;
}

static void begin_word(struct words *words)
{
  if (words->count == MOST_WORDS)
    boot_fail("the command line has too many words: at most 256");
  words->gva[words->count++] = words->text_gva;
}

static void add_character(struct words *words, char character)
{
  *words->text++ = character;
  words->text_gva++;
}

static void add_word(struct words *words, const char *text)
{
  begin_word(words);
  do
    add_character(words, *text);
  while (*text++ != '\0');
}

static char word_text[BOOT_COMMAND_BYTES];

static void read_command(const struct boot_facts *facts, struct words *arguments,
                         struct words *variables)
{
  const char *at = facts->command_line;
  bool is_ours = false;
  if (!facts->has_program_name)
    add_word(arguments, "uhyve");
  while ((at = boot_next_word(at, word_text)) != NULL)
  {
    if (boot_take_device(word_text))
      continue;
    if (!is_ours && boot_is_word(word_text, "--"))
    {
      is_ours = true;
      continue;
    }
    if (!is_ours)
    {
      add_word(arguments, word_text);
      continue;
    }
    const char *variable = boot_behind(word_text, "env=");
    if (variable == NULL)
      continue;
    variables->text = arguments->text;
    variables->text_gva = arguments->text_gva;
    add_word(variables, variable);
    arguments->text = variables->text;
    arguments->text_gva = variables->text_gva;
  }
}

static void fill_layout(struct uhyve_start_info *info, const struct boot_layout *layout,
                        uint64_t tables_used_bytes)
{
  info->page_table_root_gpa = layout->tables_gpa;
  info->page_tables_gpa = layout->tables_gpa;
  info->page_tables_len_bytes = layout->tables_bytes;
  info->page_tables_used_bytes = tables_used_bytes;
  info->cpu_area_gva = layout->upcall_gva + BOOT_UPCALL_AREA_OFFSET;
  info->cpu_area_stride_bytes = BOOT_UPCALL_BYTES;
  info->image_gva = layout->image_gva;
  info->image_len_bytes = layout->image_bytes;
  info->stack_gva = layout->stack_gva;
  info->stack_len_bytes = layout->stack_bytes;
  info->stack_guard_bytes = 1ull << 20;
  info->memory_gpa = layout->memory_gpa;
  info->memory_len_bytes = layout->memory_bytes;
  info->memory_attached_bytes = layout->memory_bytes;
  info->hole_begin_gpa = layout->low_end_gpa;
  info->hole_end_gpa = layout->high_begin_gpa;
  info->linear[0].gva = layout->stack_gva;
  info->linear[0].gpa = layout->stack_gpa;
  info->linear[0].len_bytes = layout->stack_bytes;
  if (layout->initrd_bytes > 0)
    info->initrd_gva = UHYVE_WINDOW_BASE + layout->initrd_gpa;
  info->initrd_len_bytes = layout->initrd_bytes;
}

static void fill_clock(struct uhyve_start_info *info, const struct boot_clock *clock)
{
  info->tsc_khz = clock->tsc_khz;
  info->apic_khz = clock->apic_khz;
  info->tsc_base = clock->tsc_base;
  info->clock.tsc_base = clock->tsc_base;
  info->clock.realtime_base_ns = clock->realtime_ns;
  info->clock.ns_per_cycle = (1000000ull << 44) / clock->tsc_khz << 4;
}

static void fill_random(struct uhyve_start_info *info, uint64_t time)
{
  uint64_t words[1 + sizeof(info->random_seed) / sizeof(uint64_t)];
  boot_fill_random(words, sizeof(words) / sizeof(words[0]), time);
  info->stack_canary = words[0];
  __builtin_memcpy(info->random_seed, &words[1], sizeof(info->random_seed));
}

static uint64_t copy_array(uint64_t *at, const struct words *words)
{
  for (unsigned int i = 0; i < words->count; i++)
    at[i] = words->gva[i];
  at[words->count] = 0;
  return words->count + 1;
}

void boot_write_cpus(const struct boot_layout *layout, const struct boot_cpus *cpus)
{
  struct uhyve_start_info *info = boot_place(layout, layout->start_gva);
  uint32_t *apic_ids = boot_place(layout, info->apic_ids_gva);
  info->cpu_count = cpus->count;
  info->host_cpu_count = cpus->count;
  for (unsigned int i = 0; i < cpus->count; i++)
    apic_ids[i] = cpus->apic_ids[i];
}

void boot_write_start(const struct boot_layout *layout, const struct boot_facts *facts,
                      const struct boot_clock *clock, const struct uhyve_power_off *off,
                      uint64_t tables_used_bytes)
{
  static struct words arguments, variables;
  struct uhyve_start_info *info = boot_place(layout, layout->start_gva);
  struct uhyve_interface *interfaces = (struct uhyve_interface *) (info + 1);
  struct uhyve_lines *lines = (struct uhyve_lines *) (interfaces + UHYVE_MOST_INTERFACES);
  uint64_t *arrays = (uint64_t *) (lines + 1);
  uint64_t arrays_gva = layout->start_gva + (uint64_t) ((char *) arrays - (char *) info);
  const uint64_t arrays_count = 2 * MOST_WORDS + 4;
  uint32_t *apic_ids = (uint32_t *) (arrays + arrays_count);
  info->apic_ids_gva = arrays_gva + arrays_count * sizeof(arrays[0]);
  arguments.text = (char *) (apic_ids + layout->cpu_count);
  arguments.text_gva = info->apic_ids_gva + layout->cpu_count * sizeof(apic_ids[0]);
  uint64_t name_gva = arguments.text_gva;
  add_character(&arguments, 'u'); /* the host's name, until there is another */
  add_character(&arguments, '\0');
  uint64_t folder_gva = arguments.text_gva;
  add_character(&arguments, '/');
  add_character(&arguments, '\0');
  read_command(facts, &arguments, &variables);

  info->magic = UHYVE_START_MAGIC;
  info->version = UHYVE_INTERFACE_VERSION;
  info->size_bytes = sizeof(*info);
  info->is_bare = 1;
  info->power_off = *off;
  info->argc = arguments.count;
  info->argv_gva = arrays_gva;
  info->envp_gva = arrays_gva + copy_array(arrays, &arguments) * sizeof(arrays[0]);
  copy_array(arrays + arguments.count + 1, &variables);
  info->interfaces_gva = layout->start_gva + sizeof(*info);
  info->interface_count = boot_write_devices(interfaces);
  boot_find_ecam(facts, info);
  info->pci_roots = boot_count_pci_roots();
  boot_write_log(info);
  boot_write_lines(lines);
  info->lines_gva = layout->start_gva + (uint64_t) ((char *) lines - (char *) info);
  for (unsigned int i = 0; i < 3; i++)
    info->stream_mode[i] = CHARACTER_DEVICE;
  info->streams_terminal = 7;
  info->umask = 022;
  info->working_folder_gva = folder_gva;
  info->host_name_gva = name_gva;
  info->stack_limit = (struct uhyve_limit){layout->stack_bytes, UINT64_MAX};
  info->descriptor_limit = (struct uhyve_limit){1024, 65536};
  fill_random(info, clock->realtime_ns);
  fill_layout(info, layout, tables_used_bytes);
  fill_clock(info, clock);
}
