/* The chaos guest's calls that keep to the interface: every value in a block is a random one of
 * those that the monitor has to take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abuse.h"
#include "chaos.h"

/* Flags of Linux's open(), whatever this C library calls them. */
#define LINUX_O_CREAT 0100
#define LINUX_O_EXCL  0200
#define LINUX_O_TRUNC 01000
#define LINUX_O_FLAGS 024377703 /* all there are, but for O_ASYNC */

/* Handles that may stay open. */
#define HANDLES_MAX 60

/* Files stay small, so that the host's disk does not fill. */
#define OFFSET_MAX (1u << 20)

/* ---- What blocks are made of ----
 *
 * Two may fill a block at the same time. Whatever mixture comes of it is right, too: the length of
 * a segment is always the same, and what it may lie in has room for that. */

#define LONG_BYTES (128u << 10)

/* Of a block's segment: one of a few that are as long as anything here gets. */
static uint64_t fixed_len(const void *block, unsigned int index)
{
  struct chance chance = {seed ^ (arena_gpa(block) + index)};
  static const uint64_t lens[] = {0, 1, 8, 4095, 4096};
  if (chance_one_in(&chance, 3))
    return lens[chance_below(&chance, sizeof(lens) / sizeof(lens[0]))];
  return chance_below(&chance, chance_one_in(&chance, 6) ? LONG_BYTES : 600);
}

static uint64_t take_data(struct chance *chance)
{
  return arena_gpa(arena->data + chance_below(chance, DATA_BYTES - 2 * LONG_BYTES));
}

/* What the guest may only read, and for nothing, any place. */
static uint64_t take_unwritten(struct chance *chance, uint64_t len_bytes)
{
  if (len_bytes == 0)
    return chance_below(chance, 16u << 20);
  if (len_bytes > PAGE_BYTES)
    return take_data(chance);
  uint64_t offset = chance_below(chance, PAGE_BYTES - len_bytes + 1);
  return (chance_one_in(chance, 2) ? start_info->page_tables_gpa : UHYVE_IMAGE_BASE) + offset;
}

static void fill_segment(struct chance *chance, struct hc_segment *segment, const void *block,
                         unsigned int index, bool is_written_to)
{
  uint64_t len_bytes = fixed_len(block, index);
  uint64_t gpa = take_data(chance);
  if (!is_written_to && chance_one_in(chance, 6))
    gpa = take_unwritten(chance, len_bytes);
  else if (len_bytes <= PAGE_BYTES && chance_one_in(chance, 10))
    /* The page that the block itself is in, where nothing else is. */
    gpa = (arena_gpa(block) & ~(PAGE_BYTES - 1ull)) +
          chance_below(chance, PAGE_BYTES - len_bytes + 1);
  segment->gpa = gpa;
  segment->len_bytes = len_bytes;
}

static void fill_segments(struct chance *chance, struct hc_segment *segments, const void *block,
                          bool is_written_to)
{
  for (unsigned int i = 0; i < HC_MAX_SEGMENTS; i++)
    fill_segment(chance, &segments[i], block, i, is_written_to);
}

static uint32_t take_segments(struct chance *chance)
{
  return (uint32_t) chance_below(chance, chance_one_in(chance, 4) ? HC_MAX_SEGMENTS + 1 : 3);
}

/* Two pieces of this are a path that is not too long. */
#define PIECE_BYTES (HC_MAX_PATH_BYTES / 2)

static size_t add_word(char *text, size_t used, const char *word)
{
  size_t len = strlen(word);
  memcpy(text + used, word, len);
  text[used + len] = '/';
  return used + len + 1;
}

/* Writes a path somewhere into a lane's text. It is followed by a '/'. */
static size_t write_path(struct chance *chance, char *text)
{
  static const char *const words[] = {
      "a",        "b",    "c",         "folder", "folder", "deep",      "..",     "..",
      ".",        "loop", "link-out",  "back",   "up",     "link-abs",  "canary", "secret",
      "fifo",     "etc",  "\xff\x01",  "passwd", "proc",   "self",      "root",   "",
      "link-new", "data", "read-only", "file",   "new",    "link-fifo", "fd",     "dev"};
  size_t used = 0;
  unsigned int count = (unsigned int) chance_below(chance, chance_one_in(chance, 4) ? 7 : 3);
  for (unsigned int i = 0; i <= count; i++)
    used = add_word(text, used, words[chance_below(chance, sizeof(words) / sizeof(words[0]))]);
  if (chance_one_in(chance, 30))
  {
    size_t long_bytes = 253 + chance_below(chance, 5);
    memset(text + used, 'n', long_bytes);
    text[used + long_bytes] = '/';
    used += long_bytes + 1;
  }
  return chance_one_in(chance, 50) ? chance_below(chance, 2 * PIECE_BYTES) : used;
}

static void fill_path(struct chance *chance, struct lane *lane, struct hc_segment *path)
{
  char *text = lane->text + chance_below(chance, TEXT_BYTES - 2 * PIECE_BYTES);
  uint64_t len_bytes = write_path(chance, text);
  if (len_bytes > 0 && !chance_one_in(chance, 6))
    len_bytes--;
  uint64_t first = len_bytes < PIECE_BYTES ? len_bytes : PIECE_BYTES;
  if (len_bytes < PIECE_BYTES && chance_one_in(chance, 3))
    first = chance_below(chance, len_bytes + 1);
  path[0] = (struct hc_segment){arena_gpa(text), first};
  path[1] = (struct hc_segment){arena_gpa(text) + first, len_bytes - first};
}

/* Rather one that may be open. */
static int32_t take_handle(struct chance *chance)
{
  return chance_one_in(chance, 10) ? (int32_t) chance_special(chance)
                                   : (int32_t) chance_below(chance, HANDLES_MAX + 8);
}

static int64_t take_offset(struct chance *chance)
{
  return chance_one_in(chance, 6) ? chance_special(chance)
                                  : (int64_t) chance_below(chance, OFFSET_MAX);
}

/* Standard error is left for what the monitor has to say. */
static int32_t take_stream(struct chance *chance)
{
  static const int32_t others[] = {-1, 3, 4, INT32_MIN, INT32_MAX};
  if (chance_one_in(chance, 8))
    return others[chance_below(chance, 5)];
  return (int32_t) chance_below(chance, 2);
}

/* ---- A block each ---- */

static void fill_io(struct chance *chance, struct hc_io *block, bool is_read)
{
  block->fd = take_stream(chance);
  block->wait_us = (uint32_t) chance_below(chance, 1000) * chance_one_in(chance, 4);
  block->segments = take_segments(chance);
  fill_segments(chance, block->segment, block, is_read);
}

static void fill_discard(struct chance *chance, struct hc_discard *block)
{
  block->segments = take_segments(chance);
  for (unsigned int i = 0; i < HC_MAX_SEGMENTS; i++)
  {
    uint64_t len_bytes = fixed_len(block, i) & ~(PAGE_BYTES - 1ull);
    block->segment[i] = (struct hc_segment){take_data(chance) & ~(PAGE_BYTES - 1ull), len_bytes};
  }
}

static void fill_open(struct chance *chance, struct lane *lane, struct hc_file_open *block)
{
  static const uint32_t usual[] = {0, 2, LINUX_O_CREAT | 2, LINUX_O_CREAT | LINUX_O_EXCL | 1,
                                   LINUX_O_CREAT | LINUX_O_TRUNC | 2};
  block->mapping = (uint32_t) chance_below(chance, start_info->mapping_count);
  block->flags = chance_one_in(chance, 3) ? (uint32_t) chance_next(chance) & LINUX_O_FLAGS
                                          : usual[chance_below(chance, 5)];
  block->mode = chance_one_in(chance, 4) ? (uint32_t) chance_next(chance) : 0644;
  fill_path(chance, lane, block->path);
}

static void fill_file_io(struct chance *chance, struct hc_file_io *block, bool is_read)
{
  block->handle = take_handle(chance);
  block->offset = take_offset(chance);
  block->segments = take_segments(chance);
  fill_segments(chance, block->segment, block, is_read);
}

static void fill_control(struct chance *chance, struct hc_file_control *block)
{
  block->handle = take_handle(chance);
  block->operation = chance_one_in(chance, 4) ? HC_FILE_CLOSE
                                              : (uint32_t) chance_below(chance, HC_FILE_OPERATIONS);
  for (unsigned int i = 0; i < 5; i++)
    block->argument[i] =
        chance_one_in(chance, 2) ? (int64_t) chance_below(chance, 64) : chance_special(chance);
}

static void fill_list(struct chance *chance, struct hc_file_list *block)
{
  block->handle = take_handle(chance);
  block->position = chance_one_in(chance, 2) ? 0 : chance_special(chance);
  fill_segment(chance, &block->segment, block, 0, true);
}

static void fill_path_call(struct chance *chance, struct lane *lane, struct hc_path *block)
{
  block->operation = (uint32_t) chance_below(chance, HC_PATH_OPERATIONS);
  block->mapping = (uint32_t) chance_below(chance, start_info->mapping_count);
  block->other_mapping = chance_one_in(chance, 4)
                             ? (uint32_t) chance_below(chance, start_info->mapping_count)
                             : block->mapping;
  for (unsigned int i = 0; i < 5; i++)
    block->argument[i] =
        chance_one_in(chance, 2) ? (int64_t) chance_below(chance, 4) : chance_special(chance);
  fill_path(chance, lane, block->path);
  fill_path(chance, lane, block->other);
  block->buffer.gpa = take_data(chance);
  block->buffer.len_bytes = sizeof(struct hc_stat) + fixed_len(block, 0);
}

static void fill_terminal(struct chance *chance, struct hc_terminal *block)
{
  block->fd = take_stream(chance);
  block->operation = (uint32_t) chance_below(chance, HC_TERMINAL_OPERATIONS);
  /* No even number: none that stops output, which nobody would let go on. */
  block->argument = (int32_t) chance_special(chance) | 1;
  block->input_flags = (uint32_t) chance_next(chance);
  block->output_flags = (uint32_t) chance_next(chance);
  block->control_flags = (uint32_t) chance_next(chance);
  block->local_flags = (uint32_t) chance_next(chance);
  for (unsigned int i = 0; i < sizeof(block->characters); i++)
    block->characters[i] = (uint8_t) chance_special(chance);
}

/* Signals that this guest leaves alone: SIGTERM, for it is to end it at any time, and SIGXFSZ, for
 * the limit of its files. */
#define NOT_TOUCHED (1ull << 14 | 1ull << 24)

static void fill_signals(struct chance *chance, struct hc_signals *block)
{
  static const uint32_t operations[] = {HC_SIGNALS_CATCH, HC_SIGNALS_TAKE, HC_SIGNALS_IGNORE,
                                        HC_SIGNALS_DEFAULT};
  block->operation =
      chance_one_in(chance, 1000) ? HC_SIGNALS_STOP : operations[chance_below(chance, 4)];
  uint64_t mask = chance_one_in(chance, 2) ? chance_next(chance) : 1ull << chance_below(chance, 64);
  block->mask = mask & ~NOT_TOUCHED;
}

static void fill_zone(struct chance *chance, struct hc_time_zone *block)
{
  static const char *const names[] = {
      "",           "UTC",      "Europe/Berlin", "../../../etc/passwd",
      "posixrules", "Europe",   "/etc/passwd",   "zone.tab",
      "a/b/c/d",    "\x01\xff", "Etc/GMT-14",    "localtime"};
  char name[HC_TIME_ZONE_BYTES] = "";
  strcpy(name, names[chance_below(chance, sizeof(names) / sizeof(names[0]))]);
  if (chance_one_in(chance, 8))
    memset(name, 'Z', chance_below(chance, HC_TIME_ZONE_BYTES));
  memcpy(block->name, name, sizeof(name));
}

void fill_block(struct chance *chance, unsigned int number, enum call call)
{
  struct lane *lane = &arena->lanes[number];
  void *block = block_of(number, call);
  switch (call)
  {
  case CALL_write:
  case CALL_read:
    fill_io(chance, block, call == CALL_read);
    break;
  case CALL_memory:
    ((struct hc_memory *) block)->memory_bytes =
        chance_one_in(chance, 20) ? (uint64_t) chance_special(chance) : 0;
    break;
  case CALL_discard:
    fill_discard(chance, block);
    break;
  case CALL_watch:
    ((struct hc_watch *) block)->fd = take_stream(chance);
    ((struct hc_watch *) block)->event = (uint32_t) chance_below(chance, HC_EVENT_LOOK + 1);
    break;
  case CALL_file_open:
    fill_open(chance, lane, block);
    break;
  case CALL_file_read:
  case CALL_file_write:
    fill_file_io(chance, block, call == CALL_file_read);
    break;
  case CALL_file_control:
    fill_control(chance, block);
    break;
  case CALL_file_list:
    fill_list(chance, block);
    break;
  case CALL_path:
    fill_path_call(chance, lane, block);
    break;
  case CALL_terminal:
    fill_terminal(chance, block);
    break;
  case CALL_signals:
    fill_signals(chance, block);
    break;
  case CALL_time_zone:
    fill_zone(chance, block);
    break;
  default:
    break;
  }
}

/* ---- The call ---- */

/* What is only outside of the mapped folders, so spelled that this program does not have it. */
static bool is_secret(const uint8_t *data)
{
  static const char secret[] = "DBOBSZ!TFDSFU"; /* each letter one further */
  for (unsigned int i = 0; i < sizeof(secret) - 1; i++)
  {
    if (data[i] != (uint8_t) (secret[i] - 1))
      return false;
  }
  return true;
}

static void look_at_read(const struct hc_file_io *block)
{
  uint64_t offset = block->segment[0].gpa - arena_gpa(arena->data);
  if (offset < DATA_BYTES - PAGE_BYTES && is_secret(arena->data + offset))
  {
    static const char text[] = "chaos: read a file that is not mapped\n";
    fputs(text, stderr);
    exit(77);
  }
}

static void close_further(int64_t handle, unsigned int lane)
{
  struct hc_file_control *block = block_of(lane, CALL_file_control);
  for (unsigned int tries = 0; handle > HANDLES_MAX && tries < 100; tries++)
  {
    block->handle = (int32_t) handle;
    block->operation = HC_FILE_CLOSE;
    out(HC_file_control, arena_gpa(block));
    if (block->result == -9)
      return;
  }
}

void make_call(struct chance *chance, unsigned int lane, enum call call)
{
  void *block = block_of(lane, call);
  if (!is_survivable(call))
    return;
  fill_block(chance, lane, call);
  out(port_of(call), arena_gpa(block));
  if (call == CALL_file_open)
    close_further(((struct hc_file_open *) block)->result, lane);
  if (call == CALL_file_read)
    look_at_read(block);
}
