/* The table of all options, and how their values are read. */
#define _GNU_SOURCE 1
#include "uhyve/option_table.h"

#include <string.h>

#define MAX_VERBOSITY 100
#define NS_PER_S      UINT64_C(1000000000)
#define MAX_TIME_S    (UINT64_C(10000) * 86400)

/* Reads digits at *text and moves it behind them; at least one digit, and no overflow. */
static bool read_number(const char **text, uint64_t *number)
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

static const char *set_memory(struct options *o, const char *value)
{
  static const char units[] = "kmgt";
  static const char not_a_size[] = "is not a size: write it like 64M or 4GiB";
  uint64_t bytes;
  if (!read_number(&value, &bytes))
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
  o->memory_bytes = (bytes + OPTIONS_MEMORY_STEP_BYTES - 1) & ~(OPTIONS_MEMORY_STEP_BYTES - 1);
  return NULL;
}

static const char *set_cpus(struct options *o, const char *value)
{
  if (strcmp(value, "auto") == 0)
  {
    o->cpu_count = OPTION_CPU_COUNT_AUTO;
    return NULL;
  }
  uint64_t count;
  if (!read_number(&value, &count) || *value != '\0' || count < 1 || count > OPTIONS_MAX_CPUS)
    return "is not a number of CPUs: 1 to 1024, or auto";
  o->cpu_count = (unsigned) count;
  return NULL;
}

static const char *set_affinity(struct options *o, const char *value)
{
  static const char not_a_list[] = "is not a list of CPUs: write it like 0,2-5";
  cpu_set_t set;
  CPU_ZERO(&set);
  for (;;)
  {
    uint64_t first, last;
    if (!read_number(&value, &first))
      return not_a_list;
    last = first;
    if (*value == '-')
    {
      value++;
      if (!read_number(&value, &last))
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
  o->affinity = set;
  o->affinity_given = true;
  return NULL;
}

static const char *set_output(struct options *o, const char *value)
{
  if (*value == '\0')
    return "is no file name";
  o->output_none = strcmp(value, "none") == 0;
  o->output = o->output_none || strcmp(value, "-") == 0 ? NULL : value;
  return NULL;
}

/* One of a list: HOST:GUEST, perhaps with :ro or :rw. */
static const char *add_mapping(struct options *o, const char *text, size_t bytes)
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
  if (o->mapping_count == OPTIONS_MAX_MAPPINGS)
    return "is one too many: at most 64";
  o->mappings[o->mapping_count++] = mapping;
  return NULL;
}

/* Calls add for each line; empty ones do not count. */
static const char *add_lines(struct options *o, const char *value,
                             const char *(*add)(struct options *, const char *, size_t))
{
  for (;;)
  {
    size_t bytes = strcspn(value, "\n");
    const char *wrong = bytes > 0 || value[bytes] == '\0' ? add(o, value, bytes) : NULL;
    if (wrong != NULL || value[bytes] == '\0' || value[bytes + 1] == '\0')
      return wrong;
    value += bytes + 1;
  }
}

static const char *set_mappings(struct options *o, const char *value)
{
  return add_lines(o, value, add_mapping);
}

static const char *add_net(struct options *o, const char *text, size_t bytes)
{
  return net_options_add(&o->net, text, bytes);
}

const char *option_set_net(struct options *o, const char *value)
{
  return add_lines(o, value != NULL ? value : "", add_net);
}

static const char *add_published(struct options *o, const char *text, size_t bytes)
{
  return net_options_publish(&o->net, text, bytes);
}

static const char *set_published(struct options *o, const char *value)
{
  return add_lines(o, value, add_published);
}

static const char *set_working_folder(struct options *o, const char *value)
{
  if (*value == '\0')
    return "is no folder name";
  o->working_folder = value;
  return NULL;
}

static const char *set_initrd(struct options *o, const char *value)
{
  if (*value == '\0')
    return "is no file name";
  o->initrd = value;
  return NULL;
}

static const char *set_core(struct options *o, const char *value)
{
  if (*value == '\0')
    return "is no file name";
  o->core = value;
  return NULL;
}

static const char *set_host_name(struct options *o, const char *value)
{
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
  size_t len = strlen(value);
  if (len == 0 || len > 64 || value[strspn(value, allowed)] != '\0')
    return "is not a host name: up to 64 letters, digits, '-', '.' and '_'";
  o->host_name = value;
  return NULL;
}

static bool read_limit(const char **text, uint64_t *limit)
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
  return read_number(text, limit);
}

static const char *add_limit(struct options *o, const char *text, size_t bytes)
{
  static const char not_a_limit[] =
      "is not a limit: write it like nofile=1024, nofile=1024:4096 or stack=unlimited";
  bool of_stack = strncmp(text, "stack=", strlen("stack=")) == 0;
  if (!of_stack && strncmp(text, "nofile=", strlen("nofile=")) != 0)
    return not_a_limit;
  struct option_limit limit = {.given = true};
  const char *at = strchr(text, '=') + 1;
  if (!read_limit(&at, &limit.soft))
    return not_a_limit;
  limit.hard = limit.soft;
  if (*at == ':' && (at++, !read_limit(&at, &limit.hard)))
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
  *(of_stack ? &o->stack_limit : &o->descriptor_limit) = limit;
  return NULL;
}

static const char *set_limits(struct options *o, const char *value)
{
  return add_lines(o, value, add_limit);
}

static bool read_flag(const char *value, bool *flag)
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

static const char *set_stats(struct options *o, const char *value)
{
  bool on = true;
  if (value != NULL && strcmp(value, "json") == 0)
    o->stats = OPTIONS_STATS_JSON;
  else if (value == NULL || read_flag(value, &on))
    o->stats = on ? OPTIONS_STATS_TEXT : OPTIONS_STATS_NONE;
  else
    return "is not a form of statistics: 1, 0 or json";
  return NULL;
}

static const char *set_verbosity(struct options *o, const char *value)
{
  uint64_t level = o->verbosity + 1;
  if (value != NULL && (!read_number(&value, &level) || *value != '\0' || level > MAX_VERBOSITY))
    return "is not a number from 0 to 100";
  o->verbosity = (unsigned) level;
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

/* As timeout(1): seconds, or with a unit. */
static const char *read_time(const char *value, uint64_t *ns)
{
  static const char units[] = "smhd";
  static const uint64_t unit_s[] = {1, 60, 3600, 86400};
  static const char not_a_time[] = "is not a time: write it like 10, 2.5, 5m or 1h";
  uint64_t seconds = 0;
  uint64_t fraction_ns = 0;
  bool has_digits = read_number(&value, &seconds);
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

static const char *set_isolation(struct options *o, const char *value)
{
  static const char *const names[] = {
      [ISOLATION_NONE] = "none",
      [ISOLATION_NORMAL] = "normal",
      [ISOLATION_STRICT] = "strict",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
  {
    if (strcmp(value, names[i]) == 0)
    {
      o->isolation = (enum isolation) i;
      return NULL;
    }
  }
  return "is not an isolation: none, normal or strict";
}

static const char *set_timeout(struct options *o, const char *value)
{
  return read_time(value, &o->timeout_ns);
}

static const char *set_kill_after(struct options *o, const char *value)
{
  return read_time(value, &o->kill_after_ns);
}

static const char *set_help(struct options *o, const char *value)
{
  (void) value;
  o->action = OPTIONS_HELP;
  return NULL;
}

static const char *set_version(struct options *o, const char *value)
{
  (void) value;
  o->action = OPTIONS_VERSION;
  return NULL;
}

const char *option_set_env(struct options *o, const char *value)
{
  (void) o;
  return *value == '\0' || *value == '=' ? "has no variable name: write NAME or NAME=VALUE" : NULL;
}

#define MEMBER(member) offsetof(struct options, member)

const struct option_row option_rows[] = {
    {"memory-size", 'm', set_memory, MEMBER(memory_bytes), "SIZE", "MEMORY_SIZE", "MEM",
     "memory of the guest, with unit K, M, G or T\n(default: 512M)"},
    {"cpu-count", 'c', set_cpus, MEMBER(cpu_count), "N", "CPU_COUNT", "CPUS",
     "CPUs of the guest; auto: as many as uhyve may\nuse (default: 1)"},
    {"output", 'o', set_output, MEMBER(output), "FILE", "OUTPUT", NULL,
     "where the guest's standard output and error go;\nnone: nowhere (default: uhyve's own)"},
    {"env", 'e', option_set_env, MEMBER(guest_env), "NAME[=VALUE]", "ENV", NULL,
     "pass a variable to the guest, with uhyve's own\nvalue if none is given; may be repeated"},
    {"env-all", 0, NULL, MEMBER(env_all), NULL, "ENV_ALL", NULL,
     "pass uhyve's whole environment to the guest"},
    {"volume", 0, set_mappings, MEMBER(mappings), "HOST:GUEST[:ro]", "VOLUMES", NULL,
     "let the guest see a file or folder of the host\nas GUEST; ro: not change it; may be "
     "repeated"},
    {"file-mapping", 0, set_mappings, MEMBER(mappings), "HOST:GUEST[:ro]", "FILE_MAPPING", NULL,
     "the same"},
    {"workdir", 0, set_working_folder, MEMBER(working_folder), "DIR", "WORKDIR", NULL,
     "the guest's first working directory\n(default: the path of uhyve's own)"},
    {"initrd", 0, set_initrd, MEMBER(initrd), "FILE", "INITRD", NULL,
     "an archive, tar or cpio, of files for the guest"},
    {"hostname", 0, set_host_name, MEMBER(host_name), "NAME", "HOSTNAME", NULL,
     "the guest's host name (default: the host's)"},
    {"ulimit", 0, set_limits, MEMBER(stack_limit), "NAME=SOFT[:HARD]", "ULIMIT", NULL,
     "limits: nofile (open files), stack (bytes of\nthe main stack); may be repeated"},
    {"net", 0, option_set_net, MEMBER(net.list), "[=WAY]", "NET", NULL,
     "a network interface: user (as if none is given),\ntap:NAME, fd:N, passt[:SOCKET]; behind it "
     "may be\n,ip=ADDR/BITS ,gateway= ,mac= ,mtu= ,queues=;\nmay be repeated"},
    {"publish", 'p', set_published, MEMBER(net.published), "PORTS", "PUBLISH", NULL,
     "[ADDR:]HOSTPORT:GUESTPORT[/udp]: a port of the\nhost that leads to one of the guest's; may "
     "be\n"
     "repeated"},
    {"file-isolation", 0, set_isolation, MEMBER(isolation), "LEVEL", "FILE_ISOLATION", NULL,
     "what uhyve denies itself before the guest runs:\nnone, normal (the default) or strict: all "
     "of it,\nor an error"},
    {"affinity", 0, set_affinity, MEMBER(affinity), "LIST", "AFFINITY", NULL,
     "host CPUs to run on, like 0,2-5"},
    {"thp", 0, NULL, MEMBER(thp), NULL, "THP", NULL, "ask the host for transparent huge pages"},
    {"ksm", 0, NULL, MEMBER(ksm), NULL, "KSM", NULL, "let the host merge equal pages of guests"},
    {"aslr", 0, NULL, MEMBER(aslr), NULL, "ASLR", NULL,
     "load position-independent programs at random\naddresses (the default)"},
    {"no-aslr", 0, NULL, MEMBER(aslr), NULL, "NO_ASLR", NULL,
     "load them always at the same address"},
    {"timeout", 0, set_timeout, MEMBER(timeout_ns), "TIME", "TIMEOUT", NULL,
     "end the guest by SIGTERM after TIME: seconds, or\nwith unit s, m, h or d; the status is 124"},
    {"kill-after", 0, set_kill_after, MEMBER(kill_after_ns), "TIME", "KILL_AFTER", NULL,
     "end it by SIGKILL if it still runs TIME after\nthat"},
    {"core", 0, set_core, MEMBER(core), "FILE", "CORE", NULL,
     "write a core file for debuggers if the guest\ncrashes"},
    {"stats", 0, set_stats, MEMBER(stats), "[=json]", "STATS", NULL,
     "print statistics when the guest has ended"},
    {"timeline", 0, NULL, MEMBER(timeline), NULL, "TIMELINE", NULL,
     "print when each step of the start was reached"},
    {"verbose", 'v', set_verbosity, MEMBER(verbosity), NULL, "VERBOSE", NULL,
     "say what is done; may be repeated"},
    {"help", 'h', set_help, MEMBER(action), NULL, NULL, NULL, "print this text"},
    {"version", 'V', set_version, MEMBER(action), NULL, NULL, NULL, "print the version"},
};

const char *option_set(struct options *o, const struct option_row *row, const char *value)
{
  if (row->set != NULL)
    return row->set(o, value);
  bool on = true;
  if (value != NULL && !read_flag(value, &on))
    return "is neither 0 nor 1";
  *(bool *) ((char *) o + row->member) = on != (strncmp(row->name, "no-", 3) == 0);
  return NULL;
}
