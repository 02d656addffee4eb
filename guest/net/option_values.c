/* Values of options. */
#include "net/option_values.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

bool option_get_number(int *number, int level, const void *value, uint32_t len_bytes)
{
  if (len_bytes >= sizeof(*number))
    memcpy(number, value, sizeof(*number));
  else if (level == IPPROTO_IP && len_bytes >= 1)
    *number = *(const uint8_t *) value;
  else
    return false;
  return true;
}

int option_set_within(uint32_t *option, int number, int least, int most)
{
  if (number < least || number > most)
    return -EINVAL;
  *option = (uint32_t) number;
  return 0;
}

int option_set_byte(uint8_t *option, int number, int least, int usual)
{
  if (number == -1)
    number = usual;
  if (number < least || number > UINT8_MAX)
    return -EINVAL;
  *option = (uint8_t) number;
  return 0;
}

int option_set_name(const char *value, uint32_t len_bytes, const char *name)
{
  size_t len = strnlen(value, len_bytes);
  return len == strlen(name) && memcmp(value, name, len) == 0 ? 0 : -ENOENT;
}

int option_put(void *to, uint32_t *len_bytes, const void *value, uint32_t value_bytes)
{
  if (*len_bytes > value_bytes)
    *len_bytes = value_bytes;
  memcpy(to, value, *len_bytes);
  return 0;
}

int option_put_number(void *to, uint32_t *len_bytes, int number)
{
  return option_put(to, len_bytes, &number, sizeof(number));
}
