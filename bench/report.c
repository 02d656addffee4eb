/* Figures as a table for people and as JSON for programs. */
#include "report.h"

#include <jansson.h>

void report_table(FILE *out, const struct figure *figures, int count)
{
  fprintf(out, "%-26s %12s %12s %-5s %7s\n", "", "guest", "reference", "unit", "ratio");
  for (int i = 0; i < count; i++)
  {
    const struct figure *figure = &figures[i];
    fprintf(out, "%-26s %12.*f ", figure->name, figure->decimals, figure->guest);
    if (figure->reference < 0)
      fprintf(out, "%12s %-5s %7s\n", "-", figure->unit, "-");
    else
      fprintf(out, "%12.*f %-5s %7.3f\n", figure->decimals, figure->reference, figure->unit,
              figure->guest / figure->reference);
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
    bool known = figure->reference > 0;
    json_t *object = json_pack(
        "{s:s, s:s, s:f, s:o, s:o, s:s}", "name", figure->name, "unit", figure->unit, "guest",
        figure->guest, "reference", real_or_null(known, figure->reference), "ratio",
        real_or_null(known, known ? figure->guest / figure->reference : 0), "note", figure->note);
    json_array_append_new(array, object);
  }
  int error = json_dumpf(array, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  if (error == 0 && fputc('\n', out) == EOF)
    error = -1;
  json_decref(array);
  return error;
}
