/* What the values of options mean: numbers, sizes, times, lists, mappings and limits. */
#define _GNU_SOURCE 1
#include "uhyve/option_values.h"

#include <string.h>

#define NS_PER_S   UINT64_C(1000000000)
#define MAX_TIME_S (UINT64_C(10000) * 86400)

bool option_read_number(const char **text, uint64_t *number)
{
  const char *at = *text;
  uint64_t sum = 0;
  for (; *at >= '0' && *at <= '9'; at++)
  {
    if (__builtin_mul_overflow(sum, 10, &sum) ||
        __builtin_add_overflow(sum, (uint64_t) (*at - '0'), &sum))
      return false;
  }
  bool found = at != *text;
  *text = at;
  *number = sum;
  return found;
}

bool option_read_flag(const char *value, bool *flag)
{
  static const char *const words[][2] = {
      {"0", "1"}, {"no", "yes"}, {"false", "true"}, {"off", "on"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
  {
    for (int on = 0; on < 2; on++)
    {
      if (strcmp(value, words[i][on]) == 0)
      {
        *flag = on;
        return true;
      }
    }
  }
  return false;
}

const char *option_read_memory(const char *value, uint64_t *memory_bytes)
{
  static const char units[] = "kmgt";
  static const char not_a_size[] = "is not a size: write it like 64M or 4GiB";
  uint64_t bytes;
  if (!option_read_number(&value, &bytes))
    return not_a_size;

  bool plain = *value == '\0' || strcmp(value, "B") == 0;
  if (!plain)
  {
    const char *unit = strchr(units, *value | 0x20);
    if (unit == NULL ||
        (value[1] != '\0' && strcmp(value + 1, "B") != 0 && strcmp(value + 1, "iB") != 0))
      return not_a_size;
    unsigned shift = 10 * ((unsigned) (unit - units) + 1);
    if (bytes > OPTIONS_MAX_MEMORY_BYTES >> shift)
      return "is too much: at most 512G";
    bytes <<= shift;
  }
  if (bytes > OPTIONS_MAX_MEMORY_BYTES)
    return "is too much: at most 512G";
  if (bytes < OPTIONS_MIN_MEMORY_BYTES)
    return plain ? "is too little: at least 16M (a number without unit is bytes)"
                 : "is too little: at least 16M";
  *memory_bytes = (bytes + OPTIONS_MEMORY_STEP_BYTES - 1) & ~(OPTIONS_MEMORY_STEP_BYTES - 1);
  return NULL;
}

const char *option_read_cpu_list(const char *value, cpu_set_t *cpus)
{
  static const char not_a_list[] = "is not a list of CPUs: write it like 0,2-5";
  cpu_set_t set;
  CPU_ZERO(&set);
  for (;;)
  {
    uint64_t first, last;
    if (!option_read_number(&value, &first))
      return not_a_list;
    last = first;
    if (*value == '-')
    {
      value++;
      if (!option_read_number(&value, &last))
        return not_a_list;
    }
    if (last < first)
      return "has a range that runs backwards: write it like 0,2-5";
    if (last >= CPU_SETSIZE)
      return "names a CPU above 1023";
    for (uint64_t cpu = first; cpu <= last; cpu++)
      CPU_SET((size_t) cpu, &set);
    if (*value == '\0')
      break;
    if (*value++ != ',')
      return not_a_list;
  }
  *cpus = set;
  return NULL;
}

const char *option_read_mapping(const char *text, size_t bytes, struct option_mapping *read)
{
  static const char not_a_mapping[] = "is not a mapping: write it like HOST:GUEST or HOST:GUEST:ro";
  struct option_mapping mapping = {.host = text};
  const char *colon = memchr(text, ':', bytes);
  if (colon == NULL)
    return not_a_mapping;
  mapping.host_bytes = (size_t) (colon - text);
  mapping.guest = colon + 1;
  mapping.guest_bytes = bytes - mapping.host_bytes - 1;
  colon = memchr(mapping.guest, ':', mapping.guest_bytes);
  if (colon != NULL)
  {
    size_t mode_bytes = mapping.guest_bytes - (size_t) (colon - mapping.guest) - 1;
    mapping.guest_bytes = (size_t) (colon - mapping.guest);
    mapping.read_only = mode_bytes == 2 && memcmp(colon + 1, "ro", 2) == 0;
    if (!mapping.read_only && (mode_bytes != 2 || memcmp(colon + 1, "rw", 2) != 0))
      return not_a_mapping;
  }
  if (mapping.host_bytes == 0 || mapping.guest_bytes == 0)
    return not_a_mapping;
  *read = mapping;
  return NULL;
}

static bool read_bound(const char **text, uint64_t *limit)
{
  static const char *const none[] = {"unlimited", "-1"};
  for (size_t i = 0; i < 2; i++)
  {
    size_t len = strlen(none[i]);
    if (strncmp(*text, none[i], len) == 0)
    {
      *text += len;
      *limit = OPTIONS_NO_LIMIT;
      return true;
    }
  }
  return option_read_number(text, limit);
}

const char *option_read_limit(const char *text, size_t bytes, struct option_limit *read,
                              bool *is_stack)
{
  static const char not_a_limit[] =
      "is not a limit: write it like nofile=1024, nofile=1024:4096 or stack=unlimited";
  bool of_stack = strncmp(text, "stack=", strlen("stack=")) == 0;
  if (!of_stack && strncmp(text, "nofile=", strlen("nofile=")) != 0)
    return not_a_limit;
  struct option_limit limit = {.given = true};
  const char *at = strchr(text, '=') + 1;
  if (!read_bound(&at, &limit.soft))
    return not_a_limit;
  limit.hard = limit.soft;
  if (*at == ':' && (at++, !read_bound(&at, &limit.hard)))
    return not_a_limit;
  if (at != text + bytes)
    return not_a_limit;
  if (limit.hard < limit.soft)
    return "has a soft limit above the hard one";
  if (of_stack && limit.soft > OPTIONS_MAX_STACK_BYTES && limit.soft != OPTIONS_NO_LIMIT)
    return "is too much: a stack has at most 536870912 bytes";
  uint64_t finite = limit.hard != OPTIONS_NO_LIMIT ? limit.hard : limit.soft;
  if (!of_stack && finite > OPTIONS_MAX_DESCRIPTORS && finite != OPTIONS_NO_LIMIT)
    return "is too much: at most 65536 open files";
  *read = limit;
  *is_stack = of_stack;
  return NULL;
}

/* Digits behind a decimal point; more than nine do not count. */
static uint64_t read_fraction_ns(const char **text)
{
  uint64_t ns = 0;
  for (uint64_t unit_ns = NS_PER_S / 10; **text >= '0' && **text <= '9'; (*text)++, unit_ns /= 10)
    ns += (uint64_t) (**text - '0') * unit_ns;
  return ns;
}

const char *option_read_time(const char *value, uint64_t *ns)
{
  static const char units[] = "smhd";
  static const uint64_t unit_s[] = {1, 60, 3600, 86400};
  static const char not_a_time[] = "is not a time: write it like 10, 2.5, 5m or 1h";
  uint64_t seconds = 0;
  uint64_t fraction_ns = 0;
  bool has_digits = option_read_number(&value, &seconds);
  if (*value == '.' && (has_digits || (value[1] >= '0' && value[1] <= '9')))
  {
    value++;
    has_digits = true;
    fraction_ns = read_fraction_ns(&value);
  }
  const char *unit = *value != '\0' ? strchr(units, *value) : units;
  if (!has_digits || unit == NULL || (*value != '\0' && value[1] != '\0'))
    return not_a_time;
  uint64_t factor = unit_s[unit - units];
  if (seconds > MAX_TIME_S / factor)
    return "is too long: at most 10000 days";
  *ns = (seconds * NS_PER_S + fraction_ns) * factor;
  return NULL;
}
