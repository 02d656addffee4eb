/* Makes the blocks of hypercalls. A byte of the input chooses among what a call takes; the highest
 * values of it stand for any number, which follows. */
#include "tests/fuzz/blocks.h"

#include <fcntl.h>

#define ANY_NUMBER 0xf8
#define ANY_TEXT   0xf0
#define PAGE_BYTES 4096

static uint64_t take_u64(struct input *input)
{
  uint64_t value;
  input_take(input, &value, sizeof(value));
  return value;
}

static uint64_t number(struct input *input, uint64_t below)
{
  uint8_t byte = input_u8(input);
  return byte >= ANY_NUMBER ? take_u64(input) : byte % below;
}

/* ---- Addresses ---- */

uint64_t block_gpa(struct input *input, const struct vm *vm)
{
  const struct guest_layout *layout = &vm->layout;
  uint64_t offset = (uint64_t) input_u8(input) * 16;
  uint8_t kind = input_u8(input);
  switch (kind % 16)
  {
  case 1:
    return BUFFER_GPA + PAGE_BYTES - offset;
  case 2:
    return layout->image_gpa + offset;
  case 3:
    return layout->boot_gpa + offset;
  case 4:
    return layout->tables_gpa + offset;
  case 5:
    return vm->memory.mapped_bytes - offset;
  case 6:
    return guest_memory_size(&vm->memory) - offset;
  case 7:
    return layout->memory_gpa + offset / 16 * PAGE_BYTES;
  case 8:
    return UINT64_MAX - offset;
  case 9:
    return BLOCKS_GPA + offset;
  case 10:
    return layout->stack_gpa;
  case 11:
    return take_u64(input);
  default:
    return BUFFER_GPA + offset;
  }
}

static uint64_t length(struct input *input)
{
  uint8_t kind = input_u8(input);
  switch (kind % 8)
  {
  case 1:
    return sizeof(struct hc_stat);
  case 2:
    return (uint64_t) input_u8(input) * PAGE_BYTES;
  case 3:
    return take_u64(input);
  case 4:
    return 0;
  case 5:
    return PAGE_BYTES;
  default:
    return input_u8(input);
  }
}

static struct hc_segment segment(struct input *input, const struct vm *vm)
{
  uint64_t gpa = block_gpa(input, vm);
  return (struct hc_segment){gpa, length(input)};
}

static uint32_t segments(struct input *input, const struct vm *vm, struct hc_segment *list)
{
  uint32_t count = (uint32_t) number(input, HC_MAX_SEGMENTS + 2);
  for (uint32_t i = 0; i < count && i < HC_MAX_SEGMENTS; i++)
    list[i] = segment(input, vm);
  return count;
}

/* ---- Paths ---- */

static const char *const parts[] = {
    "",
    "file",
    "folder",
    "inner",
    "link",
    "..",
    "new",
    "out",
    "loop",
    "nowhere",
    "secret",
    "absolute",
    "fifo",
    "empty",
    "missing",
    ".",
    "away",
    "self",
    "up",
    "/",
    "long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-"
    "long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-"
    "long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-long-name-"
    "long-name"};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Of parts that are there, or any text. */
static size_t make_path(struct input *input, char path[static HC_MAX_PATH_BYTES + 64])
{
  uint8_t count = input_u8(input);
  if (count >= ANY_TEXT)
  {
    size_t bytes = input_u8(input) * (count == UINT8_MAX ? 17u : 1u);
    input_take(input, path, bytes);
    return bytes;
  }
  size_t used = 0;
  for (uint8_t i = 0; i < count % 5; i++)
  {
    const char *part = parts[input_u8(input) % PARTS];
    used += (size_t) snprintf(path + used, 512, "%s%s", i > 0 ? "/" : "", part);
  }
  if (count % 16 >= 12)
    used += (size_t) snprintf(path + used, 2, "/");
  return used;
}

static void put_path(struct input *input, const struct vm *vm, uint64_t gpa,
                     struct hc_segment list[static 2])
{
  char path[HC_MAX_PATH_BYTES + 512];
  size_t bytes = make_path(input, path);
  void *hva = guest_memory_hva(&vm->memory, gpa, bytes);
  CHECK(hva != NULL);
  memcpy(hva, path, bytes);
  uint8_t split = input_u8(input);
  uint64_t first = split < bytes ? split : bytes;
  list[0] = (struct hc_segment){gpa, first};
  list[1] = (struct hc_segment){gpa + first, bytes - first};
  if (split == UINT8_MAX)
    list[split % 2] = segment(input, vm);
}

/* ---- Blocks ---- */

static void make_io(struct input *input, const struct vm *vm, struct hc_io *block)
{
  block->fd = (int32_t) number(input, 4);
  block->wait_us = (uint32_t) number(input, 3);
  if (block->wait_us == 2)
    block->wait_us = HC_WAIT_FOREVER;
  block->segments = segments(input, vm, block->segment);
}

static void make_crash(struct input *input, const struct vm *vm, struct hc_crash *block)
{
  struct hc_segment text = segment(input, vm);
  block->cause = (uint32_t) number(input, 6);
  block->signal = (uint32_t) number(input, 66);
  block->vector = (uint32_t) number(input, 32);
  block->message_gpa = text.gpa;
  block->message_len_bytes = (uint32_t) text.len_bytes;
}

static void make_open(struct input *input, const struct vm *vm, struct hc_file_open *block)
{
  static const int flags[] = {O_RDONLY, O_WRONLY,  O_RDWR,      O_CREAT,          O_EXCL,
                              O_TRUNC,  O_APPEND,  O_DIRECTORY, O_NOFOLLOW,       O_PATH,
                              O_SYNC,   O_TMPFILE, O_NONBLOCK,  O_CREAT | O_EXCL, O_NOATIME};
  block->mapping = (uint32_t) number(input, vm->mappings.count + 1);
  block->mode = (uint32_t) number(input, 128) << 3;
  for (uint8_t count = input_u8(input) % 4; count > 0; count--)
    block->flags |= (uint32_t) flags[input_u8(input) % (sizeof(flags) / sizeof(flags[0]))];
  if (input_u8(input) == UINT8_MAX)
    block->flags = (uint32_t) take_u64(input);
  put_path(input, vm, PATH_GPA, block->path);
}

static void make_file_io(struct input *input, const struct vm *vm, struct hc_file_io *block)
{
  block->handle = (int32_t) number(input, 8);
  block->offset = (int64_t) number(input, 16) - 2;
  block->segments = segments(input, vm, block->segment);
}

static void make_control(struct input *input, struct hc_file_control *block)
{
  block->handle = (int32_t) number(input, 8);
  block->operation = (uint32_t) number(input, HC_FILE_OPERATIONS + 1);
  for (int i = 0; i < 4; i++)
    block->argument[i] = (int64_t) number(input, 16) - 1;
}

static void make_path_call(struct input *input, const struct vm *vm, struct hc_path *block)
{
  block->operation = (uint32_t) number(input, HC_PATH_OPERATIONS + 1);
  block->mapping = (uint32_t) number(input, vm->mappings.count + 1);
  block->other_mapping =
      input_u8(input) % 4 != 0 ? block->mapping : (uint32_t) number(input, vm->mappings.count + 1);
  for (int i = 0; i < 5; i++)
    block->argument[i] = (int64_t) number(input, 8) - 1;
  put_path(input, vm, PATH_GPA, block->path);
  put_path(input, vm, OTHER_GPA, block->other);
  block->buffer = segment(input, vm);
}

static void make_terminal(struct input *input, struct hc_terminal *block)
{
  block->fd = (int32_t) number(input, 4);
  block->operation = (uint32_t) number(input, HC_TERMINAL_OPERATIONS + 1);
  block->argument = (int32_t) number(input, 4);
  input_take(input, &block->rows, sizeof(block->rows));
  block->input_flags = (uint32_t) number(input, 16);
  block->output_flags = (uint32_t) number(input, 16);
  block->control_flags = (uint32_t) number(input, 16) | 0xb0; /* 8 bits, receiver on */
  block->local_flags = (uint32_t) number(input, 16);
}

static void make_signals(struct input *input, struct hc_signals *block)
{
  block->operation = (uint32_t) number(input, HC_SIGNALS_OPERATIONS + 1);
  for (uint8_t count = input_u8(input) % 4; count > 0; count--)
    block->mask |= UINT64_C(1) << input_u8(input) % 64;
}

static void make_time_zone(struct input *input, struct hc_time_zone *block)
{
  static const char *const zones[] = {
      "", "UTC", "Europe/Berlin", "/etc/passwd", "../../../etc", "Europe", "zone.tab", "a+b-c_d/0"};
  uint8_t zone = input_u8(input);
  if (zone >= ANY_TEXT)
    input_take(input, block->name, sizeof(block->name));
  else
    snprintf((char *) block->name, sizeof(block->name), "%s",
             zones[zone % (sizeof(zones) / sizeof(zones[0]))]);
}

static void make_discard(struct input *input, const struct vm *vm, struct hc_discard *block)
{
  block->segments = segments(input, vm, block->segment);
}

void block_make(struct input *input, const struct vm *vm, uint16_t port,
                uint8_t block[static HC_BLOCK_ALIGN])
{
  memset(block, 0, HC_BLOCK_ALIGN);
  switch ((enum hc_port) port)
  {
  case HC_exit:
    ((struct hc_exit *) block)->signal = (uint32_t) number(input, 66);
    break;
  case HC_write:
  case HC_read:
    make_io(input, vm, (struct hc_io *) block);
    break;
  case HC_crash:
    make_crash(input, vm, (struct hc_crash *) block);
    break;
  case HC_memory:
    ((struct hc_memory *) block)->memory_bytes = number(input, 16) << 20;
    break;
  case HC_discard:
    make_discard(input, vm, (struct hc_discard *) block);
    break;
  case HC_watch:
    ((struct hc_watch *) block)->fd = (int32_t) number(input, 4);
    ((struct hc_watch *) block)->event = (uint32_t) number(input, 5);
    break;
  case HC_file_open:
    make_open(input, vm, (struct hc_file_open *) block);
    break;
  case HC_file_read:
  case HC_file_write:
    make_file_io(input, vm, (struct hc_file_io *) block);
    break;
  case HC_file_control:
    make_control(input, (struct hc_file_control *) block);
    break;
  case HC_file_list:
    ((struct hc_file_list *) block)->handle = (int32_t) number(input, 8);
    ((struct hc_file_list *) block)->position = (int64_t) number(input, 16) - 1;
    ((struct hc_file_list *) block)->segment = segment(input, vm);
    break;
  case HC_path:
    make_path_call(input, vm, (struct hc_path *) block);
    break;
  case HC_terminal:
    make_terminal(input, (struct hc_terminal *) block);
    break;
  case HC_signals:
    make_signals(input, (struct hc_signals *) block);
    break;
  case HC_time_zone:
    make_time_zone(input, (struct hc_time_zone *) block);
    break;
  case HC_yield:
  case HC_clock:
    break;
  }
}
