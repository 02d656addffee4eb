/* The serial console. */
#include "bare/console.h"

#include "arch/x86_64/port_io.h"

/* National Semiconductor PC16550D, 8.0 */
#define PORT                 0x3f8
#define FIFO_CONTROL         2
#define LINE_STATUS          5

#define FIFO_ENABLE          0x01
#define LINE_STATUS_HAS_DATA 0x01
#define LINE_STATUS_CAN_SEND 0x20
#define LINE_STATUS_IS_EMPTY 0x40
#define NO_LINE              0xff

#define MOST_LOOKS           100000

static void wait_for(uint8_t bit)
{
  for (int i = 0; i < MOST_LOOKS && (port_read8(PORT + LINE_STATUS) & bit) == 0; i++)
    ;
}

void console_put(char character)
{
  wait_for(LINE_STATUS_CAN_SEND);
  port_write8(PORT, (uint8_t) character);
}

void console_drain(void)
{
  wait_for(LINE_STATUS_IS_EMPTY);
}

static bool has_data(void)
{
  uint8_t status = port_read8(PORT + LINE_STATUS);
  return status != NO_LINE && (status & LINE_STATUS_HAS_DATA) != 0;
}

bool console_take(uint8_t *byte)
{
  static bool has_fifo;
  if (has_data())
  {
    *byte = port_read8(PORT);
    return true;
  }
  /* Only now: what had come before would be lost. */
  if (!has_fifo)
    port_write8(PORT + FIFO_CONTROL, FIFO_ENABLE);
  has_fifo = true;
  return false;
}

void console_write(const char *text, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i++)
  {
    if (text[i] == '\n')
      console_put('\r');
    console_put(text[i]);
  }
}

void console_print(const char *text)
{
  size_t length = 0;
  while (text[length] != '\0')
    length++;
  console_write(text, length);
}

static void print_digits(uint64_t number, unsigned int base, size_t least)
{
  char digits[20];
  size_t at = sizeof(digits);
  do
  {
    unsigned int digit = (unsigned int) (number % base);
    digits[--at] = (char) (digit < 10 ? '0' + digit : 'a' + digit - 10);
    number /= base;
  } while (number != 0 || sizeof(digits) - at < least);
  console_write(&digits[at], sizeof(digits) - at);
}

void console_print_number(uint64_t number, unsigned int base)
{
  print_digits(number, base, 1);
}

void console_print_hex(uint64_t number)
{
  print_digits(number, 16, 16);
}
