/* The serial console (16550, at the first port of a PC) as the boot uses it. */
#include "arch/x86_64/boot/boot.h"

#define PORT                 0x3f8
#define PORT_DEBUG_EXIT      0xf4 /* QEMU's isa-debug-exit */
#define LINE_STATUS          5
#define LINE_STATUS_CAN_SEND 0x20

/* A line that takes nothing, or is not there, must not hold the boot up. */
#define MOST_LOOKS 100000

static void print_character(char character)
{
  for (int i = 0; i < MOST_LOOKS && (boot_in8(PORT + LINE_STATUS) & LINE_STATUS_CAN_SEND) == 0; i++)
    ;
  boot_out8(PORT, (uint8_t) character);
}

void boot_print(const char *text)
{
  for (; *text != '\0'; text++)
  {
    if (*text == '\n')
      print_character('\r');
    print_character(*text);
  }
}

void boot_print_number(uint64_t number, unsigned int base)
{
  char digits[20];
  unsigned int count = 0;
  do
  {
    unsigned int digit = (unsigned int) (number % base);
    digits[count++] = (char) (digit < 10 ? '0' + digit : 'a' + digit - 10);
    number /= base;
  } while (number != 0);
  while (count > 0)
    print_character(digits[--count]);
}

_Noreturn void boot_end(int status)
{
  static bool has_begun; /* what fails on the way just resets */
  if (!has_begun)
  {
    has_begun = true;
    boot_print("uhyve: ended with status ");
    boot_print_number((uint64_t) status, 10);
    boot_print("\n");
    boot_out8(PORT_DEBUG_EXIT, (uint8_t) status);
    boot_switch_off();
  }
  boot_reset();
}

_Noreturn void boot_fail(const char *format, ...)
{
  va_list values;
  boot_log_prefix();
  boot_print("uhyve: cannot boot: ");
  va_start(values, format);
  boot_print_format(format, values);
  va_end(values);
  boot_print("\n");
  boot_end(125);
}
