/* pwd.h: users, by name and number. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libc/user_file.h"

#define PATH "/etc/passwd"

/* The one user there is without that file. */
static const char *built_in(void)
{
  static char line[80];
  const char *name = getuid() == 0 ? "root" : "user";
  snprintf(line, sizeof(line), "%s:x:%u:%u:%s:/:/bin/sh", name, getuid(), getgid(), name);
  return line;
}

static bool entry_parse(char *line, struct passwd *entry)
{
  char *fields[7];
  if (!user_fields_cut(line, fields, 7) || *fields[0] == '\0')
    return false;
  *entry = (struct passwd){
      .pw_name = fields[0],
      .pw_passwd = fields[1],
      .pw_comment = fields[4] + strlen(fields[4]),
      .pw_gecos = fields[4],
      .pw_dir = fields[5],
      .pw_shell = fields[6],
  };
  return user_field_number(fields[2], &entry->pw_uid) &&
         user_field_number(fields[3], &entry->pw_gid);
}

/* The next entry: 0, ENOENT at the end, or another errno. */
static int entry_next(struct user_file *file, struct passwd *entry, char *buffer, size_t len_bytes)
{
  int error;
  do
    error = user_file_line(file, buffer, len_bytes);
  while (error == 0 && !entry_parse(buffer, entry));
  return error;
}

/* By name, or by number if there is no name. */
static int entry_find(const char *name, uid_t user, struct passwd *entry, char *buffer,
                      size_t len_bytes, struct passwd **result)
{
  struct user_file file;
  *result = NULL;
  int error = user_file_open(&file, PATH, built_in());
  while (error == 0)
  {
    error = entry_next(&file, entry, buffer, len_bytes);
    if (error == 0 && (name != NULL ? strcmp(entry->pw_name, name) == 0 : entry->pw_uid == user))
    {
      *result = entry;
      break;
    }
  }
  user_file_close(&file);
  return error == ENOENT ? 0 : error;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t len_bytes,
               struct passwd **result)
{
  return entry_find(name, 0, entry, buffer, len_bytes, result);
}

int getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t len_bytes,
               struct passwd **result)
{
  return entry_find(NULL, user, entry, buffer, len_bytes, result);
}

/* ---- Results kept until the next call ---- */

static struct passwd kept;
static char *kept_buffer;
static size_t kept_bytes;
static struct user_file listed;
static bool is_listing;

static struct passwd *entry_keep(const char *name, uid_t user)
{
  struct passwd *result = NULL;
  int error = ERANGE;
  while (error == ERANGE)
  {
    error = entry_find(name, user, &kept, kept_buffer, kept_bytes, &result);
    if (error == ERANGE && user_buffer_grow(&kept_buffer, &kept_bytes) != 0)
      error = ENOMEM;
  }
  if (error != 0)
    errno = error;
  return result;
}

struct passwd *getpwnam(const char *name)
{
  return entry_keep(name, 0);
}

struct passwd *getpwuid(uid_t user)
{
  return entry_keep(NULL, user);
}

void setpwent(void)
{
  if (is_listing)
    user_file_rewind(&listed, built_in());
}

void endpwent(void)
{
  if (is_listing)
    user_file_close(&listed);
  is_listing = false;
}

struct passwd *getpwent(void)
{
  int error = is_listing ? 0 : user_file_open(&listed, PATH, built_in());
  is_listing = error == 0;
  while (error == 0)
  {
    error = entry_next(&listed, &kept, kept_buffer, kept_bytes);
    if (error == 0)
      return &kept;
    if (error == ERANGE)
      error = user_buffer_grow(&kept_buffer, &kept_bytes);
  }
  if (error != ENOENT)
    errno = error;
  return NULL;
}
