/* Figures as a table for people and as JSON for programs. */
#include "report.h"

#include <jansson.h>
#include <stdbool.h>

/* A number, or a dash for one that is not known. */
static void print_value(FILE *out, int width, int decimals, bool known, double value)
{
  if (known)
    fprintf(out, " %*.*f", width, decimals, value);
  else
    fprintf(out, " %*s", width, "-");
}

static bool has_ratio(const struct figure *figure)
{
  return figure->guest >= 0 && figure->reference > 0;
}

void report_table(FILE *out, const struct figure *figures, int count)
{
  fprintf(out, "%-28s %12s %12s %-6s %9s\n", "", "guest", "reference", "unit", "ratio");
  for (int i = 0; i < count; i++)
  {
    const struct figure *figure = &figures[i];
    bool ratio = has_ratio(figure);
    fprintf(out, "%-28s", figure->name);
    print_value(out, 12, figure->decimals, figure->guest >= 0, figure->guest);
    print_value(out, 12, figure->decimals, figure->reference >= 0, figure->reference);
    fprintf(out, " %-6s", figure->unit);
    print_value(out, 9, 3, ratio, ratio ? figure->guest / figure->reference : 0);
    fputc('\n', out);
    if (figure->detail[0] != '\0')
      fprintf(out, "  %s\n", figure->detail);
  }
}

static json_t *real_or_null(bool known, double value)
{
  return known ? json_real(value) : json_null();
}

int report_json(FILE *out, const struct figure *figures, int count)
{
  json_t *array = json_array();
  for (int i = 0; i < count; i++)
  {
    const struct figure *figure = &figures[i];
    bool ratio = has_ratio(figure);
    json_t *object =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "name", figure->name, "unit", figure->unit,
                  "guest", real_or_null(figure->guest >= 0, figure->guest), "reference",
                  real_or_null(figure->reference >= 0, figure->reference), "ratio",
                  real_or_null(ratio, ratio ? figure->guest / figure->reference : 0), "note",
                  figure->note, "detail", figure->detail);
    json_array_append_new(array, object);
  }
  int error = json_dumpf(array, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  if (error == 0 && fputc('\n', out) == EOF)
    error = -1;
  json_decref(array);
  return error;
}
