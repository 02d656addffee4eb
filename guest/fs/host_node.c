/* Nodes of files of the host: reading ahead and writing behind. */
#include "fs/host_node.h"

#include <errno.h>
#include <string.h>

#include "arch/x86_64/cpu.h"
#include "fs/file_system.h"
#include "fs/host_call.h"
#include "fs/program_memory.h"
#include "start_info.h"

/* What is read ahead at first; twice that each time. */
#define FIRST_WINDOW_BYTES 16384ul

/* Writes that come no faster gain nothing from staying behind. */
#define GATHER_WITHIN_NS 1000000ul

/* Counts reasons to forget what was read ahead. */
static uint32_t looks;

void host_look_again(void)
{
  __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
}

static uint64_t cycles_of_ns(uint64_t ns)
{
  return start_info->tsc_khz * (ns / 1000) / 1000;
}

/* Callers hold handlers of signals back (signal/hold.h). */
static void lock(struct host_node *node)
{
  mutex_lock(&node->mutex);
}

static void unlock(struct host_node *node)
{
  mutex_unlock(&node->mutex);
}

/* Whether the node has a buffer, which is taken for it. */
static bool has_buffer(struct host_node *node)
{
  if (node->buffer == NULL)
    node->buffer = host_buffer_take();
  return node->buffer != NULL;
}

static void give_buffer(struct host_node *node)
{
  host_buffer_give(node->buffer);
  node->buffer = NULL;
}

/* ---- Behind ---- */

static void write_out(struct host_node *node)
{
  size_t done = 0;
  int error = 0;
  if (node->content != HOST_BEHIND)
    return;
  while (error == 0 && done < node->len_bytes)
  {
    long moved = host_call_write(node->handle, node->buffer->bytes + done, node->len_bytes - done,
                                 node->begin + (off_t) done);
    if (moved > 0)
      done += (size_t) moved;
    else
      error = moved < 0 ? (int) moved : -EIO;
  }
  __atomic_add_fetch(&host_late_writes, 1, __ATOMIC_RELEASE);
  __atomic_store_n(&node->content, HOST_NOTHING, __ATOMIC_RELEASE);
  __atomic_sub_fetch(&host_behind, 1, __ATOMIC_RELEASE);
  if (error == 0)
    return;
  node->error = error;
  node->errors++;
}

void host_node_write_out(struct host_node *node)
{
  if (__atomic_load_n(&node->content, __ATOMIC_ACQUIRE) != HOST_BEHIND)
    return;
  lock(node);
  write_out(node);
  unlock(node);
}

static void settle(struct host_node *node)
{
  write_out(node);
  node->content = HOST_NOTHING;
}

/* Waits for who reads ahead just now, too: what comes of that may be old already. */
void host_node_settle(struct host_node *node)
{
  lock(node);
  settle(node);
  unlock(node);
}

void host_node_write_old(struct host_node *node, uint64_t age_cycles)
{
  lock(node);
  if (node->content == HOST_BEHIND && cpu_tsc() - node->since_tsc >= age_cycles)
  {
    write_out(node);
    give_buffer(node);
  }
  unlock(node);
}

static int take_error(struct host_node *node, uint32_t *errors_seen)
{
  if (node->errors == *errors_seen)
    return 0;
  *errors_seen = node->errors;
  return node->error;
}

int host_node_take_error(struct host_node *node, uint32_t *errors_seen)
{
  lock(node);
  int error = take_error(node, errors_seen);
  unlock(node);
  return error;
}

static void begin_behind(struct host_node *node, int32_t handle, off_t offset)
{
  node->begin = offset;
  node->len_bytes = 0;
  node->handle = handle;
  node->since_tsc = cpu_tsc();
  __atomic_add_fetch(&host_behind, 1, __ATOMIC_RELAXED);
  __atomic_store_n(&node->content, HOST_BEHIND, __ATOMIC_RELEASE);
}

/* Copies what is written into the buffer, whose content it touches; it is written out when it is
 * full. A copy comes before the length that counts it, for host_rescue(). */
static long gather(struct host_node *node, int32_t handle, const unsigned char *from,
                   size_t len_bytes, off_t offset, uint32_t *errors_seen)
{
  size_t done = 0;
  while (done < len_bytes)
  {
    if (node->content != HOST_BEHIND)
      begin_behind(node, handle, offset + (off_t) done);
    size_t at = (size_t) (offset - node->begin) + done;
    size_t piece = HOST_BUFFER_BYTES - at;
    if (piece > len_bytes - done)
      piece = len_bytes - done;
    memcpy(node->buffer->bytes + at, from + done, piece);
    done += piece;
    if (at + piece > node->len_bytes)
      __atomic_store_n(&node->len_bytes, at + piece, __ATOMIC_RELEASE);
    if (at + piece < HOST_BUFFER_BYTES)
      continue;
    write_out(node);
    int error = take_error(node, errors_seen);
    if (error != 0)
      return error;
  }
  return (long) done;
}

/* Whether the write goes on where the last one has just ended. */
static bool goes_on(const struct host_node *node, off_t offset)
{
  return offset == node->write_next &&
         cpu_tsc() - node->written_tsc < cycles_of_ns(GATHER_WITHIN_NS);
}

static bool touches_behind(const struct host_node *node, off_t offset)
{
  return node->content == HOST_BEHIND && offset >= node->begin &&
         offset <= node->begin + (off_t) node->len_bytes;
}

static long write_small(struct host_node *node, int32_t handle, const void *buffer,
                        size_t len_bytes, off_t offset, uint32_t *errors_seen)
{
  long result;
  bool may_stay = __atomic_load_n(&host_is_ending, __ATOMIC_RELAXED) == 0;
  if (may_stay && touches_behind(node, offset))
    result = gather(node, handle, buffer, len_bytes, offset, errors_seen);
  else
  {
    settle(node);
    result = take_error(node, errors_seen);
    if (result != 0)
      return result;
    if (may_stay && goes_on(node, offset) && host_late_prepare() == 0 && has_buffer(node))
      result = gather(node, handle, buffer, len_bytes, offset, errors_seen);
    else
      result = host_call_write(handle, buffer, len_bytes, offset);
  }
  if (result > 0)
    node->write_next = offset + result;
  node->written_tsc = cpu_tsc();
  return result;
}

static long write_late(struct host_node *node, int32_t handle, const void *buffer, size_t len_bytes,
                       off_t offset, uint32_t *errors_seen)
{
  len_bytes = program_memory(buffer, len_bytes, ADDRESS_READ);
  if (len_bytes == 0)
    return -EFAULT;
  lock(node);
  long result = take_error(node, errors_seen);
  if (result == 0)
    result = write_small(node, handle, buffer, len_bytes, offset, errors_seen);
  bool is_behind = node->content == HOST_BEHIND;
  unlock(node);
  if (is_behind)
    host_late_tell();
  return result;
}

/* The mutex is not held meanwhile: what others read ahead is forgotten before and after. */
static long write_through(struct host_node *node, int32_t handle, enum host_write_mode mode,
                          const void *buffer, size_t len_bytes, off_t offset, off_t *end)
{
  host_node_settle(node);
  long result = mode == HOST_WRITE_APPEND ? host_call_append(handle, buffer, len_bytes, end)
                                          : host_call_write(handle, buffer, len_bytes, offset);
  host_node_settle(node);
  if (result > 0 && mode != HOST_WRITE_APPEND)
    __atomic_store_n(&node->write_next, offset + result, __ATOMIC_RELAXED);
  return result;
}

long host_node_write(struct host_node *node, int32_t handle, enum host_write_mode mode,
                     const void *buffer, size_t len_bytes, off_t offset, off_t *end,
                     uint32_t *errors_seen)
{
  long result;
  if (len_bytes == 0)
    return 0;
  if (mode == HOST_WRITE_LATE && len_bytes <= HOST_SMALL_BYTES)
    result = write_late(node, handle, buffer, len_bytes, offset, errors_seen);
  else
  {
    host_node_settle(node);
    result = host_node_take_error(node, errors_seen);
    if (result == 0)
      result = write_through(node, handle, mode, buffer, len_bytes, offset, end);
  }
  if (result > 0 && mode != HOST_WRITE_APPEND)
    *end = offset + result;
  return result;
}

/* ---- Ahead ---- */

static bool is_ahead(const struct host_node *node, off_t offset)
{
  return node->content == HOST_AHEAD && offset >= node->begin &&
         offset <= node->begin + (off_t) node->len_bytes &&
         node->look == __atomic_load_n(&looks, __ATOMIC_RELAXED) &&
         cpu_tsc() - node->since_tsc < cycles_of_ns(HOST_LATE_NS);
}

static size_t copy_ahead(const struct host_node *node, void *to, size_t len_bytes, off_t offset)
{
  size_t at = (size_t) (offset - node->begin);
  size_t piece = node->len_bytes - at < len_bytes ? node->len_bytes - at : len_bytes;
  memcpy(to, node->buffer->bytes + at, piece);
  return piece;
}

/* Reads ahead from there on: 0 or an error. */
static long fill_ahead(struct host_node *node, int32_t handle, size_t len_bytes, off_t offset)
{
  size_t window_bytes = node->window_bytes > len_bytes ? node->window_bytes : len_bytes;
  node->content = HOST_NOTHING;
  node->look = __atomic_load_n(&looks, __ATOMIC_RELAXED);
  node->since_tsc = cpu_tsc();
  long got = host_call_read(handle, node->buffer->bytes, window_bytes, offset);
  if (got < 0)
    return got;
  node->begin = offset;
  node->len_bytes = (size_t) got;
  node->is_end = (size_t) got < window_bytes;
  node->content = HOST_AHEAD;
  node->window_bytes = 2 * window_bytes < HOST_BUFFER_BYTES ? 2 * window_bytes : HOST_BUFFER_BYTES;
  return 0;
}

static long read_small(struct host_node *node, int32_t handle, unsigned char *to, size_t len_bytes,
                       off_t offset)
{
  size_t done = 0;
  write_out(node);
  if (is_ahead(node, offset))
  {
    done = copy_ahead(node, to, len_bytes, offset);
    if (done == len_bytes || node->is_end)
      return (long) done;
  }
  long result;
  if (offset == node->read_next && has_buffer(node))
  {
    result = fill_ahead(node, handle, len_bytes - done, offset + (off_t) done);
    if (result == 0)
      result = (long) copy_ahead(node, to + done, len_bytes - done, offset + (off_t) done);
  }
  else
  {
    node->window_bytes = FIRST_WINDOW_BYTES;
    result = host_call_read(handle, to + done, len_bytes - done, offset + (off_t) done);
  }
  return result < 0 && done == 0 ? result : (long) done + (result > 0 ? result : 0);
}

static long read_buffered(struct host_node *node, int32_t handle, void *buffer, size_t len_bytes,
                          off_t offset)
{
  len_bytes = program_memory(buffer, len_bytes, ADDRESS_WRITE);
  if (len_bytes == 0)
    return -EFAULT;
  lock(node);
  long result = read_small(node, handle, buffer, len_bytes, offset);
  if (result > 0)
    node->read_next = offset + result;
  else
  {
    /* The end was reached: others may need it. */
    node->content = HOST_NOTHING;
    give_buffer(node);
  }
  unlock(node);
  return result;
}

long host_node_read(struct host_node *node, int32_t handle, void *buffer, size_t len_bytes,
                    off_t offset)
{
  if (len_bytes == 0)
    return 0;
  if (len_bytes <= HOST_SMALL_BYTES)
    return read_buffered(node, handle, buffer, len_bytes, offset);
  if (__atomic_load_n(&node->content, __ATOMIC_ACQUIRE) == HOST_BEHIND)
    host_node_settle(node);
  long result = host_call_read(handle, buffer, len_bytes, offset);
  if (result > 0)
    __atomic_store_n(&node->read_next, offset + result, __ATOMIC_RELAXED);
  return result;
}
