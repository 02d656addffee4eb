/* What the checks of an ELF file share. */
#define _GNU_SOURCE 1
#include "uhyve/elf_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int elf_check_fail(const struct elf_image *image, char *message, int error, const char *format, ...)
{
  static const size_t max_name = 100;
  size_t len = strlen(image->path);
  int at = snprintf(message, 256, "%s%s", len > max_name ? "..." : "",
                    len > max_name ? image->path + len - max_name : image->path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message + at, 256 - (size_t) at, format, arguments);
  va_end(arguments);
  for (; *message != '\0'; message++)
  {
    if ((unsigned char) *message < ' ' || *message == 0x7f)
      *message = '?'; /* one line, whatever the name is */
  }
  return error;
}

int elf_check_read(const struct elf_image *image, void *to, uint64_t len, uint64_t offset,
                   char *message)
{
  char *at = to;
  while (len > 0)
  {
    ssize_t got = pread(image->fd, at, len, (off_t) offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
    {
      int error = errno;
      return elf_check_fail(image, message, -error, ": cannot read: %s", strerror(error));
    }
    if (got == 0)
      return elf_check_fail(image, message, -ENOEXEC, ": shrank while it was read; start it again");
    at += got;
    offset += (uint64_t) got;
    len -= (uint64_t) got;
  }
  return 0;
}

int elf_check_find(struct elf_check *c, uint32_t type, const char *name, const GElf_Phdr **header)
{
  *header = NULL;
  for (size_t i = 0; i < c->header_count; i++)
  {
    if (c->headers[i].p_type != type)
      continue;
    if (*header != NULL)
      return ELF_REFUSE(c, " has two %s program headers" ELF_AGAIN, name);
    *header = &c->headers[i];
  }
  return 0;
}
