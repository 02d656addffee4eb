/* Which device is the console, and how it starts: on PCI, where the command line names it, or in a
 * slot of QEMU's microvm. */
#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "bare/log.h"
#include "bare/pci.h"
#include "bare/virtio_console.h"
#include "bare/virtio_console_ports.h"
#include "bare/virtio_console_state.h"
#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "start_info.h"
#include "virtio/virtio_slots.h"

#define BUFFERS_BYTES (2ul * CONSOLE_BUFFERS * sizeof(struct console_buffer))

/* The size of ports is nothing that somebody asks for. */
static uint64_t settle(uint64_t features)
{
  return features & (VIRTIO_VERSION_1 | VIRTIO_EVENT_INDEX | VIRTIO_PACKED | CONSOLE_SEVERAL_PORTS);
}

static int make_queues(struct virtio_console *console)
{
  int error = virtio_start_queue(&console->virtio, CONSOLE_RECEIVE_QUEUE, CONSOLE_BUFFERS, 0,
                                 &console->receive);
  if (error == 0)
    error = virtio_start_queue(&console->virtio, CONSOLE_SEND_QUEUE, CONSOLE_BUFFERS, 0,
                               &console->send);
  return error == 0 ? console_ports_make(console) : error;
}

/* The device begins, and goes on if it has a port that is a console. */
static int open_port(struct virtio_console *console)
{
  virtio_ready(&console->virtio);
  if (console_ports_open(console))
    return 0;
  if (bare_log_begin(BARE_LOG_NORMAL))
    console_print("a virtio device that has no port for a console is left alone\n");
  return -ENODEV;
}

/* As many as the queues have room for at most. */
static struct console_buffer *make_buffers(void)
{
  struct console_buffer *buffers = kernel_allocate_zeroed(BUFFERS_BYTES);
  for (unsigned int i = 0; buffers != NULL && i < 2 * CONSOLE_BUFFERS; i++)
    buffers[i].gpa = address_to_gpa(buffers[i].text, ADDRESS_WRITE);
  return buffers;
}

/* A line that has risen before does not rise again. */
static void take_early(void)
{
  uint32_t was_masked = cpu_mask_save();
  pci_line_interrupt();
  cpu_mask_restore(was_masked);
}

static int start(struct virtio_console *console)
{
  int error = virtio_begin(&console->virtio, settle);
  if (error != 0)
    return error;
  struct console_buffer *buffers = make_buffers();
  error = buffers != NULL ? make_queues(console) : -ENOMEM;
  if (error == 0)
    error = open_port(console);
  if (error == 0)
  {
    virtio_console_begin(console, buffers);
    take_early();
    return 0;
  }
  virtio_fail(&console->virtio);
  virtqueue_destroy(&console->receive);
  virtqueue_destroy(&console->send);
  console_ports_free(console);
  kernel_free(buffers, BUFFERS_BYTES);
  return error;
}

static bool start_on_pci(const struct pci_device *pci, void *context)
{
  struct virtio_console *console = context;
  int error = virtio_pci_probe(&console->virtio, pci, VIRTIO_TYPE_CONSOLE, UHYVE_VECTOR_STREAM, 0);
  if (error == 0)
  {
    error = start(console);
    if (error != 0)
      pci_set_line(pci, false); /* no driver looks at it */
  }
  if (error != 0 && error != -ENODEV)
  {
    bare_log_begin(BARE_LOG_QUIET);
    console_print("uhyve: a console cannot be used: ");
    console_print(error == -ENOTSUP ? "its virtio is older than 1.0 (QEMU: disable-modern=off)\n"
                                    : "it has no interrupts, or there is too little memory\n");
  }
  return error == 0;
}

static bool start_in_slot(const struct virtio_slot *slot, void *context)
{
  struct virtio_console *console = context;
  return virtio_slot_probe(&console->virtio, slot, VIRTIO_TYPE_CONSOLE) == 0 &&
         virtio_slot_use_lines(&console->virtio, slot, UHYVE_VECTOR_STREAM) == 0 &&
         start(console) == 0;
}

static bool start_named(struct virtio_console *console)
{
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  const struct uhyve_interface *named = (const struct uhyve_interface *) start_info->interfaces_gva;
  bool is_found = false;
  for (uint32_t i = 0; i < start_info->interface_count && !is_found; i++)
  {
    const struct virtio_slot slot = virtio_slot_named(&named[i]);
    is_found = start_in_slot(&slot, console);
  }
  return is_found;
}

void virtio_console_find(void)
{
  static struct virtio_console console;
  if (pci_find(start_on_pci, &console) || start_named(&console))
    return;
  if (start_info->interface_count == 0)
    virtio_slots_find(start_in_slot, &console);
}
