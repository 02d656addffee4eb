/* strsep(): Newlib's takes an empty field at the end for none. */
#include <string.h>

char *strsep(char **restrict text, const char *restrict delimiters)
{
  char *field = *text;
  if (field == NULL)
    return NULL;
  char *end = field + strcspn(field, delimiters);
  *text = *end != '\0' ? end + 1 : NULL;
  *end = '\0';
  return field;
}
