/* The serial console. */
#include "bare/console.h"

#include "arch/x86_64/port_io.h"

#define PORT                 0x3f8
#define LINE_STATUS          5
#define LINE_STATUS_CAN_SEND 0x20
#define MOST_LOOKS           100000

static void put(char character)
{
  for (int i = 0; i < MOST_LOOKS && (port_read8(PORT + LINE_STATUS) & LINE_STATUS_CAN_SEND) == 0;
       i++)
    ;
  port_write8(PORT, (uint8_t) character);
}

void console_write(const char *text, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i++)
  {
    if (text[i] == '\n')
      put('\r');
    put(text[i]);
  }
}

void console_print(const char *text)
{
  size_t length = 0;
  while (text[length] != '\0')
    length++;
  console_write(text, length);
}

void console_print_number(uint64_t number, unsigned int base)
{
  char digits[20];
  size_t at = sizeof(digits);
  do
  {
    unsigned int digit = (unsigned int) (number % base);
    digits[--at] = (char) (digit < 10 ? '0' + digit : 'a' + digit - 10);
    number /= base;
  } while (number != 0);
  console_write(&digits[at], sizeof(digits) - at);
}
