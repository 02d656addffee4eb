/* What `uhyve --stats=json` says. */
#include "counters.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static json_t *parse(const char *text)
{
  const char *line = text;
  while (line != NULL && *line != '{')
  {
    line = strchr(line, '\n');
    if (line != NULL)
      line++;
  }
  return line == NULL ? NULL : json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
}

static bool ends_in(const char *name, const char *end)
{
  size_t name_length = strlen(name);
  size_t end_length = strlen(end);
  if (name_length == end_length)
    return strcmp(name, end) == 0;
  return name_length > end_length && name[name_length - end_length - 1] == '_' &&
         strcmp(name + name_length - end_length, end) == 0;
}

static bool begins_with(const char *name, const char *begin)
{
  return strncmp(name, begin, strlen(begin)) == 0;
}

static double sum(const char *text, bool (*matches)(const char *, const char *), const char *with)
{
  json_t *statistics = parse(text);
  double total = 0;
  bool found = false;
  const char *name;
  json_t *value;
  json_object_foreach(statistics, name, value)
  {
    if (!json_is_number(value) || !matches(name, with))
      continue;
    total += json_number_value(value);
    found = true;
  }
  json_decref(statistics);
  return found ? total : -1;
}

double counters_sum(const char *text, const char *name)
{
  return sum(text, ends_in, name);
}

double counters_sum_group(const char *text, const char *prefix)
{
  return sum(text, begins_with, prefix);
}
