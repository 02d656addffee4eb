/* The list of PCI devices in the log, with names where the build knew them. */
#include "bare/pci_log.h"

#include <stddef.h>

#include "bare/console.h"
#include "bare/log.h"
#include "bare/pci.h"
#include "start_info.h"

/* PCI Code and ID Assignment Specification 1.11, 1 */
static const char *class_name(uint8_t base_class)
{
  static const char *const names[] = {
      "old",           "storage", "network", "display", "multimedia", "memory",     "bridge",
      "communication", "system",  "input",   "docking", "processor",  "serial bus", "wireless",
  };
  return base_class < sizeof(names) / sizeof(names[0]) ? names[base_class] : "other";
}

static void print_hex(uint32_t number, int digits)
{
  while (digits-- > 0)
    console_print_number(number >> 4 * digits & 15, 16);
}

static int digit_of(char character)
{
  return character <= '9' ? character - '0' : character - 'a' + 10;
}

static bool is_number(const char *text, uint16_t number)
{
  int value = 0;
  for (int i = 0; i < 4; i++)
    value = 16 * value + digit_of(text[i]);
  return value == number;
}

static const char *line_end(const char *at)
{
  while (*at != '\n')
    at++;
  return at;
}

#define NUMBER_CHARACTERS 5 /* with the space behind it */

static void print_name(const char *before, const char *line)
{
  const char *name = line + NUMBER_CHARACTERS;
  console_print(before);
  console_write(name, (size_t) (line_end(name) - name));
}

static void print_names(const struct pci_device *device)
{
  bool is_vendor = false;
  for (const char *at = pci_names; *at != '\0'; at = line_end(at) + 1)
  {
    if (*at != '\t')
    {
      is_vendor = is_number(at, device->vendor_id);
      if (is_vendor)
        print_name(": ", at);
    }
    else if (is_vendor && is_number(at + 1, device->device_id))
      print_name(" ", at + 1);
  }
}

/* "PCI 00:03.0 8086:100e network: Intel Corporation 82540EM Gigabit Ethernet Controller, line 11"
 */
static bool log_device(const struct pci_device *device, void *context)
{
  (void) context;
  bare_log_begin(BARE_LOG_VERBOSE);
  console_print("PCI ");
  print_hex(device->bus, 2);
  console_print(":");
  print_hex(device->device, 2);
  console_print(".");
  print_hex(device->function, 1);
  console_print(" ");
  print_hex(device->vendor_id, 4);
  console_print(":");
  print_hex(device->device_id, 4);
  console_print(" ");
  console_print(class_name(device->base_class));
  print_names(device);
  if (pci_has_line(device))
  {
    console_print(", line ");
    console_print_number(device->interrupt_line, 10);
  }
  console_print("\n");
  return false;
}

static bool is_any(const struct pci_device *device, void *context)
{
  (void) device;
  (void) context;
  return true;
}

static void log_way(void)
{
  bare_log_begin(BARE_LOG_VERBOSE);
  if (!pci_find(is_any, NULL))
    console_print("no PCI");
  else if (start_info->ecam_buses == 0)
    console_print("PCI configuration by ports");
  else
  {
    console_print("PCI configuration by memory at 0x");
    console_print_number(start_info->ecam_gpa, 16);
    console_print(", buses: ");
    console_print_number(start_info->ecam_buses, 10);
  }
  console_print("\n");
}

void pci_log(void)
{
  if (!bare_log_is_on(BARE_LOG_VERBOSE))
    return;
  log_way();
  pci_find(log_device, NULL);
}
