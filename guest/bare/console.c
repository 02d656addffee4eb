/* The console: a serial line, or for the program a virtio console where there is one. */
#include "bare/console.h"

#include "arch/x86_64/port_io.h"
#include "bare/io_apic.h"
#include "bare/virtio_console.h"
#include "hypercalls/start_info.h"

/* National Semiconductor PC16550D, 8.0 */
#define PORT                 0x3f8
#define INTERRUPTS           1
#define FIFO_CONTROL         2
#define MODEM_CONTROL        4
#define LINE_STATUS          5

#define INTERRUPT_AT_DATA    0x01
#define FIFO_ENABLE          0x01
#define MODEM_READY          0x03 /* DTR, RTS */
#define MODEM_INTERRUPT      0x08 /* OUT2: lets interrupts out, on a PC */
#define LINE_STATUS_HAS_DATA 0x01
#define LINE_STATUS_CAN_SEND 0x20
#define LINE_STATUS_IS_EMPTY 0x40
#define NO_LINE              0xff

#define ISA_LINE             4u

#define MOST_LOOKS           100000
#define QUIET_LOOKS          1000 /* a millisecond, where one takes 1 us: a byte at 9600 baud */

static void wait_for(uint8_t bit)
{
  for (int i = 0; i < MOST_LOOKS && (port_read8(PORT + LINE_STATUS) & bit) == 0; i++)
    ;
}

static void serial_put(char character)
{
  wait_for(LINE_STATUS_CAN_SEND);
  port_write8(PORT, (uint8_t) character);
}

void console_put(char character)
{
  if (virtio_console_is_used)
    virtio_console_put(character);
  else
    serial_put(character);
}

void console_flush(void)
{
  if (virtio_console_is_used)
    virtio_console_flush();
}

bool console_has_room(void)
{
  return !virtio_console_is_used || virtio_console_has_room();
}

void console_ask_no_room(void)
{
  if (virtio_console_is_used)
    virtio_console_quiet();
}

void console_drain(void)
{
  if (virtio_console_is_used)
    virtio_console_drain();
  else
    wait_for(LINE_STATUS_IS_EMPTY);
}

void console_end(void)
{
  if (virtio_console_is_used)
    virtio_console_drain();
  wait_for(LINE_STATUS_IS_EMPTY);
}

bool console_take_cause(void)
{
  return virtio_console_is_used && virtio_console_take_cause();
}

static bool has_data(void)
{
  uint8_t status = port_read8(PORT + LINE_STATUS);
  return status != NO_LINE && (status & LINE_STATUS_HAS_DATA) != 0;
}

static bool has_fifo;

/* What came before and was not read is lost, also between a look and this. */
static void use_fifo(void)
{
  if (!has_fifo)
    port_write8(PORT + FIFO_CONTROL, FIFO_ENABLE);
  has_fifo = true;
}

/* The program has not said anything: there is hardly anybody yet who would just be sending. */
void console_ask_interrupt(void)
{
  if (virtio_console_is_used)
    return;
  if (!has_data())
    use_fifo();
  if (io_apic_use_isa(ISA_LINE, UHYVE_VECTOR_STREAM) != 0)
    return;
  port_write8(PORT + MODEM_CONTROL, MODEM_READY | MODEM_INTERRUPT);
  port_write8(PORT + INTERRUPTS, INTERRUPT_AT_DATA);
}

static bool serial_take(uint8_t *byte)
{
  /* Of what came before all that follows at once is read without the FIFO. */
  for (int looks = has_fifo ? 1 : QUIET_LOOKS; looks > 0; looks--)
  {
    if (has_data())
    {
      *byte = port_read8(PORT);
      return true;
    }
  }
  use_fifo();
  return false;
}

bool console_take(uint8_t *byte)
{
  return virtio_console_is_used ? virtio_console_take(byte) : serial_take(byte);
}

void console_write(const char *text, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i++)
  {
    if (text[i] == '\n')
      serial_put('\r');
    serial_put(text[i]);
  }
  if (virtio_console_is_used)
    virtio_console_say(text, len_bytes);
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
