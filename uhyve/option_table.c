/* The table of all options: what they are called, and what each sets. */
#define _GNU_SOURCE 1
#include "uhyve/option_table.h"

#include "uhyve/option_values.h"

#include <string.h>

#define MAX_VERBOSITY 100

static const char *set_memory(struct options *o, const char *value)
{
  return option_read_memory(value, &o->memory_bytes);
}

static const char *set_cpus(struct options *o, const char *value)
{
  if (strcmp(value, "auto") == 0)
  {
    o->cpu_count = OPTION_CPU_COUNT_AUTO;
    return NULL;
  }
  uint64_t count;
  if (!option_read_number(&value, &count) || *value != '\0' || count < 1 ||
      count > OPTIONS_MAX_CPUS)
    return "is not a number of CPUs: 1 to 1024, or auto";
  o->cpu_count = (unsigned) count;
  return NULL;
}

static const char *set_affinity(struct options *o, const char *value)
{
  const char *wrong = option_read_cpu_list(value, &o->affinity);
  o->affinity_given = o->affinity_given || wrong == NULL;
  return wrong;
}

static const char *set_output(struct options *o, const char *value)
{
  if (*value == '\0')
    return "is no file name";
  o->output_none = strcmp(value, "none") == 0;
  o->output = o->output_none || strcmp(value, "-") == 0 ? NULL : value;
  return NULL;
}

static const char *add_mapping(struct options *o, const char *text, size_t bytes)
{
  struct option_mapping mapping;
  const char *wrong = option_read_mapping(text, bytes, &mapping);
  if (wrong != NULL)
    return wrong;
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

static const char *add_limit(struct options *o, const char *text, size_t bytes)
{
  struct option_limit limit;
  bool is_stack;
  const char *wrong = option_read_limit(text, bytes, &limit, &is_stack);
  if (wrong == NULL)
    *(is_stack ? &o->stack_limit : &o->descriptor_limit) = limit;
  return wrong;
}

static const char *set_limits(struct options *o, const char *value)
{
  return add_lines(o, value, add_limit);
}

static const char *set_stats(struct options *o, const char *value)
{
  bool on = true;
  if (value != NULL && strcmp(value, "json") == 0)
    o->stats = OPTIONS_STATS_JSON;
  else if (value == NULL || option_read_flag(value, &on))
    o->stats = on ? OPTIONS_STATS_TEXT : OPTIONS_STATS_NONE;
  else
    return "is not a form of statistics: 1, 0 or json";
  return NULL;
}

static const char *set_verbosity(struct options *o, const char *value)
{
  uint64_t level = o->verbosity + 1;
  if (value != NULL &&
      (!option_read_number(&value, &level) || *value != '\0' || level > MAX_VERBOSITY))
    return "is not a number from 0 to 100";
  o->verbosity = (unsigned) level;
  return NULL;
}

static const char *set_isolation(struct options *o, const char *value)
{
  static const char *const names[] = ISOLATION_NAMES;
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
  return option_read_time(value, &o->timeout_ns);
}

static const char *set_kill_after(struct options *o, const char *value)
{
  return option_read_time(value, &o->kill_after_ns);
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
  if (value != NULL && !option_read_flag(value, &on))
    return "is neither 0 nor 1";
  *(bool *) ((char *) o + row->member) = on != (strncmp(row->name, "no-", 3) == 0);
  return NULL;
}
