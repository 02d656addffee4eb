/* What a guest without a monitor does before its program begins. */
#include "bare/begin.h"

#include "bare/line_input.h"
#include "bare/pci_log.h"
#include "bare/virtio_console.h"
#include "net/driver/attention.h"

void bare_begin(void)
{
  virtio_console_find();
  pci_log();
  line_input_begin();
  if (net_set_aside != NULL)
    net_set_aside();
}
