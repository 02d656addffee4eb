/* Reads the command line of uhyve and its environment variables; one table describes them all. */
#define _GNU_SOURCE 1
#include "uhyve/options.h"

#include "uhyve/affinity.h"
#include "uhyve/option_table.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY_BYTES (UINT64_C(512) << 20)

enum
{
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
  const char *variables[PREFIXES][OPTION_ROWS]; /* values in the environment; NULL: not set */
  const char *variable_names[PREFIXES][OPTION_ROWS];
  bool overridden[OPTION_ROWS];
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

/* ---- Command line ---- */

static const struct option_row *find_row(int code)
{
  if (code >= LONG_OPTION)
    return &option_rows[code - LONG_OPTION];
  for (size_t i = 0; i < OPTION_ROWS; i++)
  {
    if (code != 0 && option_rows[i].letter == code)
      return &option_rows[i];
  }
  return NULL;
}

static void override(struct input *in, const struct option_row *row)
{
  for (size_t i = 0; i < OPTION_ROWS; i++)
  {
    if (option_rows[i].member == row->member)
      in->overridden[i] = true;
  }
}

static int fail_option(char *message, int code, const char *word)
{
  const struct option_row *row = find_row(optopt);
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
  struct option long_options[OPTION_ROWS + 1];
  char letters[2 * OPTION_ROWS + 3] = "+:";
  char *letter = letters + 2;
  for (int i = 0; i < OPTION_ROWS; i++)
  {
    int has_argument = option_rows[i].argument == NULL     ? no_argument
                       : option_rows[i].argument[0] == '[' ? optional_argument
                                                           : required_argument;
    long_options[i] = (struct option){option_rows[i].name, has_argument, NULL, LONG_OPTION + i};
    if (option_rows[i].letter == 0)
      continue;
    *letter++ = option_rows[i].letter;
    if (has_argument == required_argument)
      *letter++ = ':';
  }
  *letter = '\0';
  long_options[OPTION_ROWS] = (struct option){0};

  opterr = 0;
  optind = 0; /* glibc: start afresh */
  for (;;)
  {
    int code = getopt_long(argc, argv, letters, long_options, NULL);
    if (code == -1)
      break;
    if (code == '?' || code == ':')
      return fail_option(in->message, code, argv[optind - 1]);
    const struct option_row *row = find_row(code);
    if (row->set == option_set_net && optarg == NULL && optind < argc &&
        net_options_is_kind(argv[optind]))
      optarg = argv[optind++];
    const char *wrong = option_set(o, row, optarg);
    if (wrong != NULL)
      return fail(in->message, -EINVAL, "option --%s: '%.100s' %s", row->name,
                  optarg != NULL ? optarg : "", wrong);
    if (o->action != OPTIONS_RUN)
      return 0;
    override(in, row);
    if (row->set == option_set_env)
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
      for (size_t i = 0; i < OPTION_ROWS; i++)
      {
        const char *known[] = {option_rows[i].variable,
                               p == PREFIX_HERMIT ? option_rows[i].old_variable : NULL};
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
    for (size_t i = 0; i < OPTION_ROWS; i++)
    {
      const struct option_row *row = &option_rows[i];
      const char *value = in->variables[p][i];
      if (value == NULL || in->overridden[i] || row->set == option_set_env)
        continue;
      const char *wrong = option_set(o, row, value);
      if (wrong != NULL)
        return fail(in->message, -EINVAL, "environment variable %s%s: '%.100s' %s", prefixes[p],
                    in->variable_names[p][i], value, wrong);
      override(in, row);
    }
  }
  return 0;
}

static const char *find_variable(const struct input *in, const char *name)
{
  const char *found = NULL;
  for (char **entry = in->env; *entry != NULL; entry++)
  {
    for (size_t p = 0; p < PREFIXES; p++)
    {
      size_t prefix_len = strlen(prefixes[p]);
      size_t len = strlen(name);
      if (strncmp(*entry, prefixes[p], prefix_len) != 0 ||
          strncmp(*entry + prefix_len, name, len) != 0 || (*entry)[prefix_len + len] != '=')
        continue;
      const char *value = *entry + prefix_len + len + 1;
      if (*value != '\0' && (found == NULL || p == PREFIX_UHYVE))
        found = value;
    }
  }
  return found;
}

/* Interfaces as a whole; and the address of the first, which is a variable alone. */
static int finish_net(struct options *o, const struct input *in)
{
  const char *wrong = net_options_finish(&o->net);
  if (wrong != NULL)
    return fail(in->message, -EINVAL, "%s", wrong);
  if (o->net.count == 0)
    return 0;
  wrong = net_options_address(&o->net, find_variable(in, "IP"), find_variable(in, "GATEWAY"),
                              find_variable(in, "MASK"));
  return wrong == NULL
             ? 0
             : fail(in->message, -EINVAL,
                    "environment variable UHYVE_%s or HERMIT_%s: not as 10.0.0.2, a mask not as "
                    "255.255.255.0",
                    wrong, wrong);
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
  while (option_rows[row].set != option_set_env)
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
      const char *wrong = *entry != '\0' ? option_set_env(o, entry) : NULL;
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
  if (o->cpu_count != OPTION_CPU_COUNT_AUTO)
    return;
  long count = o->affinity_given ? CPU_COUNT(&o->affinity) : affinity_count_own();
  o->cpu_count = count < 1 ? 1 : count > OPTIONS_MAX_CPUS ? OPTIONS_MAX_CPUS : (unsigned) count;
}

int options_parse(struct options *o, int argc, char **argv, char **env, char message[static 256])
{
  struct input in = {.env = env, .message = message};
  *o = (struct options){.action = OPTIONS_RUN,
                        .memory_bytes = DEFAULT_MEMORY_BYTES,
                        .cpu_count = 1,
                        .aslr = true,
                        .isolation = ISOLATION_NORMAL};
  message[0] = '\0';

  int result = read_command_line(o, argc, argv, &in);
  if (result == 0 && o->action == OPTIONS_RUN)
  {
    find_variables(&in);
    result = read_variables(o, &in);
    if (result == 0)
      result = finish_net(o, &in);
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
