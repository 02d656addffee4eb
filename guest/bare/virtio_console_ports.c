/* Whether a virtio device has a port that is a console (virtio 1.2, section 5.3.6.2). One that may
 * have several ports often has channels alone, as for an agent, and swallows what is sent to port 0
 * then. It tells by messages when it is asked.
 *
 * Nobody serves the queues of these messages after the start: they ask for no interrupts, and what
 * the host still says of ports (who has opened or closed one) stays in their buffers. */
#include "bare/virtio_console_ports.h"

#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "time/clock.h"

#define RECEIVE_QUEUE 2
#define SEND_QUEUE    3

#define EVENT_READY   0u /* the driver; the others are of a port */
#define EVENT_ADD     1u
#define EVENT_USE     3u
#define EVENT_CONSOLE 4u
#define EVENT_OPEN    6u
#define EVENTS        8u
#define EVENT_BIT(of) (1u << (of))

/* QEMU has room for 32. */
#define RECEIVED       64u
#define MESSAGES_BYTES ((RECEIVED + 1) * sizeof(struct console_message))

/* So long the device may take to read a message, and then to answer: QEMU has done so before. */
#define MOST_WAIT_NS   10000000000ull
#define ANSWER_WAIT_NS 20000000ull

struct console_message
{
  uint32_t port;
  uint16_t event;
  uint16_t value;
};

_Static_assert(sizeof(struct console_message) == 8, "virtio 1.2, 5.3.6.2");

static bool has_several(const struct virtio_console *console)
{
  return (console->virtio.features & CONSOLE_SEVERAL_PORTS) != 0;
}

int console_ports_make(struct virtio_console *console)
{
  if (!has_several(console))
    return 0;
  console->messages = kernel_allocate_zeroed(MESSAGES_BYTES);
  if (console->messages == NULL)
    return -ENOMEM;
  int error = virtio_start_queue(&console->virtio, RECEIVE_QUEUE, RECEIVED, 0, &console->heard);
  return error == 0 ? virtio_start_queue(&console->virtio, SEND_QUEUE, 1, 0, &console->told)
                    : error;
}

void console_ports_free(struct virtio_console *console)
{
  virtqueue_destroy(&console->heard);
  virtqueue_destroy(&console->told);
  kernel_free(console->messages, MESSAGES_BYTES);
  console->messages = NULL;
}

static void give(struct virtio_console *console, struct console_message *message)
{
  const struct virtqueue_piece piece = {address_to_gpa(message, ADDRESS_WRITE), sizeof(*message)};
  virtqueue_add(&console->heard, &piece, 0, 1, message);
}

static void notify_given(struct virtio_console *console)
{
  if (virtqueue_must_notify(&console->heard))
    virtio_notify(&console->virtio, RECEIVE_QUEUE);
}

/* Reads what has come, at most all the buffers: the events of port 0, a bit each. */
static uint32_t hear(struct virtio_console *console)
{
  uint32_t events = 0;
  for (unsigned int i = 0; i < console->heard.size; i++)
  {
    uint32_t written_bytes;
    struct console_message *message = virtqueue_take(&console->heard, &written_bytes);
    if (message == NULL)
      break;
    const struct console_message read = *message;
    if (written_bytes >= sizeof(read) && read.port == 0 && read.event < EVENTS)
      events |= EVENT_BIT(read.event);
    give(console, message);
  }
  notify_given(console);
  return events;
}

static bool tell(struct virtio_console *console, uint16_t event)
{
  struct console_message *message = &console->messages[RECEIVED];
  *message = (struct console_message){.event = event, .value = 1};
  const struct virtqueue_piece piece = {address_to_gpa(message, ADDRESS_READ), sizeof(*message)};
  if (virtqueue_add(&console->told, &piece, 1, 0, message) != 0)
    return false;
  if (virtqueue_must_notify(&console->told))
    virtio_notify(&console->virtio, SEND_QUEUE);
  return true;
}

/* Tells the device an event, until it has read that and the answers have come. */
static bool ask(struct virtio_console *console, uint16_t event, uint32_t answers)
{
  if (!tell(console, event))
    return false;
  uint64_t end_tsc = cpu_tsc() + clock_cycles_of_ns(MOST_WAIT_NS);
  bool is_read = false;
  do
  {
    uint32_t written_bytes;
    if (!is_read && virtqueue_take(&console->told, &written_bytes) != NULL)
    {
      is_read = true;
      end_tsc = cpu_tsc() + clock_cycles_of_ns(ANSWER_WAIT_NS);
    }
    /* Behind that look: what came before it is heard in any case. */
    answers &= ~hear(console);
    if (is_read && answers == 0)
      return true;
    cpu_relax();
  } while (cpu_tsc() < end_tsc);
  return false;
}

bool console_ports_open(struct virtio_console *console)
{
  if (!has_several(console))
    return true;
  virtqueue_quiet(&console->heard);
  virtqueue_quiet(&console->told);
  for (unsigned int i = 0; i < console->heard.size; i++)
    give(console, &console->messages[i]);
  notify_given(console);
  return ask(console, EVENT_READY, EVENT_BIT(EVENT_ADD)) &&
         ask(console, EVENT_USE, EVENT_BIT(EVENT_CONSOLE)) && ask(console, EVENT_OPEN, 0);
}
