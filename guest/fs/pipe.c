/* Pipes: bytes go through a ring, by copy, with a mutex held. Who has to wait sleeps on a futex
 * that the other side changes. */
#include "fs/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fs/pipe_state.h"
#include "fs/program_memory.h"
#include "mm/kernel_heap.h"
#include "posix/sys.h"
#include "sched/spin.h"
#include "signal/hold.h"
#include "start_info.h"
#include "time/clock.h"

#define NS_PER_S     1000000000ull
#define EVENTS_READ  (POLLIN | POLLRDNORM)
#define EVENTS_WRITE (POLLOUT | POLLWRNORM)

static struct pipe_end *end_of(struct file *file)
{
  return (struct pipe_end *) file;
}

static uint32_t look(const uint32_t *count)
{
  return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static void set(uint32_t *count, uint32_t value)
{
  __atomic_store_n(count, value, __ATOMIC_RELAXED);
}

/* ---- Sleeping and waking; locked ---- */

void pipe_change(struct pipe_wait *wait)
{
  set(&wait->word, wait->word + 1);
  if (wait->waiting != 0)
    futex_wake(&wait->word, INT_MAX);
}

int pipe_sleep(struct pipe *pipe, struct pipe_wait *wait)
{
  uint32_t seen = wait->word;
  wait->waiting++;
  mutex_unlock(&pipe->mutex);
  int error = 0;
  if (!spin_while(&wait->word, seen, &wait->history))
    error = signal_hold_wait(&wait->word, seen, FUTEX_FOREVER);
  mutex_lock(&pipe->mutex);
  wait->waiting--;
  return error == -EINTR ? error : 0;
}

/* There are more bytes. Whether one who waits for them is to be woken, best with the mutex free: he
 * takes it. He wakes the next one, if he leaves some. */
static bool change_data(struct pipe *pipe)
{
  set(&pipe->data.word, pipe->data.word + 1);
  wait_source_tell(&pipe->source, EVENTS_READ);
  return pipe->data.waiting != 0;
}

static void wake_for_data(struct pipe *pipe)
{
  futex_wake(&pipe->data.word, 1);
}

static uint32_t room_of(const struct pipe *pipe)
{
  return pipe->size_bytes - pipe->used;
}

/* There is more room. Whether those who wait for it are to be woken. */
static bool change_room(struct pipe *pipe)
{
  bool wakes = pipe->room.waiting != 0 && room_of(pipe) >= pipe->least_room;
  if (wakes)
  {
    pipe->least_room = UINT32_MAX;
    set(&pipe->room.word, pipe->room.word + 1);
  }
  if (room_of(pipe) >= PIPE_BUF)
    wait_source_tell(&pipe->source, EVENTS_WRITE);
  return wakes;
}

static void wake_for_room(struct pipe *pipe)
{
  futex_wake(&pipe->room.word, INT_MAX);
}

static int sleep_for_room(struct pipe *pipe, size_t len_bytes)
{
  uint32_t least = len_bytes < PIPE_BUF ? (uint32_t) len_bytes : PIPE_BUF;
  if (least < pipe->least_room)
    pipe->least_room = least;
  return pipe_sleep(pipe, &pipe->room);
}

/* ---- The ring; locked ---- */

static size_t put(struct pipe *pipe, const char *bytes, size_t len_bytes)
{
  size_t count = len_bytes < room_of(pipe) ? len_bytes : room_of(pipe);
  size_t at = (pipe->first + pipe->used) & (pipe->size_bytes - 1);
  size_t piece = pipe->size_bytes - at < count ? pipe->size_bytes - at : count;
  memcpy(pipe->ring + at, bytes, piece);
  memcpy(pipe->ring, bytes + piece, count - piece);
  set(&pipe->used, pipe->used + (uint32_t) count);
  return count;
}

static size_t take(struct pipe *pipe, char *bytes, size_t len_bytes)
{
  size_t count = len_bytes < pipe->used ? len_bytes : pipe->used;
  size_t piece = pipe->size_bytes - pipe->first;
  if (piece > count)
    piece = count;
  memcpy(bytes, pipe->ring + pipe->first, piece);
  memcpy(bytes + piece, pipe->ring, count - piece);
  set(&pipe->used, pipe->used - (uint32_t) count);
  /* An empty ring begins anew: small messages stay in the cache. */
  pipe->first = pipe->used != 0 ? (pipe->first + (uint32_t) count) & (pipe->size_bytes - 1) : 0;
  return count;
}

/* ---- The calls ---- */

static long pipe_read(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  (void) offset;
  struct pipe *pipe = end_of(file)->pipe;
  long result = 0;
  if (len_bytes == 0)
    return 0;
  if (len_bytes > PIPE_SIZE_MAX_BYTES)
    len_bytes = PIPE_SIZE_MAX_BYTES;
  len_bytes = program_memory(buffer, len_bytes, ADDRESS_WRITE);
  if (len_bytes == 0)
    return -EFAULT;
  mutex_lock(&pipe->mutex);
  while (pipe->used == 0 && pipe->writers != 0 && result == 0)
    result = (look(&file->flags) & O_NONBLOCK) != 0 ? -EAGAIN : pipe_sleep(pipe, &pipe->data);
  bool wakes_writers = false;
  bool wakes_reader = false;
  if (pipe->used != 0)
  {
    result = (long) take(pipe, buffer, len_bytes);
    wakes_writers = change_room(pipe);
    wakes_reader = pipe->used != 0 && pipe->data.waiting != 0;
  }
  mutex_unlock(&pipe->mutex);
  if (wakes_writers)
    wake_for_room(pipe);
  if (wakes_reader)
    wake_for_data(pipe);
  return result;
}

/* Locked: waits until a piece can be written: 0, -EPIPE, -EAGAIN, -EINTR. What is no larger than
 * PIPE_BUF is written in one piece. */
static int wait_for_room(struct pipe *pipe, const struct file *file, size_t len_bytes,
                         bool is_atomic)
{
  while (pipe->readers != 0)
  {
    if (room_of(pipe) >= (is_atomic ? len_bytes : 1))
      return 0;
    if ((look(&file->flags) & O_NONBLOCK) != 0)
      return -EAGAIN;
    int error = sleep_for_room(pipe, len_bytes);
    if (error != 0)
      return error;
  }
  return -EPIPE;
}

static long pipe_write(struct file *file, const void *buffer, size_t len_bytes, off_t offset,
                       off_t *end)
{
  (void) offset;
  (void) end;
  struct pipe *pipe = end_of(file)->pipe;
  size_t done = 0;
  int error = 0;
  bool wakes = false;
  mutex_lock(&pipe->mutex);
  while (done < len_bytes && error == 0)
  {
    error = wait_for_room(pipe, file, len_bytes - done, len_bytes <= PIPE_BUF);
    if (error != 0)
      break;
    const char *piece = (const char *) buffer + done;
    size_t wish = len_bytes - done < room_of(pipe) ? len_bytes - done : room_of(pipe);
    size_t good = program_memory(piece, wish, ADDRESS_READ);
    if (good < wish && (good == 0 || len_bytes <= PIPE_BUF))
      error = -EFAULT;
    else
    {
      done += put(pipe, piece, good);
      wakes = change_data(pipe);
      if (wakes && done < len_bytes)
        wake_for_data(pipe);
    }
  }
  mutex_unlock(&pipe->mutex);
  if (wakes)
    wake_for_data(pipe);
  /* With the result -EPIPE the caller does so. */
  if (error == -EPIPE && done > 0)
    sys_raise(SIGPIPE);
  return done > 0 ? (long) done : error;
}

/* Takes no lock: who changes something tells the source afterwards. */
static unsigned int pipe_poll(struct file *file, struct wait_entry *entry)
{
  const struct pipe_end *end = end_of(file);
  struct pipe *pipe = end->pipe;
  unsigned int events = 0;
  if (entry != NULL)
    wait_source_add(&pipe->source, entry);
  uint32_t used = look(&pipe->used);
  if (file_may_read(file))
  {
    if (used != 0)
      events |= EVENTS_READ;
    if (look(&pipe->writers) == 0 &&
        (!end->is_waited_for || look(&pipe->writer_openings) != end->openings_seen))
      events |= POLLHUP;
  }
  if (file_may_write(file))
  {
    if (look(&pipe->size_bytes) - used >= PIPE_BUF)
      events |= EVENTS_WRITE;
    if (look(&pipe->readers) == 0)
      events |= POLLERR;
  }
  return events;
}

static int pipe_stat(struct file *file, struct stat *status)
{
  const struct pipe_end *end = end_of(file);
  if (end->node.stat != NULL)
    return end->node.stat(end->node.node, status);
  uint64_t now_ns = clock_realtime_ns();
  memset(status, 0, sizeof(*status));
  status->st_mode = S_IFIFO | 0600;
  status->st_ino = end->pipe->number;
  status->st_nlink = 1;
  status->st_blksize = PIPE_BUF;
  status->st_uid = start_info->user;
  status->st_gid = start_info->group;
  status->st_atim.tv_sec = (time_t) (now_ns / NS_PER_S);
  status->st_atim.tv_nsec = (long) (now_ns % NS_PER_S);
  status->st_mtim = status->st_ctim = status->st_atim;
  return 0;
}

static int resize(struct pipe *pipe, unsigned long wish_bytes)
{
  uint32_t size = PIPE_BUF;
  if (wish_bytes > 1ul << 31)
    return -EINVAL;
  while (size < wish_bytes)
    size *= 2;
  if (size > PIPE_SIZE_MAX_BYTES)
    return -EPERM;
  char *ring = kernel_allocate(size);
  if (ring == NULL)
    return -ENOMEM;
  mutex_lock(&pipe->mutex);
  char *old = ring;
  uint32_t old_size = size;
  uint32_t used = pipe->used;
  if (used <= size)
  {
    take(pipe, ring, used);
    old = pipe->ring;
    old_size = pipe->size_bytes;
    pipe->ring = ring;
    pipe->first = 0;
    set(&pipe->size_bytes, size);
    set(&pipe->used, used);
    if (change_room(pipe))
      wake_for_room(pipe);
    /* Who looked just now has seen an empty one. */
    if (change_data(pipe))
      wake_for_data(pipe);
  }
  mutex_unlock(&pipe->mutex);
  kernel_free(old, old_size);
  return used <= size ? (int) size : -EBUSY;
}

static int pipe_control(struct file *file, unsigned long request, void *argument)
{
  struct pipe *pipe = end_of(file)->pipe;
  switch (request)
  {
  case FIONREAD:
    if (!program_may(argument, sizeof(int), ADDRESS_WRITE))
      return -EFAULT;
    *(int *) argument = (int) look(&pipe->used);
    return 0;
  case PIPE_SET_SIZE:
    return resize(pipe, (uintptr_t) argument);
  case PIPE_GET_SIZE:
    return (int) look(&pipe->size_bytes);
  default:
    return -ENOTTY;
  }
}

/* ---- Closing ---- */

void pipe_leave(struct pipe *pipe, const struct file *file)
{
  mutex_lock(&pipe->mutex);
  if (file_may_read(file))
    set(&pipe->readers, pipe->readers - 1);
  if (file_may_write(file))
    set(&pipe->writers, pipe->writers - 1);
  pipe_change(&pipe->data);
  pipe_change(&pipe->room);
  wait_source_tell(&pipe->source, POLLHUP | POLLERR | EVENTS_READ | EVENTS_WRITE);
  mutex_unlock(&pipe->mutex);
}

static int pipe_release(struct file *file)
{
  struct pipe_end *end = end_of(file);
  struct pipe *pipe = end->pipe;
  pipe_leave(pipe, file);
  if (pipe->fifo != NULL)
    fifo_leave(end);
  else if (__atomic_sub_fetch(&pipe->users, 1, __ATOMIC_ACQ_REL) == 0)
    pipe_free(pipe);
  kernel_free(end, sizeof(*end));
  return 0;
}

static const struct file_operations pipe_operations = {
    .read = pipe_read,
    .write = pipe_write,
    .stat = pipe_stat,
    .control = pipe_control,
    .poll = pipe_poll,
    .release = pipe_release,
};

struct pipe_end *pipe_end_new(struct pipe *pipe, uint32_t flags)
{
  struct pipe_end *end = kernel_allocate_zeroed(sizeof(*end));
  if (end == NULL)
    return NULL;
  file_init(&end->file, &pipe_operations, flags, false);
  end->pipe = pipe;
  return end;
}
