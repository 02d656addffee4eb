/* Lines of /etc/passwd and /etc/group, cut at their colons. */
#ifndef GUEST_LIBC_USER_FILE_H
#define GUEST_LIBC_USER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct user_file
{
  FILE *stream;         /* null: there is no such file */
  const char *built_in; /* the line that stands for it then; null once it was read */
};

/* 0, or an errno: the file is there and cannot be opened. */
int user_file_open(struct user_file *file, const char *path, const char *built_in);
void user_file_close(struct user_file *file);
void user_file_rewind(struct user_file *file, const char *built_in);

/* The next line, without its end, in the buffer: 0, ENOENT at the end, ERANGE, or the errno of
 * reading. After ERANGE the line can be read again. */
int user_file_line(struct user_file *file, char *buffer, size_t len_bytes);

/* Cuts at colons: false unless there are `count` fields. */
bool user_fields_cut(char *line, char *fields[], size_t count);

/* A whole field as a decimal number. */
bool user_field_number(const char *field, unsigned int *number);

/* For the calls that keep the result themselves: makes a buffer larger, 0 or ENOMEM. */
int user_buffer_grow(char **buffer, size_t *len_bytes);

#endif
