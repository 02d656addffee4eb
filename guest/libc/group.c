/* grp.h: groups, by name and number, and the groups that the guest's user is in. */
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libc/result.h"
#include "libc/user_file.h"

#define PATH "/etc/group"

/* The one group there is without that file. */
static const char *built_in(void)
{
  static char line[40];
  snprintf(line, sizeof(line), "%s:x:%u:", getgid() == 0 ? "root" : "user", getgid());
  return line;
}

/* The pointers to the members' names come behind the line: 0, ERANGE, or EINVAL if it is no entry.
 */
static int entry_parse(char *line, struct group *entry, size_t len_bytes)
{
  char *fields[4];
  char *end = line + strlen(line) + 1;
  size_t spare_bytes = len_bytes - (size_t) (end - line);
  if (!user_fields_cut(line, fields, 4) || *fields[0] == '\0')
    return EINVAL;
  *entry = (struct group){.gr_name = fields[0], .gr_passwd = fields[1]};
  if (!user_field_number(fields[2], &entry->gr_gid))
    return EINVAL;
  size_t gap_bytes = -(uintptr_t) end % sizeof(char *);
  size_t slots = spare_bytes < gap_bytes ? 0 : (spare_bytes - gap_bytes) / sizeof(char *);
  entry->gr_mem = (char **) (void *) (end + gap_bytes);
  size_t count = 0;
  for (char *names = fields[3], *name; (name = strsep(&names, ",")) != NULL;)
  {
    if (*name == '\0')
      continue;
    if (count + 1 >= slots)
      return ERANGE;
    entry->gr_mem[count++] = name;
  }
  if (count >= slots)
    return ERANGE;
  entry->gr_mem[count] = NULL;
  return 0;
}

/* The next entry: 0, ENOENT at the end, or another errno. After ERANGE it can be read again. */
static int entry_next(struct user_file *file, struct group *entry, char *buffer, size_t len_bytes)
{
  int error;
  do
  {
    struct user_file before = *file;
    off_t start = file->stream != NULL ? ftello(file->stream) : 0;
    error = user_file_line(file, buffer, len_bytes);
    if (error == 0)
      error = entry_parse(buffer, entry, len_bytes);
    if (error == ERANGE)
    {
      *file = before;
      if (file->stream != NULL)
        fseeko(file->stream, start, SEEK_SET);
    }
  } while (error == EINVAL);
  return error;
}

/* By name, or by number if there is no name. */
static int entry_find(const char *name, gid_t group, struct group *entry, char *buffer,
                      size_t len_bytes, struct group **result)
{
  struct user_file file;
  *result = NULL;
  int error = user_file_open(&file, PATH, built_in());
  while (error == 0)
  {
    error = entry_next(&file, entry, buffer, len_bytes);
    if (error == 0 && (name != NULL ? strcmp(entry->gr_name, name) == 0 : entry->gr_gid == group))
    {
      *result = entry;
      break;
    }
  }
  user_file_close(&file);
  return error == ENOENT ? 0 : error;
}

int getgrnam_r(const char *name, struct group *entry, char *buffer, size_t len_bytes,
               struct group **result)
{
  return entry_find(name, 0, entry, buffer, len_bytes, result);
}

int getgrgid_r(gid_t group, struct group *entry, char *buffer, size_t len_bytes,
               struct group **result)
{
  return entry_find(NULL, group, entry, buffer, len_bytes, result);
}

/* ---- Results kept until the next call ---- */

static struct group kept;
static char *kept_buffer;
static size_t kept_bytes;
static struct user_file listed;
static bool is_listing;

static struct group *entry_keep(const char *name, gid_t group)
{
  struct group *result = NULL;
  int error = ERANGE;
  while (error == ERANGE)
  {
    error = entry_find(name, group, &kept, kept_buffer, kept_bytes, &result);
    if (error == ERANGE && user_buffer_grow(&kept_buffer, &kept_bytes) != 0)
      error = ENOMEM;
  }
  if (error != 0)
    errno = error;
  return result;
}

struct group *getgrnam(const char *name)
{
  return entry_keep(name, 0);
}

struct group *getgrgid(gid_t group)
{
  return entry_keep(NULL, group);
}

void setgrent(void)
{
  if (is_listing)
    user_file_rewind(&listed, built_in());
}

void endgrent(void)
{
  if (is_listing)
    user_file_close(&listed);
  is_listing = false;
}

struct group *getgrent(void)
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
