/* Tests of uhyve/start_block.c: the block is read back as a guest reads it. */
#include "uhyve/start_block.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"
#include "test_image.h"
#include "unit_test.h"

#define PAGE    UINT64_C(4096)
#define FILL    0xa5
#define TSC_KHZ 2893300u

/* Multiboot Specification 0.6.96, section 3.3: offsets of the fields that are used. */
#define MULTIBOOT_FLAGS       0
#define MULTIBOOT_UPPER_KIB   8
#define MULTIBOOT_CMDLINE     16
#define MULTIBOOT_MODS_COUNT  20
#define MULTIBOOT_MODS        24
#define MULTIBOOT_MMAP_LENGTH 44
#define MULTIBOOT_MMAP        48

/* A guest with its start block written. */
struct guest
{
  struct elf_image image;
  struct guest_memory memory;
  struct guest_layout layout;
  struct start_block_input input;
  uint64_t block_bytes;
  uint64_t initrd_bytes;
  struct uhyve_start_info info; /* a copy */
};

static const int no_streams[3] = {-1, -1, -1};

static char mapped_file[] = "/etc/file of a name";
static char mapped_root[] = "/";

static const struct mappings mappings = {
    .list = {{.path = mapped_root, .folder = true, .read_only = true}, {.path = mapped_file}},
    .count = 2,
};

static const struct net_options net = {
    .list = {{.kind = NET_TAP,
              .has_ipv4 = true,
              .ipv4 = {10, 0, 0, 2},
              .ipv4_prefix = 24,
              .ipv4_gateway = {10, 0, 0, 1}},
             {.has_ipv6 = true, .ipv6 = {0xfd}, .ipv6_prefix = 64, .ipv6_gateway = {0xfe, 0x80}}},
    .count = 2,
};

static const struct surroundings surroundings = {.umask = 027, .user = 1000, .group = 100};

static uint64_t gpa_of(const struct guest *guest, uint64_t gva)
{
  return gva - UHYVE_KERNEL_BASE + guest->layout.boot_gpa;
}

/* What a pointer in the block points to: it must lie inside the block. */
static const void *in_block(const struct guest *guest, uint64_t gva, uint64_t len_bytes)
{
  uint64_t begin = guest->layout.start_block_gva;
  assert_true(gva >= begin);
  assert_true(gva - begin <= guest->block_bytes);
  assert_true(len_bytes <= guest->block_bytes - (gva - begin));
  return guest_memory_hva(&guest->memory, gpa_of(guest, gva), len_bytes);
}

static uint64_t array_entry(const struct guest *guest, uint64_t array_gva, uint64_t index)
{
  uint64_t value;
  assert_int_equal(array_gva % 8, 0);
  memcpy(&value, in_block(guest, array_gva + 8 * index, 8), 8);
  return value;
}

static void guest_prepare(struct guest *guest, char **argv, char **envp, const int *stream_fds)
{
  static mode_t stream_modes[3];
  for (int i = 0; i < 3; i++)
  {
    struct stat status;
    stream_modes[i] = fstat(stream_fds[i], &status) == 0 ? status.st_mode : 0;
  }
  *guest = (struct guest){.image = test_image(TEST_IMAGE_PLAIN, true),
                          .input = {.argv = argv,
                                    .envp = envp,
                                    .cpu_count = 2,
                                    .tsc_khz = TSC_KHZ,
                                    .clock = clock_view_start(clock_pair_read(), TSC_KHZ),
                                    .stream_fds = stream_fds,
                                    .stream_modes = stream_modes,
                                    .surroundings = &surroundings,
                                    .signals_ignored = 0x8000000000001001,
                                    .mappings = &mappings,
                                    .working_folder = "/work here",
                                    .host_name = "host.example",
                                    .net = &net}};
  while (argv[guest->input.argc] != NULL)
    guest->input.argc++;
}

/* Every byte that is not the block's keeps what was there. */
static void guest_write(struct guest *guest, uint64_t memory_bytes)
{
  guest->block_bytes = start_block_bytes(&guest->input);
  assert_int_equal(guest_memory_reserve(&guest->memory, memory_bytes), 0);
  assert_int_equal(
      guest_layout_plan(&guest->layout, &guest->image, &guest->memory,
                        &(struct guest_layout_request){.cpu_count = 2,
                                                       .start_block_bytes = guest->block_bytes,
                                                       .initrd_bytes = guest->initrd_bytes,
                                                       .randomize = true}),
      0);
  assert_true(guest->layout.start_block_bytes >= guest->block_bytes);
  guest->layout.tables.used_bytes = 0x5000;
  guest->memory.attached_bytes = guest_layout_first_bytes(&guest->layout, &guest->memory);
  uint8_t *boot = guest_layout_boot_hva(&guest->layout, &guest->memory, UHYVE_KERNEL_BASE);
  uint64_t before = guest->layout.start_block_gva - UHYVE_KERNEL_BASE;
  uint64_t all_bytes = guest->layout.boot_bytes + PAGE;
  memset(boot, FILL, all_bytes);
  assert_int_equal(start_block_write(&guest->input, &guest->layout, &guest->memory), 0);
  for (uint64_t i = 0; i < before; i++)
    assert_int_equal(boot[i], FILL);
  for (uint64_t i = before + guest->block_bytes; i < all_bytes; i++)
    assert_int_equal(boot[i], FILL);
  memcpy(&guest->info, in_block(guest, guest->layout.start_block_gva, sizeof(guest->info)),
         sizeof(guest->info));
  assert_ptr_equal(start_block_info(&guest->layout, &guest->memory), boot + before);
}

static void guest_create(struct guest *guest, uint64_t memory_bytes, char **argv, char **envp,
                         const int *stream_fds)
{
  guest_prepare(guest, argv, envp, stream_fds);
  guest_write(guest, memory_bytes);
}

static void guest_destroy(struct guest *guest)
{
  page_tables_free(&guest->layout.tables);
  guest_memory_release(&guest->memory);
}

static void assert_strings(const struct guest *guest, uint64_t array_gva, char **expected)
{
  uint64_t count = 0;
  for (; expected[count] != NULL; count++)
  {
    size_t bytes = strlen(expected[count]) + 1;
    const char *string = in_block(guest, array_entry(guest, array_gva, count), bytes);
    assert_memory_equal(string, expected[count], bytes);
  }
  assert_int_equal(array_entry(guest, array_gva, count), 0);
}

static uint64_t multiboot_number(const struct guest *guest, uint64_t offset)
{
  uint32_t value;
  memcpy(&value, in_block(guest, guest->info.multiboot_info_gva + offset, 4), 4);
  return value;
}

/* Pointers of Multiboot are guest-physical. */
static const void *multiboot_pointer(const struct guest *guest, uint64_t offset, uint64_t len_bytes)
{
  uint64_t gpa = multiboot_number(guest, offset);
  return in_block(guest, gpa - guest->layout.boot_gpa + UHYVE_KERNEL_BASE, len_bytes);
}

static void assert_cmdline(const struct guest *guest, char **argv)
{
  size_t bytes = 1;
  for (char **argument = argv; *argument != NULL; argument++)
    bytes += strlen(*argument) + 1;
  char *expected = calloc(1, bytes);
  if (expected == NULL)
    abort();
  for (char **argument = argv + 1; *argument != NULL; argument++)
  {
    if (argument != argv + 1)
      strcat(expected, " ");
    strcat(expected, *argument);
  }
  size_t used = strlen(expected) + 1;
  assert_memory_equal(multiboot_pointer(guest, MULTIBOOT_CMDLINE, used), expected, used);
  free(expected);
}

static void check_arguments(char **argv, char **envp)
{
  struct guest guest;
  guest_create(&guest, 64 * MIB, argv, envp, no_streams);
  assert_int_equal(guest.info.argc, guest.input.argc);
  assert_strings(&guest, guest.info.argv_gva, argv);
  assert_strings(&guest, guest.info.envp_gva, envp);
  guest_destroy(&guest);
}

static char *literal(const char *text)
{
  return (char *) (uintptr_t) text;
}

static void arguments_arrive(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), literal("-x"), literal("a b"), NULL};
  char *envp[] = {literal("HOME=/"), literal("EMPTY="), NULL};
  check_arguments(argv, envp);
}

static void no_environment_is_an_empty_one(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  check_arguments(argv, envp);
}

static void no_arguments_at_all(void **state)
{
  (void) state;
  char *none[] = {NULL};
  check_arguments(none, none);
}

static void unusual_arguments_arrive(void **state)
{
  (void) state;
  char *argv[] = {literal(""),
                  literal(""),
                  literal(" "),
                  literal("\n\t"),
                  literal("\xff\xfe\x80"),
                  literal("\"quoted\" \\"),
                  literal("="),
                  literal(""),
                  NULL};
  char *envp[] = {literal(""), literal("="), literal("no equals sign"), literal("A=\x01"), NULL};
  check_arguments(argv, envp);
}

#define MANY       20000u
#define LONG_BYTES (1u << 20)

static void many_and_long_arguments_arrive(void **state)
{
  (void) state;
  char *long_string = malloc(LONG_BYTES);
  char **argv = calloc(MANY + 1, sizeof(*argv));
  char **envp = calloc(MANY + 1, sizeof(*envp));
  if (long_string == NULL || argv == NULL || envp == NULL)
    abort();
  memset(long_string, 'x', LONG_BYTES - 1);
  long_string[LONG_BYTES - 1] = '\0';
  for (unsigned int i = 0; i < MANY; i++)
  {
    argv[i] = long_string + LONG_BYTES - 1 - i % 50;
    envp[i] = long_string + LONG_BYTES - 1 - i % 7;
  }
  argv[MANY / 2] = long_string;
  envp[MANY - 1] = long_string;
  check_arguments(argv, envp);
  free(envp);
  free(argv);
  free(long_string);
}

/* Sizes at which the block just fills its pages. */
static void all_sizes_stay_in_bounds(void **state)
{
  (void) state;
  char text[2 * PAGE];
  char *argv[] = {literal("program"), text, NULL};
  char *envp[] = {text, NULL};
  memset(text, 'y', sizeof(text));
  for (size_t length = PAGE - 700; length < PAGE + 100; length += length % 64 < 9 ? 1 : 9)
  {
    text[length] = '\0';
    check_arguments(argv, envp);
    text[length] = 'y';
  }
}

static void cmdline_joins_the_arguments(void **state)
{
  (void) state;
  char *cases[][6] = {
      {literal("program"), NULL},
      {literal("program"), literal("one"), NULL},
      {literal("program"), literal("one"), literal("two three"), literal("4"), NULL},
  };
  char *envp[] = {literal("A=B"), NULL};
  for (size_t i = 0; i < COUNT_OF(cases); i++)
  {
    struct guest guest;
    guest_create(&guest, 16 * MIB, cases[i], envp, no_streams);
    assert_cmdline(&guest, cases[i]);
    guest_destroy(&guest);
  }
}

/* An empty argument is an argument: a space stands on both of its sides. */
static void cmdline_keeps_empty_arguments(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), literal(""), literal("a"), literal(""), literal(""), NULL};
  char *envp[] = {NULL};
  struct guest guest;
  guest_create(&guest, 16 * MIB, argv, envp, no_streams);
  assert_cmdline(&guest, argv);
  guest_destroy(&guest);
}

struct map_entry
{
  uint64_t base, len_bytes;
  uint32_t type;
};

static uint64_t join(uint32_t low, uint32_t high)
{
  return low | (uint64_t) high << 32;
}

static struct map_entry read_map_entry(const uint8_t **at)
{
  uint32_t words[6]; /* size, base, length, type */
  memcpy(words, *at, sizeof(words));
  assert_int_equal(words[0], 20);
  *at += sizeof(words);
  return (struct map_entry){
      .base = join(words[1], words[2]), .len_bytes = join(words[3], words[4]), .type = words[5]};
}

/* Entries follow each other; RAM is all there and the hole is not. */
static void check_memory_map(const struct guest *guest)
{
  const struct guest_layout *layout = &guest->layout;
  const struct guest_slot *high = &guest->memory.slots[1];
  uint64_t length = multiboot_number(guest, MULTIBOOT_MMAP_LENGTH);
  const uint8_t *at = multiboot_pointer(guest, MULTIBOOT_MMAP, length);
  const uint8_t *end = at + length;
  uint64_t done = 0;
  while (at < end)
  {
    struct map_entry entry = read_map_entry(&at);
    if (done == guest->memory.slots[0].len_bytes)
      done = high->gpa;
    assert_int_equal(entry.base, done);
    assert_true(entry.len_bytes > 0);
    done += entry.len_bytes;
    /* What the monitor has filled is not free. */
    bool filled = entry.base < layout->stack_gpa && done > layout->image_gpa;
    assert_int_equal(entry.type, filled ? 2 : 1);
  }
  assert_ptr_equal(at, end);
  assert_int_equal(done, high->len_bytes > 0 ? high->gpa + high->len_bytes
                                             : guest->memory.slots[0].len_bytes);
}

static void memory_map_covers_ram(void **state)
{
  (void) state;
  const uint64_t sizes[] = {16 * MIB, 512 * MIB, 3 * GIB, 3 * GIB + 2 * MIB, 20 * GIB};
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  for (size_t i = 0; i < COUNT_OF(sizes); i++)
  {
    struct guest guest;
    guest_create(&guest, sizes[i], argv, envp, no_streams);
    /* memory, command line, modules, memory map */
    assert_int_equal(multiboot_number(&guest, MULTIBOOT_FLAGS), 0x4d);
    assert_int_equal(multiboot_number(&guest, MULTIBOOT_MODS_COUNT), 0);
    assert_int_equal(multiboot_number(&guest, MULTIBOOT_UPPER_KIB),
                     (guest.memory.slots[0].len_bytes - MIB) / KIB);
    assert_int_equal(guest.info.multiboot_info_gva % 4, 0);
    check_memory_map(&guest);
    guest_destroy(&guest);
  }
}

static void layout_is_passed_on(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  struct guest guest;
  guest_create(&guest, 64 * MIB, argv, envp, no_streams);
  const struct uhyve_start_info *info = &guest.info;
  const struct guest_layout *layout = &guest.layout;
  assert_memory_equal(&info->magic, "uhystart", 8);
  assert_int_equal(info->version, UHYVE_INTERFACE_VERSION);
  assert_int_equal(info->size_bytes, sizeof(*info));
  assert_int_equal(info->cpu_count, 2);
  assert_int_equal(info->page_table_root_gpa, layout->tables_gpa);
  assert_int_equal(info->page_tables_gpa, layout->tables_gpa);
  assert_int_equal(info->page_tables_len_bytes, layout->tables_bytes);
  assert_int_equal(info->page_tables_used_bytes, layout->tables.used_bytes);
  assert_int_equal(info->image_gva, layout->image_gva);
  assert_int_equal(info->image_len_bytes, layout->image_bytes);
  assert_int_equal(info->stack_gva, layout->stack_gva);
  assert_int_equal(info->stack_len_bytes, layout->stack_bytes);
  assert_int_equal(info->stack_guard_bytes, layout->stack_guard_bytes);
  assert_int_equal(info->tlb_generation, 0);
  assert_int_equal(info->cpu_area_gva, guest_layout_upcall_gva(layout, 0) + CPU_UPCALL_AREA_OFFSET);
  assert_int_equal(info->cpu_area_gva + info->cpu_area_stride_bytes,
                   guest_layout_upcall_gva(layout, 1) + CPU_UPCALL_AREA_OFFSET);
  assert_int_equal(info->memory_gpa, layout->memory_gpa);
  assert_int_equal(info->memory_len_bytes, layout->memory_bytes);
  assert_int_equal(info->memory_attached_bytes, guest.memory.attached_bytes - layout->memory_gpa);
  for (unsigned int mark = 0; mark < UHYVE_MARKS; mark++)
    assert_int_equal(info->mark_tsc[mark], 0);
  unsigned int found = 0;
  for (unsigned int i = 0; i < UHYVE_LINEAR_RANGES; i++)
  {
    const struct uhyve_linear_range *range = &info->linear[i];
    found += range->gva == layout->stack_gva && range->gpa == layout->stack_gpa &&
             range->len_bytes == layout->stack_bytes;
    found += range->gva == layout->image_gva && range->gpa == layout->image_gpa &&
             range->len_bytes == layout->image_bytes;
    found += range->len_bytes == 0;
  }
  assert_int_equal(found, UHYVE_LINEAR_RANGES);
  guest_destroy(&guest);
}

static void assert_string(const struct guest *guest, uint64_t gva, const char *expected)
{
  size_t bytes = strlen(expected) + 1;
  assert_memory_equal(in_block(guest, gva, bytes), expected, bytes);
}

static void the_guest_is_told_what_it_inherits(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  struct guest guest;
  guest_create(&guest, 64 * MIB, argv, envp, no_streams);
  const struct uhyve_start_info *info = &guest.info;
  assert_string(&guest, info->working_folder_gva, "/work here");
  assert_string(&guest, info->host_name_gva, "host.example");
  assert_int_equal(info->umask, 027);
  assert_int_equal(info->signals_ignored, 0x8000000000001001);
  assert_int_equal(info->user, 1000);
  assert_int_equal(info->group, 100);
  assert_int_equal(info->stack_limit.soft, guest.layout.stack_bytes);
  assert_int_equal(info->stack_limit.hard, UINT64_MAX);
  assert_int_equal(info->descriptor_limit.soft, 1024);
  assert_int_equal(info->descriptor_limit.hard, 65536);
  assert_int_equal(info->initrd_gva, 0);
  assert_int_equal(info->initrd_len_bytes, 0);
  assert_int_equal(info->mapping_count, 2);
  struct uhyve_mapping found[2];
  assert_int_equal(info->mappings_gva % _Alignof(struct uhyve_mapping), 0);
  memcpy(found, in_block(&guest, info->mappings_gva, sizeof(found)), sizeof(found));
  assert_string(&guest, found[0].path_gva, mapped_root);
  assert_string(&guest, found[1].path_gva, mapped_file);
  assert_int_equal(found[0].flags, UHYVE_MAPPING_FOLDER | UHYVE_MAPPING_READ_ONLY);
  assert_int_equal(found[1].flags, 0);
  guest_destroy(&guest);
}

static void interfaces_are_described(void **state)
{
  (void) state;
  struct guest guest;
  struct uhyve_interface found[2];
  guest_create(&guest, 64 * MIB, (char *[]){mapped_file, NULL}, (char *[]){NULL}, no_streams);
  assert_int_equal(guest.info.interface_count, 2);
  assert_int_equal(guest.info.interfaces_gva % _Alignof(struct uhyve_interface), 0);
  memcpy(found, in_block(&guest, guest.info.interfaces_gva, sizeof(found)), sizeof(found));
  assert_int_equal(found[0].registers_gpa, UHYVE_REGISTERS_BASE);
  assert_int_equal(found[1].registers_gpa, UHYVE_REGISTERS_BASE + PAGE);
  assert_int_equal(found[0].flags, UHYVE_INTERFACE_STATIC);
  assert_int_equal(found[1].flags, 0);
  assert_memory_equal(found[0].ipv4, net.list[0].ipv4, 4);
  assert_memory_equal(found[0].ipv4_gateway, net.list[0].ipv4_gateway, 4);
  assert_int_equal(found[0].ipv4_prefix, 24);
  assert_memory_equal(found[1].ipv6, net.list[1].ipv6, 16);
  assert_memory_equal(found[1].ipv6_gateway, net.list[1].ipv6_gateway, 16);
  assert_int_equal(found[1].ipv6_prefix, 64);
  guest_destroy(&guest);
}

static void limits_are_those_of_the_options(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  struct guest guest;
  guest_prepare(&guest, argv, envp, no_streams);
  guest.input.stack_limit = (struct option_limit){true, 12345, OPTIONS_NO_LIMIT};
  guest.input.descriptor_limit = (struct option_limit){true, 10, OPTIONS_NO_LIMIT};
  guest_write(&guest, 64 * MIB);
  assert_int_equal(guest.info.stack_limit.soft, 12345);
  assert_int_equal(guest.info.stack_limit.hard, UINT64_MAX);
  assert_int_equal(guest.info.descriptor_limit.soft, 10);
  assert_int_equal(guest.info.descriptor_limit.hard, 65536);
  guest_destroy(&guest);
}

/* A Multiboot loader's way to name it: the one module. */
static void the_initrd_is_named(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  struct guest guest;
  guest_prepare(&guest, argv, envp, no_streams);
  guest.initrd_bytes = 5000;
  guest_write(&guest, 64 * MIB);
  const struct uhyve_start_info *info = &guest.info;
  assert_int_equal(info->initrd_gva, UHYVE_WINDOW_BASE + guest.layout.initrd_gpa);
  assert_int_equal(info->initrd_len_bytes, 5000);
  assert_int_equal(multiboot_number(&guest, MULTIBOOT_MODS_COUNT), 1);
  uint32_t module[4];
  memcpy(module, multiboot_pointer(&guest, MULTIBOOT_MODS, sizeof(module)), sizeof(module));
  assert_int_equal(module[0], guest.layout.initrd_gpa);
  assert_int_equal(module[1], guest.layout.initrd_gpa + 5000);
  assert_int_equal(module[2], 0);
  guest_destroy(&guest);
}

static uint64_t now_ns(clockid_t clock)
{
  struct timespec now;
  assert_int_equal(clock_gettime(clock, &now), 0);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static void clocks_are_those_of_the_host(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  struct guest guest;
  uint64_t monotonic = now_ns(CLOCK_MONOTONIC);
  uint64_t realtime = now_ns(CLOCK_REALTIME);
  uint64_t tsc = __builtin_ia32_rdtsc();
  guest_create(&guest, 64 * MIB, argv, envp, no_streams);
  assert_int_equal(guest.info.tsc_khz, TSC_KHZ);
  assert_in_range(guest.info.monotonic_base_ns, monotonic, now_ns(CLOCK_MONOTONIC));
  assert_in_range(guest.info.clock.realtime_base_ns, realtime, now_ns(CLOCK_REALTIME));
  assert_in_range(guest.info.tsc_base, tsc, __builtin_ia32_rdtsc());
  assert_in_range(guest.info.clock.tsc_base, tsc, __builtin_ia32_rdtsc());
  assert_int_equal(guest.info.clock.sequence, 0);
  /* One second of cycles, to the nanosecond. */
  const uint64_t second_cycles = TSC_KHZ * UINT64_C(1000);
  assert_in_range((unsigned __int128) guest.info.clock.ns_per_cycle * second_cycles >> 48,
                  999999999, 1000000000);
  guest_destroy(&guest);
}

static void seeds_are_never_the_same(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  uint8_t seeds[3][sizeof(((struct uhyve_start_info *) 0)->random_seed)] = {{0}};
  for (unsigned int i = 1; i < 3; i++)
  {
    struct guest guest;
    guest_create(&guest, 16 * MIB, argv, envp, no_streams);
    memcpy(seeds[i], guest.info.random_seed, sizeof(seeds[i]));
    for (unsigned int other = 0; other < i; other++)
      for (size_t half = 0; half < 2; half++)
        assert_memory_not_equal(seeds[i] + 16 * half, seeds[other] + 16 * half, 16);
    guest_destroy(&guest);
  }
}

static void streams_are_described(void **state)
{
  (void) state;
  char *argv[] = {literal("program"), NULL};
  char *envp[] = {NULL};
  int pipe_fds[2];
  assert_int_equal(pipe(pipe_fds), 0);
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_true(terminal >= 0 && null >= 0);
  int closed = dup(null);
  close(closed);

  struct guest guest;
  const int streams[3] = {pipe_fds[0], terminal, null};
  guest_create(&guest, 16 * MIB, argv, envp, streams);
  assert_true(S_ISFIFO(guest.info.stream_mode[0]));
  assert_true(S_ISCHR(guest.info.stream_mode[1]));
  assert_true(S_ISCHR(guest.info.stream_mode[2]));
  assert_int_equal(guest.info.streams_terminal, 1u << 1);
  guest_destroy(&guest);

  const int absent[3] = {-1, closed, terminal};
  guest_create(&guest, 16 * MIB, argv, envp, absent);
  assert_int_equal(guest.info.stream_mode[0], 0);
  assert_int_equal(guest.info.stream_mode[1], 0);
  assert_int_equal(guest.info.streams_terminal, 1u << 2);
  guest_destroy(&guest);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
  close(terminal);
  close(null);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arguments_arrive),
      cmocka_unit_test(no_environment_is_an_empty_one),
      cmocka_unit_test(no_arguments_at_all),
      cmocka_unit_test(unusual_arguments_arrive),
      cmocka_unit_test(many_and_long_arguments_arrive),
      cmocka_unit_test(all_sizes_stay_in_bounds),
      cmocka_unit_test(cmdline_joins_the_arguments),
      cmocka_unit_test(cmdline_keeps_empty_arguments),
      cmocka_unit_test(memory_map_covers_ram),
      cmocka_unit_test(layout_is_passed_on),
      cmocka_unit_test(the_guest_is_told_what_it_inherits),
      cmocka_unit_test(limits_are_those_of_the_options),
      cmocka_unit_test(interfaces_are_described),
      cmocka_unit_test(the_initrd_is_named),
      cmocka_unit_test(clocks_are_those_of_the_host),
      cmocka_unit_test(seeds_are_never_the_same),
      cmocka_unit_test(streams_are_described),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
