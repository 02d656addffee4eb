/* Values of options: numbers within bounds, and names. */
#ifndef GUEST_NET_OPTION_VALUES_H
#define GUEST_NET_OPTION_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* lwIP has one way to avoid congestion. */
#define TCP_CONGESTION_NAME "reno"

/* The number in a value; one byte will do for options of IPPROTO_IP. */
bool option_get_number(int *number, int level, const void *value, uint32_t len_bytes);

int option_set_within(uint32_t *option, int number, int least, int most);

/* -1: the usual. 0 or -EINVAL. */
int option_set_byte(uint8_t *option, int number, int least, int usual);

/* The one name that there is, or -ENOENT. */
int option_set_name(const char *value, uint32_t len_bytes, const char *name);

/* As much of the value as fits: 0. */
int option_put(void *to, uint32_t *len_bytes, const void *value, uint32_t value_bytes);
int option_put_number(void *to, uint32_t *len_bytes, int number);

#endif
