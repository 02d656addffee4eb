/* Makes texts in memory that grows. */
#include "fs/proc_text.h"

#include <stdarg.h>
#include <string.h>

#include "mm/kernel_heap.h"

#define FIRST_BYTES  4096ul
#define NUMBER_BYTES 24

void proc_text_free(struct proc_text *text)
{
  kernel_free(text->bytes, text->room_bytes);
  *text = (struct proc_text){0};
}

static bool has_room(struct proc_text *text, size_t len_bytes)
{
  size_t room_bytes = text->room_bytes > 0 ? text->room_bytes : FIRST_BYTES;
  while (room_bytes - text->len_bytes < len_bytes)
    room_bytes *= 2;
  if (room_bytes == text->room_bytes)
    return true;
  char *bytes = kernel_allocate(room_bytes);
  if (bytes == NULL)
    return false;
  if (text->len_bytes > 0)
    memcpy(bytes, text->bytes, text->len_bytes);
  kernel_free(text->bytes, text->room_bytes);
  text->bytes = bytes;
  text->room_bytes = room_bytes;
  return true;
}

void proc_add_bytes(struct proc_text *text, const void *bytes, size_t len_bytes)
{
  if (!has_room(text, len_bytes))
  {
    text->is_short = true;
    return;
  }
  if (len_bytes > 0)
    memcpy(text->bytes + text->len_bytes, bytes, len_bytes);
  text->len_bytes += len_bytes;
}

static void add_number(struct proc_text *text, unsigned long number, unsigned int base, char fill,
                       size_t width)
{
  char digits[NUMBER_BYTES];
  char *end = digits + NUMBER_BYTES;
  char *begin = end;
  do
    *--begin = "0123456789abcdef"[number % base];
  while ((number /= base) != 0);
  for (size_t len = (size_t) (end - begin); len < width; len++)
    proc_add_bytes(text, &fill, 1);
  proc_add_bytes(text, begin, (size_t) (end - begin));
}

/* What follows a '%'; returns what is behind it. */
static const char *add_argument(struct proc_text *text, const char *format, va_list *arguments)
{
  char fill = ' ';
  size_t width = 0;
  bool is_long = false;
  if (*format == '0')
    fill = *format++;
  while (*format >= '0' && *format <= '9')
    width = width * 10 + (size_t) (*format++ - '0');
  if (*format == 'l')
  {
    is_long = true;
    format++;
  }
  const char *string;
  char byte;
  switch (*format)
  {
  case 's':
    string = va_arg(*arguments, const char *);
    proc_add_bytes(text, string, strlen(string));
    break;
  case 'c':
    byte = (char) va_arg(*arguments, int);
    proc_add_bytes(text, &byte, 1);
    break;
  case 'u':
  case 'x':
    add_number(text, is_long ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned int),
               *format == 'x' ? 16 : 10, fill, width);
    break;
  default:
    proc_add_bytes(text, format, 1);
  }
  return format + 1;
}

void proc_print(struct proc_text *text, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  while (*format != '\0')
  {
    size_t plain = strcspn(format, "%");
    proc_add_bytes(text, format, plain);
    format += plain;
    if (*format == '%')
      format = add_argument(text, format + 1, &arguments);
  }
  va_end(arguments);
}
