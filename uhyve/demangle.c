/* Names of C++ functions for people, by the demangler of gcc's C++ library. */
#include "demangle.h"

#include <setjmp.h>
#include <string.h>

/* The demangler keeps the parts of a name on the stack. */
#define MAX_NAME_BYTES 512

/* In libsupc++.a; null where the monitor was built without it. */
__attribute__((weak)) int __gcclibcxx_demangle_callback(const char *name,
                                                        void (*write)(const char *, size_t, void *),
                                                        void *argument);

struct output
{
  char *text;
  size_t len_bytes;
  size_t size_bytes;
  jmp_buf full;
};

static void write_part(const char *part, size_t part_bytes, void *argument)
{
  struct output *output = argument;
  size_t room_bytes = output->size_bytes - 1 - output->len_bytes;
  size_t taken_bytes = part_bytes < room_bytes ? part_bytes : room_bytes;
  memcpy(output->text + output->len_bytes, part, taken_bytes);
  output->len_bytes += taken_bytes;
  output->text[output->len_bytes] = '\0';
  /* A short name can stand for gigabytes of text: no more of it is made. The demangler holds
   * nothing that would have to be given back. */
  if (taken_bytes < part_bytes)
    longjmp(output->full, 1);
}

bool demangle(const char *name, char *text, size_t text_bytes)
{
  static const char dots[] = "...";
  struct output output = {.text = text, .size_bytes = text_bytes};

  if (&__gcclibcxx_demangle_callback == NULL || strncmp(name, "_Z", 2) != 0 ||
      strnlen(name, MAX_NAME_BYTES) == MAX_NAME_BYTES)
    return false;
  text[0] = '\0';
  if (setjmp(output.full) != 0)
  {
    memcpy(text + text_bytes - sizeof dots, dots, sizeof dots);
    return true;
  }
  return __gcclibcxx_demangle_callback(name, write_part, &output) == 0;
}
