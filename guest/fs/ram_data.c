/* The bytes of a ram file: a tree of tables above chunks. A small file has one chunk of its size.
 */
#include <errno.h>
#include <string.h>

#include "fs/ram.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"

#define TABLE_POINTERS 512ul
#define TABLE_BITS     9
#define TABLE_BYTES    (TABLE_POINTERS * sizeof(void *))
#define FIRST_BYTES    64u /* of the smallest first chunk */

static uint64_t used_bytes;

/* Half of the memory that programs can have, as other systems do it. */
uint64_t ram_limit_bytes(void)
{
  return physical_usage().total_bytes / 2;
}

uint64_t ram_used_bytes(void)
{
  return __atomic_load_n(&used_bytes, __ATOMIC_RELAXED);
}

void *ram_allocate(size_t len_bytes, bool zeroed)
{
  uint64_t used = __atomic_add_fetch(&used_bytes, len_bytes, __ATOMIC_RELAXED);
  void *memory = NULL;
  if (used <= ram_limit_bytes())
    memory = zeroed ? kernel_allocate_zeroed(len_bytes) : kernel_allocate(len_bytes);
  if (memory == NULL)
    __atomic_sub_fetch(&used_bytes, len_bytes, __ATOMIC_RELAXED);
  return memory;
}

void ram_free(void *memory, size_t len_bytes)
{
  if (memory == NULL)
    return;
  kernel_free(memory, len_bytes);
  __atomic_sub_fetch(&used_bytes, len_bytes, __ATOMIC_RELAXED);
}

static void *allocate(struct ram_data *data, size_t len_bytes, bool zeroed)
{
  void *memory = ram_allocate(len_bytes, zeroed);
  if (memory != NULL)
    data->held_bytes += len_bytes;
  return memory;
}

static void release(struct ram_data *data, void *memory, size_t len_bytes)
{
  if (memory == NULL)
    return;
  ram_free(memory, len_bytes);
  data->held_bytes -= len_bytes;
}

/* How many chunks a tree of so many levels can have. */
static uint64_t chunks_of(uint32_t levels)
{
  return 1ull << (TABLE_BITS * levels);
}

/* Where the pointer to a chunk is, or null. */
static void **find(const struct ram_data *data, uint64_t chunk)
{
  if (chunk >= chunks_of(data->levels))
    return NULL;
  void **at = (void **) (uintptr_t) &data->root;
  for (uint32_t level = data->levels; level > 0; level--)
  {
    if (*at == NULL)
      return NULL;
    at = (void **) *at + (chunk >> (TABLE_BITS * (level - 1)) & (TABLE_POINTERS - 1));
  }
  return at;
}

/* The first chunk gets at least so many bytes. */
static bool grow_first(struct ram_data *data, uint64_t len_bytes)
{
  uint32_t wanted = FIRST_BYTES;
  while (wanted < len_bytes)
    wanted *= 2;
  if (wanted <= data->first_bytes)
    return true;
  char *chunk = allocate(data, wanted, false);
  if (chunk == NULL)
    return false;
  if (data->first_bytes > 0)
    memcpy(chunk, data->root, data->first_bytes);
  memset(chunk + data->first_bytes, 0, wanted - data->first_bytes);
  release(data, data->root, data->first_bytes);
  data->root = chunk;
  data->first_bytes = wanted;
  return true;
}

/* The tree gets as high as it takes. */
static bool grow_levels(struct ram_data *data, uint64_t chunk)
{
  if (data->levels == 0 && data->first_bytes > 0 && !grow_first(data, RAM_CHUNK_BYTES))
    return false;
  while (chunk >= chunks_of(data->levels))
  {
    void **table = NULL;
    if (data->root != NULL)
    {
      table = allocate(data, TABLE_BYTES, true);
      if (table == NULL)
        return false;
      table[0] = data->root;
    }
    data->root = table;
    data->levels++;
    data->first_bytes = 0;
  }
  return true;
}

/* Makes the tables above a chunk: where its pointer is, or null. */
static void **make_tables(struct ram_data *data, uint64_t chunk)
{
  if (chunk >= chunks_of(data->levels) && !grow_levels(data, chunk))
    return NULL;
  void **at = &data->root;
  for (uint32_t level = data->levels; level > 0; level--)
  {
    if (*at == NULL)
      *at = allocate(data, TABLE_BYTES, true);
    if (*at == NULL)
      return NULL;
    at = (void **) *at + (chunk >> (TABLE_BITS * (level - 1)) & (TABLE_POINTERS - 1));
  }
  return at;
}

/* The memory of a chunk, made if need be, for bytes [begin, end) of it that are to be written. */
static char *make(struct ram_data *data, uint64_t chunk, size_t begin, size_t end)
{
  if (chunk == 0 && data->levels == 0)
    return grow_first(data, end) ? data->root : NULL;
  void **at = make_tables(data, chunk);
  if (at != NULL && *at == NULL)
    *at = allocate(data, RAM_CHUNK_BYTES, begin != 0 || end != RAM_CHUNK_BYTES);
  return at != NULL ? *at : NULL;
}

/* The part of [offset, offset + len_bytes) in one chunk. */
struct piece
{
  uint64_t chunk;
  size_t begin, len_bytes;
};

static struct piece first_piece(uint64_t offset, uint64_t len_bytes)
{
  struct piece piece = {.chunk = offset / RAM_CHUNK_BYTES, .begin = offset % RAM_CHUNK_BYTES};
  piece.len_bytes = RAM_CHUNK_BYTES - piece.begin;
  if (piece.len_bytes > len_bytes)
    piece.len_bytes = len_bytes;
  return piece;
}

static size_t chunk_bytes(const struct ram_data *data)
{
  return data->levels == 0 ? data->first_bytes : RAM_CHUNK_BYTES;
}

void ram_data_read(const struct ram_data *data, void *buffer, size_t len_bytes, uint64_t offset)
{
  char *to = buffer;
  while (len_bytes > 0)
  {
    struct piece piece = first_piece(offset, len_bytes);
    void **at = find(data, piece.chunk);
    size_t there = at != NULL && *at != NULL ? chunk_bytes(data) : 0;
    there = there > piece.begin ? there - piece.begin : 0;
    if (there > piece.len_bytes)
      there = piece.len_bytes;
    if (there > 0)
      memcpy(to, (const char *) *at + piece.begin, there);
    memset(to + there, 0, piece.len_bytes - there);
    to += piece.len_bytes;
    offset += piece.len_bytes;
    len_bytes -= piece.len_bytes;
  }
}

size_t ram_data_write(struct ram_data *data, const void *buffer, size_t len_bytes, uint64_t offset)
{
  size_t done = 0;
  while (done < len_bytes)
  {
    struct piece piece = first_piece(offset + done, len_bytes - done);
    char *chunk = make(data, piece.chunk, piece.begin, piece.begin + piece.len_bytes);
    if (chunk == NULL)
      break;
    memcpy(chunk + piece.begin, (const char *) buffer + done, piece.len_bytes);
    done += piece.len_bytes;
  }
  return done;
}

int ram_data_allocate(struct ram_data *data, uint64_t offset, uint64_t len_bytes)
{
  while (len_bytes > 0)
  {
    struct piece piece = first_piece(offset, len_bytes);
    /* An empty range: the chunk comes zeroed. */
    if (make(data, piece.chunk, 1, piece.begin + piece.len_bytes) == NULL)
      return -ENOSPC;
    offset += piece.len_bytes;
    len_bytes -= piece.len_bytes;
  }
  return 0;
}

/* Frees all chunks from a number on below a table; whether none is left. */
static bool cut_table(struct ram_data *data, void **table, uint32_t level, uint64_t from)
{
  bool is_empty = true;
  uint64_t each = chunks_of(level - 1);
  for (uint64_t i = 0; i < TABLE_POINTERS; i++)
  {
    uint64_t begin = i * each;
    if (table[i] == NULL)
      continue;
    if (begin + each <= from)
    {
      is_empty = false;
      continue;
    }
    bool is_gone = begin >= from;
    if (level > 1)
      is_gone = cut_table(data, table[i], level - 1, from > begin ? from - begin : 0);
    if (is_gone)
    {
      release(data, table[i], level > 1 ? TABLE_BYTES : RAM_CHUNK_BYTES);
      table[i] = NULL;
    }
    is_empty &= is_gone;
  }
  return is_empty;
}

void ram_data_cut(struct ram_data *data, uint64_t len_bytes)
{
  uint64_t from = len_bytes / RAM_CHUNK_BYTES + (len_bytes % RAM_CHUNK_BYTES != 0 ? 1 : 0);
  uint64_t held_bytes = data->held_bytes;
  if (data->levels == 0 && from == 0)
  {
    release(data, data->root, data->first_bytes);
    data->root = NULL;
    data->first_bytes = 0;
  }
  else if (data->levels > 0 && data->root != NULL &&
           cut_table(data, data->root, data->levels, from))
  {
    release(data, data->root, TABLE_BYTES);
    data->root = NULL;
  }
  if (data->root == NULL)
    data->levels = 0;
  void **at = find(data, len_bytes / RAM_CHUNK_BYTES);
  size_t begin = len_bytes % RAM_CHUNK_BYTES;
  if (from > 0 && begin != 0 && at != NULL && *at != NULL && begin < chunk_bytes(data))
    memset((char *) *at + begin, 0, chunk_bytes(data) - begin);
  if (held_bytes - data->held_bytes >= RAM_CHUNK_BYTES)
    physical_give_back(false);
}

/* Whether there is a chunk, and how many from it on share the answer for sure. */
static bool has_chunk(const struct ram_data *data, uint64_t chunk, uint64_t *alike)
{
  void *at = data->root;
  *alike = UINT64_MAX;
  if (chunk >= chunks_of(data->levels))
    return false;
  for (uint32_t level = data->levels; level > 0 && at != NULL; level--)
  {
    uint64_t each = chunks_of(level - 1);
    at = ((void **) at)[chunk / each % TABLE_POINTERS];
    *alike = each - chunk % each;
  }
  if (data->levels == 0)
    *alike = 1;
  return at != NULL;
}

uint64_t ram_data_next(const struct ram_data *data, uint64_t offset, bool hole)
{
  uint64_t chunk = offset / RAM_CHUNK_BYTES;
  uint64_t alike;
  while (has_chunk(data, chunk, &alike) == hole)
  {
    if (alike == UINT64_MAX)
      return UINT64_MAX;
    chunk += alike;
  }
  return chunk * RAM_CHUNK_BYTES > offset ? chunk * RAM_CHUNK_BYTES : offset;
}
