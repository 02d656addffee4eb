/* Reads memory limits of control groups. */
#include "memory_limit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where a version of cgroups keeps what. */
struct version
{
  const char *root;
  const char *limit_file;
  const char *events_file;
};

static const struct version version_1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                         "memory.oom_control"};
static const struct version version_2 = {"/sys/fs/cgroup", "memory.max", "memory.events"};

/* Reads a small file. Returns whether there is one. */
static bool read_text(const char *path, char *text, size_t size)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ssize_t got = read(fd, text, size - 1);
  close(fd);
  text[got > 0 ? got : 0] = '\0';
  return got > 0;
}

/* The limit of one group, by its folder. */
static uint64_t read_limit(const struct version *version, const char *folder)
{
  char path[600];
  char text[64];
  snprintf(path, sizeof(path), "%s/%s", folder, version->limit_file);
  if (!read_text(path, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
    return UINT64_MAX;
  return strtoull(text, NULL, 10);
}

/* From the group of that path up to the root, which in a container has a limit too. */
static void read_chain(struct memory_limit *limit, const struct version *version, const char *group)
{
  char folder[448];
  int length = snprintf(folder, sizeof(folder), "%s%s", version->root, group);
  if (length < 0 || (size_t) length >= sizeof(folder))
    return;
  while (strlen(folder) >= strlen(version->root))
  {
    uint64_t bytes = read_limit(version, folder);
    if (bytes < limit->bytes)
    {
      limit->bytes = bytes;
      snprintf(limit->events_path, sizeof(limit->events_path), "%s/%s", folder,
               version->events_file);
    }
    *strrchr(folder, '/') = '\0';
  }
}

/* Whether a comma-separated list has the controller. */
static bool has_memory(char *controllers)
{
  char *rest = NULL;
  for (char *name = strtok_r(controllers, ",", &rest); name != NULL;
       name = strtok_r(NULL, ",", &rest))
  {
    if (strcmp(name, "memory") == 0)
      return true;
  }
  return false;
}

void memory_limit_read(struct memory_limit *limit)
{
  *limit = (struct memory_limit){.bytes = UINT64_MAX};
  char groups[4096];
  if (!read_text("/proc/self/cgroup", groups, sizeof(groups)))
    return;
  /* Lines of the form ID:CONTROLLERS:PATH; version 2 has no controllers there. */
  char *rest = NULL;
  for (char *line = strtok_r(groups, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
  {
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
      continue;
    *path++ = '\0';
    if (controllers[1] == '\0')
      read_chain(limit, &version_2, path);
    else if (has_memory(controllers + 1))
      read_chain(limit, &version_1, path);
  }
}

int memory_limit_open_events(const struct memory_limit *limit)
{
  return open(limit->events_path, O_RDONLY | O_CLOEXEC);
}

uint64_t memory_limit_kills(int events_fd)
{
  char text[512];
  ssize_t bytes = pread(events_fd, text, sizeof(text) - 1, 0);
  text[bytes > 0 ? bytes : 0] = '\0';
  const char *count = strstr(text, "oom_kill ");
  return count != NULL ? strtoull(count + strlen("oom_kill "), NULL, 10) : 0;
}
