/* Writes the start information into guest memory.
 *
 * Order: struct uhyve_start_info, Multiboot information with its memory map, interfaces, mappings,
 * argv and envp arrays, strings. All pointers are guest-virtual, but for those inside the Multiboot
 * structure, which are guest-physical, as that specification has it.
 */
#include "start_block.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"
#include "monotonic.h"

/* Multiboot Specification 0.6.96, section 3.3 */
struct multiboot_info
{
  uint32_t flags;
  uint32_t mem_lower_kib;
  uint32_t mem_upper_kib;
  uint32_t boot_device;
  uint32_t cmdline_gpa;
  uint32_t mods_count;
  uint32_t mods_gpa;
  uint32_t syms[4];
  uint32_t mmap_length;
  uint32_t mmap_gpa;
};

#define MULTIBOOT_FLAG_MEMORY  (1u << 0)
#define MULTIBOOT_FLAG_CMDLINE (1u << 2)
#define MULTIBOOT_FLAG_MODULES (1u << 3)
#define MULTIBOOT_FLAG_MMAP    (1u << 6)

struct multiboot_mmap_entry
{
  uint32_t size; /* of what follows */
  uint32_t base_low, base_high;
  uint32_t len_low, len_high;
  uint32_t type; /* 1: RAM, 2: reserved */
};

#define MMAP_ENTRIES     4

#define DESCRIPTORS_SOFT 1024

struct multiboot_module
{
  uint32_t begin_gpa, end_gpa;
  uint32_t string_gpa; /* 0: none */
  uint32_t reserved;
};

#define MULTIBOOT_BYTES                                                                 \
  (sizeof(struct multiboot_info) + MMAP_ENTRIES * sizeof(struct multiboot_mmap_entry) + \
   sizeof(struct multiboot_module))

static uint64_t round_up_16(uint64_t value)
{
  return (value + 15) & ~15ull;
}

static size_t count_strings(char **strings)
{
  size_t count = 0;
  while (strings[count] != NULL)
    count++;
  return count;
}

static uint64_t strings_bytes(char **strings)
{
  uint64_t bytes = 0;
  for (; *strings != NULL; strings++)
    bytes += strlen(*strings) + 1;
  return bytes;
}

/* The Multiboot command line: the arguments behind the program's name, joined by spaces. */
static uint64_t cmdline_bytes(const struct start_block_input *input)
{
  return 1 + strings_bytes(input->argv);
}

static uint64_t interfaces_offset(void)
{
  return round_up_16(sizeof(struct uhyve_start_info)) + round_up_16(MULTIBOOT_BYTES);
}

static uint64_t mappings_offset(const struct start_block_input *input)
{
  return interfaces_offset() + input->net->count * sizeof(struct uhyve_interface);
}

static uint64_t arrays_offset(const struct start_block_input *input)
{
  return mappings_offset(input) + input->mappings->count * sizeof(struct uhyve_mapping);
}

/* Paths and the host's name. */
static uint64_t names_bytes(const struct start_block_input *input)
{
  uint64_t bytes = strlen(input->working_folder) + 1 + strlen(input->host_name) + 1;
  for (unsigned int i = 0; i < input->mappings->count; i++)
    bytes += strlen(input->mappings->list[i].path) + 1;
  return bytes;
}

uint64_t start_block_bytes(const struct start_block_input *input)
{
  uint64_t pointers = count_strings(input->argv) + count_strings(input->envp) + 2;
  return arrays_offset(input) + 8 * pointers + strings_bytes(input->argv) +
         strings_bytes(input->envp) + names_bytes(input) + cmdline_bytes(input);
}

struct uhyve_start_info *start_block_info(const struct guest_layout *layout,
                                          const struct guest_memory *memory)
{
  return guest_layout_boot_hva(layout, memory, layout->start_block_gva);
}

/* Where the next thing of the block goes, on both sides. */
struct cursor
{
  uint8_t *hva;
  uint64_t gva;
};

static void advance(struct cursor *cursor, uint64_t bytes)
{
  cursor->hva += bytes;
  cursor->gva += bytes;
}

/* Copies a string behind cursor. Returns its address. */
static uint64_t write_string(struct cursor *cursor, const char *string)
{
  size_t bytes = strlen(string) + 1;
  uint64_t gva = cursor->gva;
  memcpy(cursor->hva, string, bytes);
  advance(cursor, bytes);
  return gva;
}

/* The same with all of a list; fills the array of their addresses. */
static void write_strings(struct cursor *cursor, char **strings, uint64_t *array)
{
  for (; *strings != NULL; strings++)
    *array++ = write_string(cursor, *strings);
  *array = 0;
}

static void write_mappings(struct cursor *strings, const struct mappings *mappings,
                           struct uhyve_mapping *to)
{
  for (unsigned int i = 0; i < mappings->count; i++)
  {
    const struct mapping *mapping = &mappings->list[i];
    to[i] = (struct uhyve_mapping){
        .path_gva = write_string(strings, mapping->path),
        .flags = (mapping->folder ? UHYVE_MAPPING_FOLDER : 0u) |
                 (mapping->read_only ? UHYVE_MAPPING_READ_ONLY : 0u),
    };
  }
}

static void write_interfaces(const struct net_options *net, struct uhyve_interface *to)
{
  for (unsigned int i = 0; i < net->count; i++)
  {
    const struct net_option *option = &net->list[i];
    struct uhyve_interface interface = {
        .registers_gpa = UHYVE_REGISTERS_BASE + i * GUEST_PAGE_BYTES,
        .flags = option->has_ipv4 ? UHYVE_INTERFACE_STATIC : 0u,
        .ipv4_prefix = option->ipv4_prefix,
        .ipv6_prefix = option->ipv6_prefix,
    };
    memcpy(interface.ipv4, option->ipv4, sizeof(interface.ipv4));
    memcpy(interface.ipv4_gateway, option->ipv4_gateway, sizeof(interface.ipv4_gateway));
    memcpy(interface.ipv6, option->ipv6, sizeof(interface.ipv6));
    memcpy(interface.ipv6_gateway, option->ipv6_gateway, sizeof(interface.ipv6_gateway));
    to[i] = interface;
  }
}

static struct multiboot_mmap_entry mmap_entry(uint64_t base, uint64_t len, uint32_t type)
{
  return (struct multiboot_mmap_entry){
      .size = sizeof(struct multiboot_mmap_entry) - sizeof(uint32_t),
      .base_low = (uint32_t) base,
      .base_high = (uint32_t) (base >> 32),
      .len_low = (uint32_t) len,
      .len_high = (uint32_t) (len >> 32),
      .type = type,
  };
}

/* What a Multiboot loader would say: image, boot area, tables and initrd, the one module, are
 * reserved, the rest is RAM. Which of that is the stack and which is free, and how much is
 * attached, the start information says. */
static void write_multiboot(uint8_t *at, uint64_t at_gpa, uint64_t cmdline_gpa,
                            const struct guest_layout *layout, const struct guest_memory *memory)
{
  const struct guest_slot *low = &memory->slots[0];
  const struct guest_slot *high = &memory->slots[1];
  struct multiboot_mmap_entry map[MMAP_ENTRIES];
  uint32_t entries = 0;
  map[entries++] = mmap_entry(0, layout->image_gpa, 1);
  map[entries++] = mmap_entry(layout->image_gpa, layout->stack_gpa - layout->image_gpa, 2);
  map[entries++] = mmap_entry(layout->stack_gpa, low->len_bytes - layout->stack_gpa, 1);
  if (high->len_bytes > 0)
    map[entries++] = mmap_entry(high->gpa, high->len_bytes, 1);

  struct multiboot_info info = {
      .flags = MULTIBOOT_FLAG_MEMORY | MULTIBOOT_FLAG_CMDLINE | MULTIBOOT_FLAG_MODULES |
               MULTIBOOT_FLAG_MMAP,
      .mem_lower_kib = 640,
      .mem_upper_kib = (uint32_t) ((low->len_bytes >> 10) - 1024),
      .cmdline_gpa = (uint32_t) cmdline_gpa,
      .mmap_length = entries * (uint32_t) sizeof(map[0]),
      .mmap_gpa = (uint32_t) (at_gpa + sizeof(info)),
  };
  memcpy(at + sizeof(info), map, entries * sizeof(map[0]));
  if (layout->initrd_bytes > 0)
  {
    struct multiboot_module module = {
        .begin_gpa = (uint32_t) layout->initrd_gpa,
        .end_gpa = (uint32_t) (layout->initrd_gpa + layout->initrd_bytes),
    };
    info.mods_count = 1;
    info.mods_gpa = info.mmap_gpa + info.mmap_length;
    memcpy(at + sizeof(info) + info.mmap_length, &module, sizeof(module));
  }
  memcpy(at, &info, sizeof(info));
}

static void write_cmdline(const struct cursor *cursor, char **argv)
{
  uint8_t *at = cursor->hva;
  for (char **argument = argv + 1; argv[0] != NULL && *argument != NULL; argument++)
  {
    if (argument != argv + 1)
      *at++ = ' ';
    size_t bytes = strlen(*argument);
    memcpy(at, *argument, bytes);
    at += bytes;
  }
  *at = 0;
}

static void fill_clocks(struct uhyve_start_info *info, const struct start_block_input *input)
{
  info->tsc_khz = input->tsc_khz;
  info->monotonic_base_ns = monotonic_ns();
  info->tsc_base = __builtin_ia32_rdtsc();
  info->clock.tsc_base = input->clock.tsc_base;
  info->clock.realtime_base_ns = input->clock.realtime_base_ns;
  info->clock.ns_per_cycle = input->clock.ns_per_cycle;
}

static void fill_streams(struct uhyve_start_info *info, const int *fds, const mode_t *modes)
{
  for (unsigned int i = 0; i < 3; i++)
  {
    info->stream_mode[i] = modes[i];
    if (S_ISCHR(modes[i]) && isatty(fds[i]) == 1)
      info->streams_terminal |= 1u << i;
  }
}

static void fill_layout(struct uhyve_start_info *info, const struct guest_layout *layout,
                        const struct guest_memory *memory)
{
  info->page_table_root_gpa = layout->tables_gpa;
  info->page_tables_gpa = layout->tables_gpa;
  info->page_tables_len_bytes = layout->tables_bytes;
  info->page_tables_used_bytes = layout->tables.used_bytes;
  info->image_gva = layout->image_gva;
  info->image_len_bytes = layout->image_bytes;
  info->stack_gva = layout->stack_gva;
  info->stack_len_bytes = layout->stack_bytes;
  info->stack_guard_bytes = layout->stack_guard_bytes;
  info->cpu_area_gva = guest_layout_upcall_gva(layout, 0) + CPU_UPCALL_AREA_OFFSET;
  info->cpu_area_stride_bytes = CPU_UPCALL_BYTES;
  if (layout->initrd_bytes > 0)
    info->initrd_gva = UHYVE_WINDOW_BASE + layout->initrd_gpa;
  info->initrd_len_bytes = layout->initrd_bytes;
  info->memory_gpa = layout->memory_gpa;
  info->memory_len_bytes = layout->memory_bytes;
  info->memory_attached_bytes = memory->attached_bytes - layout->memory_gpa;
  info->hole_begin_gpa = UHYVE_GPA_HOLE_BEGIN;
  info->hole_end_gpa = UHYVE_GPA_HOLE_END;
  info->linear[0] =
      (struct uhyve_linear_range){layout->stack_gva, layout->stack_gpa, layout->stack_bytes};
  info->linear[1] = (struct uhyve_linear_range){
      layout->data_gva, layout->data_gva - layout->image_gva + layout->image_gpa,
      layout->data_bytes};
}

static void fill_process(struct uhyve_start_info *info, const struct start_block_input *input,
                         const struct guest_layout *layout)
{
  const struct surroundings *surroundings = input->surroundings;
  info->umask = surroundings->umask;
  info->signals_ignored = input->signals_ignored;
  info->user = surroundings->user;
  info->group = surroundings->group;
  info->stack_limit = (struct uhyve_limit){layout->stack_bytes, OPTIONS_NO_LIMIT};
  if (input->stack_limit.given)
    info->stack_limit = (struct uhyve_limit){input->stack_limit.soft, input->stack_limit.hard};
  info->descriptor_limit = (struct uhyve_limit){DESCRIPTORS_SOFT, OPTIONS_MAX_DESCRIPTORS};
  if (input->descriptor_limit.given)
  {
    const struct option_limit *limit = &input->descriptor_limit;
    info->descriptor_limit = (struct uhyve_limit){
        limit->soft < OPTIONS_MAX_DESCRIPTORS ? limit->soft : OPTIONS_MAX_DESCRIPTORS,
        limit->hard < OPTIONS_MAX_DESCRIPTORS ? limit->hard : OPTIONS_MAX_DESCRIPTORS,
    };
  }
}

int start_block_write(const struct start_block_input *input, const struct guest_layout *layout,
                      const struct guest_memory *memory)
{
  uint64_t gva = layout->start_block_gva;
  uint8_t *hva = guest_layout_boot_hva(layout, memory, gva);
  uint64_t gpa = gva - UHYVE_KERNEL_BASE + layout->boot_gpa;

  struct uhyve_start_info info = {
      .magic = UHYVE_START_MAGIC,
      .version = UHYVE_INTERFACE_VERSION,
      .size_bytes = sizeof(info),
      .cpu_count = input->cpu_count,
      .host_cpu_count = input->host_cpu_count,
      .argc = (uint32_t) input->argc,
  };
  fill_clocks(&info, input);
  fill_streams(&info, input->stream_fds, input->stream_modes);
  fill_layout(&info, layout, memory);
  fill_process(&info, input, layout);
  uint8_t random[sizeof(info.stack_canary) + sizeof(info.random_seed)];
  if (getrandom(random, sizeof(random), 0) != (ssize_t) sizeof(random))
    return -errno;
  memcpy(&info.stack_canary, random, sizeof(info.stack_canary));
  memcpy(info.random_seed, random + sizeof(info.stack_canary), sizeof(info.random_seed));

  uint64_t multiboot_offset = round_up_16(sizeof(info));
  info.multiboot_info_gva = gva + multiboot_offset;

  size_t envc = count_strings(input->envp);
  uint64_t argv_offset = arrays_offset(input);
  uint64_t envp_offset = argv_offset + 8 * ((uint64_t) input->argc + 1);
  uint64_t strings_offset = envp_offset + 8 * (envc + 1);
  info.argv_gva = gva + argv_offset;
  info.envp_gva = gva + envp_offset;

  struct cursor strings = {.hva = hva + strings_offset, .gva = gva + strings_offset};
  write_strings(&strings, input->argv, (uint64_t *) (void *) (hva + argv_offset));
  write_strings(&strings, input->envp, (uint64_t *) (void *) (hva + envp_offset));
  info.mapping_count = input->mappings->count;
  info.mappings_gva = gva + mappings_offset(input);
  write_mappings(&strings, input->mappings,
                 (struct uhyve_mapping *) (void *) (hva + mappings_offset(input)));
  info.interface_count = input->net->count;
  info.interfaces_gva = gva + interfaces_offset();
  write_interfaces(input->net, (struct uhyve_interface *) (void *) (hva + interfaces_offset()));
  info.working_folder_gva = write_string(&strings, input->working_folder);
  info.host_name_gva = write_string(&strings, input->host_name);
  write_cmdline(&strings, input->argv);
  write_multiboot(hva + multiboot_offset, gpa + multiboot_offset, gpa + (strings.gva - gva), layout,
                  memory);
  memcpy(hva, &info, sizeof(info));
  return 0;
}
