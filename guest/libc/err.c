/* Messages on standard error that begin with the program's name. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_message(const char *format, va_list arguments)
{
  fprintf(stderr, "%s: ", program_invocation_short_name);
  if (format != NULL)
    vfprintf(stderr, format, arguments);
}

void vwarnx(const char *format, va_list arguments)
{
  print_message(format, arguments);
  fputc('\n', stderr);
}

void vwarn(const char *format, va_list arguments)
{
  int error = errno;
  print_message(format, arguments);
  fprintf(stderr, "%s%s\n", format != NULL ? ": " : "", strerror(error));
}

void verr(int status, const char *format, va_list arguments)
{
  vwarn(format, arguments);
  exit(status);
}

void verrx(int status, const char *format, va_list arguments)
{
  vwarnx(format, arguments);
  exit(status);
}

void warn(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vwarn(format, arguments);
  va_end(arguments);
}

void warnx(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vwarnx(format, arguments);
  va_end(arguments);
}

void err(int status, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  verr(status, format, arguments);
}

void errx(int status, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  verrx(status, format, arguments);
}
