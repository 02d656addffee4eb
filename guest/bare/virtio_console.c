/* A virtio console at work (virtio 1.2, section 5.3.6). Runs in upcalls. */
#include "bare/virtio_console.h"

#include "bare/virtio_console_state.h"
#include "sched/spinlock.h"
#include "time/clock.h"

/* So long one buffer may take whoever reads on the other side, when the machine ends. */
#define MOST_WAIT_NS 10000000000ull

/* So long the last words wait for who holds the lock: it may be who has failed. */
#define MOST_LOCK_NS 100000000ull

bool virtio_console_is_used;
struct virtio_console *virtio_console;

static struct spinlock lock;

/* ---- The start ---- */

/* Interrupts of input may come from the first buffer on. */
void virtio_console_begin(struct virtio_console *console, struct console_buffer *buffers)
{
  uint32_t was_masked = spinlock_lock_masked(&lock);
  for (unsigned int i = 0; i < console->receive.size; i++)
  {
    const struct virtqueue_piece piece = {buffers[i].gpa, CONSOLE_RECEIVED_BYTES};
    virtqueue_add(&console->receive, &piece, 0, 1, &buffers[i]);
  }
  for (unsigned int i = 0; i < console->send.size; i++)
  {
    struct console_buffer *buffer = &buffers[CONSOLE_BUFFERS + i];
    buffer->next = console->free;
    console->free = buffer;
  }
  virtqueue_quiet(&console->send);
  virtqueue_expect(&console->receive, VIRTQUEUE_NEXT);
  virtqueue_must_notify(&console->receive);
  virtio_notify(&console->virtio, CONSOLE_RECEIVE_QUEUE);
  virtio_console = console;
  virtio_console_is_used = true;
  spinlock_unlock_restore(&lock, was_masked);
}

/* ---- Output ---- */

static void take_back(struct virtio_console *console)
{
  uint32_t written_bytes;
  struct console_buffer *buffer;
  while ((buffer = virtqueue_take(&console->send, &written_bytes)) != NULL)
  {
    buffer->next = console->free;
    console->free = buffer;
  }
}

/* Has room in a buffer, if there is some. */
static bool make_room(struct virtio_console *console)
{
  if (console->written != NULL)
    return true;
  take_back(console);
  console->written = console->free;
  if (console->written == NULL)
    return false;
  console->free = console->written->next;
  console->written->used_bytes = 0;
  return true;
}

static void send(struct virtio_console *console)
{
  struct console_buffer *buffer = console->written;
  if (buffer == NULL || buffer->used_bytes == 0)
    return;
  const struct virtqueue_piece piece = {buffer->gpa, buffer->used_bytes};
  console->written = NULL;
  /* There are no more buffers than descriptors. */
  if (virtqueue_add(&console->send, &piece, 1, 0, buffer) == 0 &&
      virtqueue_must_notify(&console->send))
    virtio_notify(&console->virtio, CONSOLE_SEND_QUEUE);
}

static bool put(struct virtio_console *console, char character)
{
  if (!make_room(console))
    return false;
  struct console_buffer *buffer = console->written;
  buffer->text[buffer->used_bytes++] = (unsigned char) character;
  if (buffer->used_bytes == sizeof(buffer->text))
    send(console);
  return true;
}

void virtio_console_put(char character)
{
  uint32_t was_masked = spinlock_lock_masked(&lock);
  put(virtio_console, character);
  spinlock_unlock_restore(&lock, was_masked);
}

void virtio_console_flush(void)
{
  uint32_t was_masked = spinlock_lock_masked(&lock);
  send(virtio_console);
  spinlock_unlock_restore(&lock, was_masked);
}

/* What is put has been sent before. */
bool virtio_console_has_room(void)
{
  struct virtio_console *console = virtio_console;
  uint32_t was_masked = spinlock_lock_masked(&lock);
  bool has_room = make_room(console);
  while (!has_room && virtqueue_expect(&console->send, VIRTQUEUE_NEXT))
    has_room = make_room(console);
  spinlock_unlock_restore(&lock, was_masked);
  return has_room;
}

void virtio_console_quiet(void)
{
  uint32_t was_masked = spinlock_lock_masked(&lock);
  virtqueue_quiet(&virtio_console->send);
  spinlock_unlock_restore(&lock, was_masked);
}

/* Until something has come back; in vain only once. */
static bool wait_for_device(struct virtio_console *console)
{
  static bool is_stuck;
  uint64_t end_tsc = cpu_tsc() + clock_cycles_of_ns(MOST_WAIT_NS);
  while (!virtqueue_has_used(&console->send))
  {
    is_stuck = is_stuck || console->send.is_broken || cpu_tsc() > end_tsc;
    if (is_stuck)
      return false;
    cpu_relax();
  }
  return true;
}

static void drain(struct virtio_console *console)
{
  send(console);
  take_back(console);
  while (console->send.free_count != console->send.size && wait_for_device(console))
    take_back(console);
}

void virtio_console_drain(void)
{
  uint32_t was_masked = spinlock_lock_masked(&lock);
  drain(virtio_console);
  spinlock_unlock_restore(&lock, was_masked);
}

/* In vain only once. */
static bool try_to_lock(void)
{
  static bool is_held;
  uint64_t end_tsc = cpu_tsc() + clock_cycles_of_ns(MOST_LOCK_NS);
  bool has_lock = spinlock_try(&lock);
  while (!has_lock && !is_held && cpu_tsc() < end_tsc)
  {
    cpu_relax();
    has_lock = spinlock_try(&lock);
  }
  is_held = !has_lock;
  return has_lock;
}

static void say(struct virtio_console *console, char character)
{
  if (!put(console, character) && wait_for_device(console))
    put(console, character);
}

void virtio_console_say(const char *text, size_t len_bytes)
{
  uint32_t was_masked = cpu_mask_save();
  bool has_lock = try_to_lock();
  for (size_t i = 0; i < len_bytes; i++)
  {
    if (text[i] == '\n')
      say(virtio_console, '\r');
    say(virtio_console, text[i]);
  }
  send(virtio_console);
  if (has_lock)
    spinlock_unlock(&lock);
  cpu_mask_restore(was_masked);
}

/* ---- Input ---- */

static void give(struct virtio_console *console, struct console_buffer *buffer)
{
  const struct virtqueue_piece piece = {buffer->gpa, CONSOLE_RECEIVED_BYTES};
  if (virtqueue_add(&console->receive, &piece, 0, 1, buffer) == 0 &&
      virtqueue_must_notify(&console->receive))
    virtio_notify(&console->virtio, CONSOLE_RECEIVE_QUEUE);
}

/* The next buffer with something in it; if there is none an interrupt comes. */
static bool receive(struct virtio_console *console)
{
  uint32_t written_bytes;
  do
  {
    struct console_buffer *buffer = virtqueue_take(&console->receive, &written_bytes);
    if (buffer == NULL)
      continue;
    buffer->used_bytes =
        written_bytes < CONSOLE_RECEIVED_BYTES ? written_bytes : CONSOLE_RECEIVED_BYTES;
    console->received = buffer;
    console->taken_bytes = 0;
    return true;
  } while (virtqueue_expect(&console->receive, VIRTQUEUE_NEXT));
  return false;
}

static bool take(struct virtio_console *console, uint8_t *byte)
{
  while (console->received == NULL || console->taken_bytes == console->received->used_bytes)
  {
    if (console->received != NULL)
      give(console, console->received);
    console->received = NULL;
    if (!receive(console))
      return false;
  }
  *byte = console->received->text[console->taken_bytes++];
  return true;
}

bool virtio_console_take(uint8_t *byte)
{
  uint32_t was_masked = spinlock_lock_masked(&lock);
  bool is_there = take(virtio_console, byte);
  spinlock_unlock_restore(&lock, was_masked);
  return is_there;
}

bool virtio_console_take_cause(void)
{
  const struct virtio_device *virtio = &virtio_console->virtio;
  return virtio->take_cause != NULL && virtio->take_cause(virtio) != 0;
}
