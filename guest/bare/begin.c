/* What a guest without a monitor does before its program begins. */
#include "bare/begin.h"

#include "bare/line_input.h"
#include "bare/pci_log.h"
#include "bare/virtio_console.h"

void bare_begin(void)
{
  virtio_console_find();
  pci_log();
  line_input_begin();
}
