/* Whether another process waits for something, by what /proc tells of its threads. */
#include "idle.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_MS 10

/* Reads the file of a thread as one string. */
static bool read_text(pid_t process, const char *thread, const char *name, char text[static 512])
{
  char path[320];
  snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", (int) process, thread, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ssize_t got = read(fd, text, 511);
  close(fd);
  text[got > 0 ? got : 0] = '\0';
  return got > 0;
}

/* Adds for how long the thread has run. False: it runs now, or would. */
static bool thread_sleeps(pid_t process, const char *thread, uint64_t *run_ns)
{
  char text[512];
  if (!read_text(process, thread, "stat", text))
    return false;
  const char *name_end = strrchr(text, ')');
  if (name_end == NULL || strncmp(name_end, ") S", 3) != 0 ||
      !read_text(process, thread, "schedstat", text))
    return false;
  *run_ns += strtoull(text, NULL, 10);
  return true;
}

static bool all_sleep(pid_t process, uint64_t *run_ns)
{
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/task", (int) process);
  DIR *threads = opendir(path);
  bool all = threads != NULL;
  *run_ns = 0;
  for (struct dirent *entry; all && (entry = readdir(threads)) != NULL;)
  {
    if (entry->d_name[0] != '.')
      all = thread_sleeps(process, entry->d_name, run_ns);
  }
  if (threads != NULL)
    closedir(threads);
  return all;
}

bool process_await_idle(pid_t process, int limit_ms)
{
  uint64_t before_ns = 0;
  bool were_asleep = false;
  for (int past_ms = 0; past_ms < limit_ms; past_ms += PAUSE_MS)
  {
    uint64_t run_ns;
    bool are_asleep = all_sleep(process, &run_ns);
    if (are_asleep && were_asleep && run_ns == before_ns)
      return true;
    were_asleep = are_asleep;
    before_ns = run_ns;
    usleep(PAUSE_MS * 1000);
  }
  return false;
}
