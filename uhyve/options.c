/* Reads the command line of uhyve and its environment variables; one table describes them all. */
#define _GNU_SOURCE 1
#include "uhyve/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_MEMORY_BYTES (UINT64_C(512) << 20)
#define MAX_VERBOSITY        100
#define CPU_COUNT_AUTO       0 /* until all is read */

struct row
{
  const char *name;
  char letter; /* of the short option; 0: none */
  /* A setter gets NULL where an option was given without a value. It returns NULL, or what is
   * wrong with the value, to be read behind it. No setter: a bool, which --no-... clears. */
  const char *(*set)(struct options *o, const char *value);
  size_t member;        /* offset in struct options; rows with the same one override each other */
  const char *argument; /* NULL: none; in brackets: optional */
  const char *variable; /* name in the environment, behind UHYVE_ or HERMIT_; NULL: none */
  const char *old_variable; /* further name, behind HERMIT_ only */
  const char *help;         /* a newline begins a second line */
};

/* ---- Values ---- */

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
    o->cpu_count = CPU_COUNT_AUTO;
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

/* Only checks: the entries are put together when all is read. */
static const char *set_env(struct options *o, const char *value)
{
  (void) o;
  return *value == '\0' || *value == '=' ? "has no variable name: write NAME or NAME=VALUE" : NULL;
}

#define MEMBER(member) offsetof(struct options, member)

static const struct row rows[] = {
    {"memory-size", 'm', set_memory, MEMBER(memory_bytes), "SIZE", "MEMORY_SIZE", "MEM",
     "memory of the guest, with unit K, M, G or T\n(default: 512M)"},
    {"cpu-count", 'c', set_cpus, MEMBER(cpu_count), "N", "CPU_COUNT", "CPUS",
     "CPUs of the guest; auto: as many as uhyve may\nuse (default: 1)"},
    {"output", 'o', set_output, MEMBER(output), "FILE", "OUTPUT", NULL,
     "where the guest's standard output goes; none:\nnowhere (default: uhyve's own)"},
    {"env", 'e', set_env, MEMBER(guest_env), "NAME[=VALUE]", "ENV", NULL,
     "pass a variable to the guest, with uhyve's own\nvalue if none is given; may be repeated"},
    {"env-all", 0, NULL, MEMBER(env_all), NULL, "ENV_ALL", NULL,
     "pass uhyve's whole environment to the guest"},
    {"affinity", 0, set_affinity, MEMBER(affinity), "LIST", "AFFINITY", NULL,
     "host CPUs to run on, like 0,2-5"},
    {"thp", 0, NULL, MEMBER(thp), NULL, "THP", NULL, "ask the host for transparent huge pages"},
    {"ksm", 0, NULL, MEMBER(ksm), NULL, "KSM", NULL, "let the host merge equal pages of guests"},
    {"aslr", 0, NULL, MEMBER(aslr), NULL, "ASLR", NULL,
     "load position-independent programs at random\naddresses (the default)"},
    {"no-aslr", 0, NULL, MEMBER(aslr), NULL, "NO_ASLR", NULL,
     "load them always at the same address"},
    {"stats", 0, set_stats, MEMBER(stats), "[=json]", "STATS", NULL,
     "print statistics when the guest has ended"},
    {"timeline", 0, NULL, MEMBER(timeline), NULL, "TIMELINE", NULL,
     "print when each step of the start was reached"},
    {"verbose", 'v', set_verbosity, MEMBER(verbosity), NULL, "VERBOSE", NULL,
     "say what is done; may be repeated"},
    {"help", 'h', set_help, MEMBER(action), NULL, NULL, NULL, "print this text"},
    {"version", 'V', set_version, MEMBER(action), NULL, NULL, NULL, "print the version"},
};

enum
{
  ROWS = sizeof rows / sizeof *rows,
  LONG_OPTION = 256, /* getopt_long returns this plus the row, or the letter */
  PREFIX_UHYVE = 0,
  PREFIX_HERMIT = 1,
  PREFIXES
};

static const char *const prefixes[PREFIXES] = {"UHYVE_", "HERMIT_"};

/* What has been seen of command line and environment. */
struct input
{
  char **env;
  const char *variables[PREFIXES][ROWS]; /* values in the environment; NULL: not set */
  const char *variable_names[PREFIXES][ROWS];
  bool overridden[ROWS];
  char **env_arguments; /* of -e, in order */
  size_t env_argument_count;
  char *message;
};

__attribute__((format(printf, 3, 4))) static int fail(char *message, int error, const char *format,
                                                      ...)
{
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, 256, format, arguments);
  va_end(arguments);
  for (char *at = message; *at != '\0'; at++)
  {
    if ((unsigned char) *at < ' ' || *at == 0x7f)
      *at = '?'; /* one line, whatever was given */
  }
  return error;
}

static const char *set_value(struct options *o, const struct row *row, const char *value)
{
  if (row->set != NULL)
    return row->set(o, value);
  bool on = true;
  if (value != NULL && !read_flag(value, &on))
    return "is neither 0 nor 1";
  *(bool *) ((char *) o + row->member) = on != (strncmp(row->name, "no-", 3) == 0);
  return NULL;
}

/* ---- Command line ---- */

static const struct row *find_row(int code)
{
  if (code >= LONG_OPTION)
    return &rows[code - LONG_OPTION];
  for (size_t i = 0; i < ROWS; i++)
  {
    if (code != 0 && rows[i].letter == code)
      return &rows[i];
  }
  return NULL;
}

static void override(struct input *in, const struct row *row)
{
  for (size_t i = 0; i < ROWS; i++)
  {
    if (rows[i].member == row->member)
      in->overridden[i] = true;
  }
}

static int fail_option(char *message, int code, const char *word)
{
  const struct row *row = find_row(optopt);
  if (code == ':')
    return fail(message, -EINVAL, "option --%s needs a value: --%s %s", row->name, row->name,
                row->argument);
  if (row != NULL)
    return fail(message, -EINVAL, "option --%s takes no value", row->name);
  if (optopt != 0)
    return fail(message, -EINVAL, "unknown option '-%c' (see uhyve --help)", optopt);
  return fail(message, -EINVAL, "unknown or ambiguous option '%.100s' (see uhyve --help)", word);
}

static int read_command_line(struct options *o, int argc, char **argv, struct input *in)
{
  struct option long_options[ROWS + 1];
  char letters[2 * ROWS + 3] = "+:";
  char *letter = letters + 2;
  for (int i = 0; i < ROWS; i++)
  {
    int has_argument = rows[i].argument == NULL     ? no_argument
                       : rows[i].argument[0] == '[' ? optional_argument
                                                    : required_argument;
    long_options[i] = (struct option){rows[i].name, has_argument, NULL, LONG_OPTION + i};
    if (rows[i].letter == 0)
      continue;
    *letter++ = rows[i].letter;
    if (has_argument == required_argument)
      *letter++ = ':';
  }
  *letter = '\0';
  long_options[ROWS] = (struct option){0};

  opterr = 0;
  optind = 0; /* glibc: start afresh */
  for (;;)
  {
    int code = getopt_long(argc, argv, letters, long_options, NULL);
    if (code == -1)
      break;
    if (code == '?' || code == ':')
      return fail_option(in->message, code, argv[optind - 1]);
    const struct row *row = find_row(code);
    const char *wrong = set_value(o, row, optarg);
    if (wrong != NULL)
      return fail(in->message, -EINVAL, "option --%s: '%.100s' %s", row->name, optarg, wrong);
    if (o->action != OPTIONS_RUN)
      return 0;
    override(in, row);
    if (row->set == set_env)
    {
      if (in->env_arguments == NULL)
        in->env_arguments = malloc((size_t) argc * sizeof *in->env_arguments);
      if (in->env_arguments == NULL)
        return fail(in->message, -ENOMEM, "out of memory");
      in->env_arguments[in->env_argument_count++] = optarg;
    }
  }
  if (optind >= argc)
    return fail(in->message, -EINVAL,
                "no program given: usage: uhyve [OPTION]... FILE [ARG]... (see uhyve --help)");
  o->file = argv[optind];
  o->guest_argc = argc - optind;
  o->guest_argv = argv + optind;
  return 0;
}

/* ---- Environment ---- */

static void find_variables(struct input *in)
{
  for (char **entry = in->env; *entry != NULL; entry++)
  {
    if (**entry != 'U' && **entry != 'H')
      continue;
    for (size_t p = 0; p < PREFIXES; p++)
    {
      size_t prefix_len = strlen(prefixes[p]);
      if (strncmp(*entry, prefixes[p], prefix_len) != 0)
        continue;
      const char *name = *entry + prefix_len;
      size_t len = strcspn(name, "=");
      if (name[len] != '=' || name[len + 1] == '\0')
        continue; /* empty is as good as not set */
      for (size_t i = 0; i < ROWS; i++)
      {
        const char *known[] = {rows[i].variable, p == PREFIX_HERMIT ? rows[i].old_variable : NULL};
        for (size_t k = 0; k < 2; k++)
        {
          if (known[k] == NULL || strlen(known[k]) != len || memcmp(known[k], name, len) != 0)
            continue;
          in->variables[p][i] = name + len + 1;
          in->variable_names[p][i] = known[k];
        }
      }
    }
  }
}

static int read_variables(struct options *o, struct input *in)
{
  for (size_t p = 0; p < PREFIXES; p++)
  {
    for (size_t i = 0; i < ROWS; i++)
    {
      const struct row *row = &rows[i];
      const char *value = in->variables[p][i];
      if (value == NULL || in->overridden[i] || row->set == set_env)
        continue;
      const char *wrong = set_value(o, row, value);
      if (wrong != NULL)
        return fail(in->message, -EINVAL, "environment variable %s%s: '%.100s' %s", prefixes[p],
                    in->variable_names[p][i], value, wrong);
      override(in, row);
    }
  }
  return 0;
}

/* ---- The guest's environment ---- */

static bool same_name(const char *a, const char *b, size_t len)
{
  return strncmp(a, b, len) == 0 && (a[len] == '=' || a[len] == '\0');
}

/* Adds NAME=VALUE, or NAME with the host's value, in place of any earlier one of that name. */
static void put_variable(struct options *o, size_t *count, char *entry, char **host)
{
  size_t len = strcspn(entry, "=");
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++)
  {
    if (!same_name(o->guest_env[i], entry, len))
      o->guest_env[kept++] = o->guest_env[i];
  }
  if (entry[len] == '\0')
  {
    char **own = host;
    while (*own != NULL && !(same_name(*own, entry, len) && (*own)[len] == '='))
      own++;
    entry = *own;
  }
  if (entry != NULL)
    o->guest_env[kept++] = entry;
  *count = kept;
}

static size_t count_lines(const char *text)
{
  size_t lines = 1;
  for (; *text != '\0'; text++)
    lines += *text == '\n';
  return lines;
}

static int make_guest_env(struct options *o, struct input *in)
{
  size_t row = 0;
  while (rows[row].set != set_env)
    row++;

  size_t capacity = in->env_argument_count + 1, text_bytes = 0, count = 0;
  for (size_t p = 0; p < PREFIXES; p++)
  {
    const char *list = in->variables[p][row];
    capacity += list != NULL ? count_lines(list) : 0;
    text_bytes += list != NULL ? strlen(list) + 1 : 0;
  }
  for (char **entry = in->env; o->env_all && *entry != NULL; entry++)
    capacity++;

  /* The lists of the environment are cut at their newlines, in a copy behind the array. */
  o->guest_env = malloc(capacity * sizeof *o->guest_env + text_bytes);
  if (o->guest_env == NULL)
    return fail(in->message, -ENOMEM, "out of memory");
  char *text = (char *) (o->guest_env + capacity);

  for (char **entry = in->env; o->env_all && *entry != NULL; entry++)
    o->guest_env[count++] = *entry;
  for (size_t p = PREFIXES; p-- > 0;)
  {
    const char *list = in->variables[p][row];
    if (list == NULL)
      continue;
    char *line = strcpy(text, list);
    text += strlen(list) + 1;
    while (line != NULL)
    {
      char *entry = strsep(&line, "\n");
      const char *wrong = *entry != '\0' ? set_env(o, entry) : NULL;
      if (wrong != NULL)
        return fail(in->message, -EINVAL, "environment variable %sENV: '%.100s' %s", prefixes[p],
                    entry, wrong);
      if (*entry != '\0')
        put_variable(o, &count, entry, in->env);
    }
  }
  for (size_t i = 0; i < in->env_argument_count; i++)
    put_variable(o, &count, in->env_arguments[i], in->env);
  o->guest_env[count] = NULL;
  return 0;
}

static void resolve_cpu_count(struct options *o)
{
  if (o->cpu_count != CPU_COUNT_AUTO)
    return;
  cpu_set_t own;
  long count;
  if (o->affinity_given)
    count = CPU_COUNT(&o->affinity);
  else if (sched_getaffinity(0, sizeof own, &own) == 0)
    count = CPU_COUNT(&own);
  else
    count = sysconf(_SC_NPROCESSORS_ONLN); /* a host with more CPUs than a cpu_set_t has */
  o->cpu_count = count < 1 ? 1 : count > OPTIONS_MAX_CPUS ? OPTIONS_MAX_CPUS : (unsigned) count;
}

int options_parse(struct options *o, int argc, char **argv, char **env, char message[static 256])
{
  struct input in = {.env = env, .message = message};
  *o = (struct options){
      .action = OPTIONS_RUN, .memory_bytes = DEFAULT_MEMORY_BYTES, .cpu_count = 1, .aslr = true};
  message[0] = '\0';

  int result = read_command_line(o, argc, argv, &in);
  if (result == 0 && o->action == OPTIONS_RUN)
  {
    find_variables(&in);
    result = read_variables(o, &in);
    if (result == 0)
      result = make_guest_env(o, &in);
    if (result == 0)
      resolve_cpu_count(o);
  }
  free(in.env_arguments);
  if (result != 0)
    options_free(o);
  return result;
}

void options_free(struct options *o)
{
  free(o->guest_env);
  o->guest_env = NULL;
}

/* ---- Help ---- */

static void print_row(FILE *stream, const struct row *row)
{
  static const int column = 28;
  char option[64];
  int len =
      snprintf(option, sizeof option, row->letter != 0 ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
               row->letter != 0 ? row->letter : ' ', row->name,
               row->argument == NULL || row->argument[0] == '[' ? "" : " ",
               row->argument == NULL ? "" : row->argument);
  fprintf(stream, "%s%s", option, len < column ? "" : "\n");

  int pad = len < column ? column - len : column;
  for (const char *line = row->help; line != NULL; pad = column)
  {
    size_t line_len = strcspn(line, "\n");
    fprintf(stream, "%*s%.*s\n", pad, "", (int) line_len, line);
    line = line[line_len] == '\n' ? line + line_len + 1 : NULL;
  }
}

void options_print_help(FILE *stream)
{
  fputs("Usage: uhyve [OPTION]... FILE [ARG]...\n"
        "Run the program FILE in a virtual machine of its own, as if it were a process.\n"
        "What follows FILE is for the program.\n"
        "\nOptions:\n",
        stream);
  for (size_t i = 0; i < ROWS; i++)
    print_row(stream, &rows[i]);

  fputs("\nEnvironment (an option given on the command line comes first):\n", stream);
  for (size_t i = 0; i < ROWS; i++)
  {
    if (rows[i].variable != NULL)
      fprintf(stream, "  UHYVE_%-20s  as --%s%s\n", rows[i].variable, rows[i].name,
              rows[i].set == NULL      ? ", 1 or 0"
              : rows[i].set == set_env ? ", one per line"
                                       : "");
  }
  fputs("HERMIT_ in place of UHYVE_ works too; so do", stream);
  const char *separator = " ";
  for (size_t i = 0; i < ROWS; i++)
  {
    if (rows[i].old_variable == NULL)
      continue;
    fprintf(stream, "%sHERMIT_%s", separator, rows[i].old_variable);
    separator = " and ";
  }
  fputs(".\n"
        "\nExit status:\n"
        "  0 to 255  the program's own\n"
        "  125       uhyve failed\n"
        "  126       the program broke the rules of the interface to uhyve\n"
        "  127       FILE cannot be run\n"
        "  128+N     the program died by signal N: 139 bad memory access, 134 abort()\n"
        "\nExample:\n"
        "  uhyve -m 1G -c 4 -e LANG=C hello.elf --name World\n",
        stream);
}
