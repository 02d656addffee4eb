/* Starts the monitor for a test, reads what it says, and sees what it holds while it runs. */
#include "launch.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t launch_now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

void launch_start(struct launch *launch, char *const command[], int input_fd, int output_fd)
{
  int ends[2];
  *launch = (struct launch){.process = -1, .drained_fd = -1};
  if (pipe2(ends, O_CLOEXEC) != 0 || (launch->process = fork()) < 0)
  {
    perror("cannot start a process");
    exit(EXIT_FAILURE);
  }
  if (launch->process == 0)
  {
    dup2(input_fd, STDIN_FILENO);
    dup2(output_fd, STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(command[0], command);
    _exit(127);
  }
  close(ends[1]);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  launch->error_fd = ends[0];
}

static void read_error(struct launch *launch)
{
  char text[4096];
  ssize_t got;
  while ((got = read(launch->error_fd, text, sizeof(text))) > 0)
  {
    for (ssize_t i = 0; i < got; i++)
    {
      launch->text_lines += text[i] == '\n';
      if (text[i] == '\0') /* of a guest that writes there, too: no end of what the monitor says */
        text[i] = '?';
    }
    size_t room =
        launch->text_bytes < LAUNCH_TEXT_BYTES ? LAUNCH_TEXT_BYTES - launch->text_bytes : 0;
    size_t kept = (size_t) got < room ? (size_t) got : room;
    memcpy(launch->text + launch->text_bytes, text, kept);
    launch->text_bytes += (size_t) got;
  }
}

static void drain(int fd)
{
  char text[4096];
  while (fd >= 0 && read(fd, text, sizeof(text)) > 0)
    ;
}

static uint64_t milliseconds_of(struct timeval time)
{
  return (uint64_t) time.tv_sec * 1000 + (uint64_t) time.tv_usec / 1000;
}

bool launch_await(struct launch *launch, unsigned int milliseconds)
{
  uint64_t end_ms = launch_now_ms() + milliseconds;
  for (;;)
  {
    int status;
    struct rusage used;
    bool has_changed =
        wait4(launch->process, &status, WNOHANG | WUNTRACED, &used) == launch->process;
    read_error(launch);
    drain(launch->drained_fd);
    if (has_changed && WIFSTOPPED(status))
      kill(launch->process, SIGCONT);
    else if (has_changed)
    {
      launch->status = status;
      launch->used_ms = milliseconds_of(used.ru_utime) + milliseconds_of(used.ru_stime);
      close(launch->error_fd);
      return true;
    }
    if (launch_now_ms() >= end_ms)
      return false;
    poll(&(struct pollfd){.fd = launch->error_fd, .events = POLLIN}, 1, 2);
  }
}

static unsigned int count_entries(const char *path)
{
  unsigned int count = 0;
  DIR *folder = opendir(path);
  if (folder == NULL)
    return 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

struct area
{
  uint64_t begin, end, resident_bytes;
};

#define AREAS_MAX 1024

static size_t read_areas(FILE *maps, struct area areas[static AREAS_MAX])
{
  static const char resident[] = "Rss:";
  size_t count = 0;
  char line[4096];
  char *end;
  while (fgets(line, sizeof(line), maps) != NULL)
  {
    uint64_t begin = strtoull(line, &end, 16);
    if (end != line && *end == '-' && count < AREAS_MAX)
      areas[count++] = (struct area){.begin = begin, .end = strtoull(end + 1, NULL, 16)};
    else if (count > 0 && strncmp(line, resident, sizeof(resident) - 1) == 0)
      areas[count - 1].resident_bytes = strtoull(line + sizeof(resident) - 1, NULL, 10) << 10;
  }
  return count;
}

/* How many areas from this one on are the guest's memory, one behind the other, parts of which are
 * maps of files. 0: it does not begin here. */
static size_t count_guest_areas(const struct area *areas, size_t count, uint64_t bytes)
{
  for (size_t i = 0; i < count && (i == 0 || areas[i].begin == areas[i - 1].end); i++)
  {
    if (areas[i].end - areas[0].begin == bytes)
      return i + 1;
  }
  return 0;
}

/* The monitor reserves 2 MiB more than the guest has. */
bool launch_look(pid_t process, uint64_t guest_memory_bytes, struct holding *holding)
{
  static struct area areas[AREAS_MAX];
  char path[64];
  *holding = (struct holding){0};
  snprintf(path, sizeof(path), "/proc/%d/fd", (int) process);
  holding->descriptors = count_entries(path);
  snprintf(path, sizeof(path), "/proc/%d/task", (int) process);
  holding->threads = count_entries(path);
  snprintf(path, sizeof(path), "/proc/%d/smaps", (int) process);
  FILE *maps = fopen(path, "re");
  if (maps == NULL)
    return false;
  size_t count = read_areas(maps, areas);
  fclose(maps);
  size_t guest_left = 0;
  for (size_t i = 0; i < count; i++)
  {
    if (guest_left == 0)
      guest_left = count_guest_areas(areas + i, count - i, guest_memory_bytes + (2u << 20));
    *(guest_left > 0 ? &holding->guest_bytes : &holding->own_bytes) += areas[i].resident_bytes;
    guest_left -= guest_left > 0;
  }
  return holding->guest_bytes > 0;
}
