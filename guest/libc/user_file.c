/* Reads /etc/passwd and /etc/group; where they are not there, a line that stands for them. */
#include "libc/user_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_BUFFER_BYTES 1024

int user_file_open(struct user_file *file, const char *path, const char *built_in)
{
  *file = (struct user_file){0};
  /* Asked for first: an open that fails would be explained to the user. */
  int before = errno;
  if (access(path, F_OK) != 0)
  {
    errno = before;
    file->built_in = built_in;
    return 0;
  }
  file->stream = fopen(path, "re");
  return file->stream != NULL ? 0 : errno;
}

void user_file_close(struct user_file *file)
{
  if (file->stream != NULL)
    fclose(file->stream);
  *file = (struct user_file){0};
}

void user_file_rewind(struct user_file *file, const char *built_in)
{
  if (file->stream != NULL)
    rewind(file->stream);
  else
    file->built_in = built_in;
}

static int built_in_line(struct user_file *file, char *buffer, size_t len_bytes)
{
  if (file->built_in == NULL)
    return ENOENT;
  size_t line_bytes = strlen(file->built_in) + 1;
  if (line_bytes > len_bytes)
    return ERANGE;
  memcpy(buffer, file->built_in, line_bytes);
  file->built_in = NULL;
  return 0;
}

int user_file_line(struct user_file *file, char *buffer, size_t len_bytes)
{
  if (file->stream == NULL)
    return built_in_line(file, buffer, len_bytes);
  if (len_bytes < 2)
    return ERANGE;
  off_t start = ftello(file->stream);
  if (fgets(buffer, (int) len_bytes, file->stream) == NULL)
    return ferror(file->stream) ? EIO : ENOENT;
  size_t line_len = strlen(buffer);
  if (line_len > 0 && buffer[line_len - 1] == '\n')
    buffer[line_len - 1] = '\0';
  else if (line_len == len_bytes - 1)
  {
    fseeko(file->stream, start, SEEK_SET);
    return ERANGE;
  }
  return 0;
}

bool user_fields_cut(char *line, char *fields[], size_t count)
{
  for (size_t i = 0; i < count; i++)
  {
    fields[i] = strsep(&line, ":");
    if (fields[i] == NULL)
      return false;
  }
  return line == NULL;
}

bool user_field_number(const char *field, unsigned int *number)
{
  char *end;
  if (*field < '0' || *field > '9')
    return false;
  unsigned long value = strtoul(field, &end, 10);
  *number = (unsigned int) value;
  return *end == '\0' && value == *number;
}

int user_buffer_grow(char **buffer, size_t *len_bytes)
{
  size_t larger_bytes = *len_bytes == 0 ? FIRST_BUFFER_BYTES : *len_bytes * 2;
  char *larger = realloc(*buffer, larger_bytes);
  if (larger == NULL)
    return ENOMEM;
  *buffer = larger;
  *len_bytes = larger_bytes;
  return 0;
}
