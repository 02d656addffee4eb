/* Devices that the command line names, as QEMU's microvm and Firecracker write them behind what the
 * user has said: virtio_mmio.device=BYTES@ADDRESS:LINE, and perhaps more behind another colon. */
#include "arch/x86_64/boot/boot.h"

static struct uhyve_interface devices[UHYVE_MOST_INTERFACES];
static unsigned int device_count;

static int digit_of(char character)
{
  if (character >= '0' && character <= '9')
    return character - '0';
  if (character >= 'a' && character <= 'f')
    return character - 'a' + 10;
  return character >= 'A' && character <= 'F' ? character - 'A' + 10 : 16;
}

/* Returns what is behind the number, and behind K, M or G. */
static const char *read_number(const char *at, uint64_t *number)
{
  bool is_hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
  int base = is_hex ? 16 : 10;
  *number = 0;
  for (at += is_hex ? 2 : 0; digit_of(*at) < base; at++)
    *number = *number * (unsigned int) base + (unsigned int) digit_of(*at);
  unsigned int shift = *at == 'K' ? 10 : *at == 'M' ? 20 : *at == 'G' ? 30 : 0;
  *number <<= shift;
  return shift != 0 ? at + 1 : at;
}

bool boot_take_device(const char *word)
{
  uint64_t len_bytes, registers_gpa, line;
  const char *at = boot_behind(word, BOOT_DEVICE_WORD);
  if (at == NULL)
    return false;
  at = read_number(at, &len_bytes);
  at = *at == '@' ? read_number(at + 1, &registers_gpa) : NULL;
  if (at == NULL || *at != ':')
    boot_fail("virtio_mmio.device=BYTES@ADDRESS:LINE on the command line is not as it should be");
  read_number(at + 1, &line);
  /* More of them may be anything else: the rest is not for the network. */
  if (device_count < UHYVE_MOST_INTERFACES)
    devices[device_count++] =
        (struct uhyve_interface){.registers_gpa = registers_gpa, .interrupt_line = (uint32_t) line};
  return true;
}

unsigned int boot_write_devices(struct uhyve_interface interfaces[static UHYVE_MOST_INTERFACES])
{
  for (unsigned int i = 0; i < device_count; i++)
    interfaces[i] = devices[i];
  return device_count;
}
