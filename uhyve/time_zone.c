/* Reads the rule of a time zone: the last line of a file in the form of RFC 8536 (TZif). */
#include "time_zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path_resolve.h"

#define ZONES      "/usr/share/zoneinfo"
#define OWN_ZONE   "/etc/localtime"
#define MAGIC      "TZif"
#define HEAD_BYTES 5 /* with the version behind the magic */

/* Names of zones have no dots: none leads out. */
static bool is_name(const char *name)
{
  static const char allowed[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  return name[0] != '/' && name[strspn(name, allowed)] == '\0';
}

/* Takes path_fd over. Returns a descriptor of a regular file. */
static int open_found(int path_fd)
{
  struct stat status;
  char path[PATH_OF_FD_BYTES];
  int fd = -ENOENT;
  if (fstat(path_fd, &status) == 0 && S_ISREG(status.st_mode))
  {
    fd = open(path_of_fd(path, path_fd), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
      fd = -errno;
  }
  close(path_fd);
  return fd;
}

static int open_zone(const char *name)
{
  if (name[0] == '\0')
  {
    int own = open(OWN_ZONE, O_PATH | O_CLOEXEC);
    return own >= 0 ? open_found(own) : -errno;
  }
  int zones = open(ZONES, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (zones < 0)
    return -errno;
  int found = path_open(zones, name, O_PATH, 0);
  close(zones);
  return found >= 0 ? open_found(found) : found;
}

/* The rule is between the last two newlines; from version 2 on there is one. */
int time_zone_read(int fd, char rule[static HC_TIME_ZONE_BYTES])
{
  char head[HEAD_BYTES];
  char tail[HC_TIME_ZONE_BYTES + 1]; /* both newlines, a rule and no null */
  struct stat status;
  if (fstat(fd, &status) != 0)
    return -errno;
  size_t bytes = status.st_size < (off_t) sizeof(tail) ? (size_t) status.st_size : sizeof(tail);
  if (pread(fd, head, sizeof(head), 0) != (ssize_t) sizeof(head) ||
      memcmp(head, MAGIC, strlen(MAGIC)) != 0 || head[HEAD_BYTES - 1] < '2' ||
      pread(fd, tail, bytes, status.st_size - (off_t) bytes) != (ssize_t) bytes ||
      tail[bytes - 1] != '\n')
    return -ENOENT;
  const char *before = memrchr(tail, '\n', bytes - 1);
  if (before == NULL || before == tail + bytes - 2)
    return -ENOENT;
  size_t len = (size_t) (tail + bytes - 1 - (before + 1));
  memset(rule, 0, HC_TIME_ZONE_BYTES);
  memcpy(rule, before + 1, len);
  for (size_t i = 0; i < len; i++)
  {
    if (rule[i] <= ' ' || rule[i] > '~')
      return -ENOENT;
  }
  return 0;
}

void time_zone_open_places(int *zones_fd, int *own_fd)
{
  *zones_fd = open(ZONES, O_PATH | O_DIRECTORY | O_CLOEXEC);
  *own_fd = open(OWN_ZONE, O_PATH | O_CLOEXEC);
}

int time_zone_rule(const char *name, char rule[static HC_TIME_ZONE_BYTES])
{
  int fd = is_name(name) ? open_zone(name) : -ENOENT;
  if (fd < 0)
    return fd == -ENOTDIR || fd == -ELOOP ? -ENOENT : fd;
  int error = time_zone_read(fd, rule);
  close(fd);
  return error;
}
