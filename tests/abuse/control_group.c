/* A control group with a memory limit, of version 1 or 2, for as long as a test runs. */
#include "control_group.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char group[4096];

static bool write_file(const char *name, const char *text)
{
  char path[4200];
  snprintf(path, sizeof(path), "%s/%s", group, name);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  bool is_written = file >= 0 && write(file, text, strlen(text)) == (ssize_t) strlen(text);
  if (file >= 0)
    close(file);
  return is_written;
}

/* The group of this process: its line in /proc/self/cgroup begins so. */
static bool find_own(const char *begin, char *own, size_t size)
{
  char line[2048];
  bool is_found = false;
  FILE *groups = fopen("/proc/self/cgroup", "re");
  while (groups != NULL && !is_found && fgets(line, sizeof(line), groups) != NULL)
  {
    const char *behind_number = strchr(line, ':');
    line[strcspn(line, "\n")] = '\0';
    is_found = behind_number != NULL && strncmp(behind_number, begin, strlen(begin)) == 0;
    if (is_found)
      snprintf(own, size, "%s", behind_number + strlen(begin));
  }
  if (groups != NULL)
    fclose(groups);
  return is_found;
}

bool control_group_make(const char *limit)
{
  static const struct
  {
    const char *begin, *root, *limit_file;
  } versions[] = {{":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
                  {"::", "/sys/fs/cgroup", "memory.max"}};
  char own[2048];
  for (int i = 0; i < 2; i++)
  {
    if (!find_own(versions[i].begin, own, sizeof(own)))
      continue;
    snprintf(group, sizeof(group), "%s%s/uhyve-test-%d", versions[i].root, own, (int) getpid());
    if (mkdir(group, 0755) == 0)
    {
      if (write_file(versions[i].limit_file, limit))
        return true;
      rmdir(group);
    }
  }
  group[0] = '\0';
  return false;
}

bool control_group_enter(void)
{
  return write_file("cgroup.procs", "0");
}

void control_group_remove(void)
{
  if (group[0] != '\0')
    rmdir(group);
}
