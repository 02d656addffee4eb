/* What a guest that takes as much as it can gets of the host: limits FOLDER PROGRAM MONITOR KIND.
 * FOLDER is made for the test, and removed again. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "canary.h"
#include "launch.h"

#define MEMORY_BYTES     (128ull << 20)
#define OWN_MAX_BYTES    (8ull << 20) /* of the monitor, whatever the guest does */
#define GROWTH_MAX_BYTES (256u << 10)
#define LIMIT_MS         30000
#define DESCRIPTORS      100
#define THREADS_MAX      5 /* two CPUs, clock, streams, and one of KVM's own */
#define LINES_MAX        40
#define TEXT_MAX_BYTES   (8u << 10)
#define END_MAX_MS       600 /* of processor time: one write of all takes more */

static struct launch launch;
static const char *kind;
static uint64_t calm_bytes; /* of the monitor's own, when the guest had all that it asks for */

static void check(bool is_fine, const char *what, uint64_t figure)
{
  if (is_fine)
    return;
  fprintf(stderr, "FAILED: %s: %s: %llu\n---- standard error:\n%s\n", kind, what,
          (unsigned long long) figure, launch.text);
  kill(launch.process, SIGKILL);
  exit(EXIT_FAILURE);
}

/* The most that was resident at any time, of everything. */
static uint64_t peak_bytes(void)
{
  static const char peak[] = "VmHWM:";
  char path[64], line[256];
  uint64_t kib = 0;
  snprintf(path, sizeof(path), "/proc/%d/status", (int) launch.process);
  FILE *status = fopen(path, "re");
  while (status != NULL && fgets(line, sizeof(line), status) != NULL)
  {
    if (strncmp(line, peak, sizeof(peak) - 1) == 0)
      kib = strtoull(line + sizeof(peak) - 1, NULL, 10);
  }
  if (status != NULL)
    fclose(status);
  return kib << 10;
}

static void look(void)
{
  bool has_all = strstr(launch.text, "look\n") != NULL;
  struct holding holding;
  uint64_t most_bytes = peak_bytes();
  check(most_bytes <= MEMORY_BYTES + OWN_MAX_BYTES, "resident memory", most_bytes);
  if (!launch_look(launch.process, MEMORY_BYTES, &holding))
    return;
  check(holding.own_bytes <= OWN_MAX_BYTES, "memory of the monitor's own", holding.own_bytes);
  check(holding.threads <= THREADS_MAX, "threads", holding.threads);
  check(holding.descriptors <= DESCRIPTORS, "descriptors", holding.descriptors);
  if (has_all && calm_bytes == 0)
    calm_bytes = holding.own_bytes;
  if (calm_bytes != 0 && strcmp(kind, "growth") == 0)
    check(holding.own_bytes <= calm_bytes + GROWTH_MAX_BYTES, "memory that grows",
          holding.own_bytes - calm_bytes);
}

static void enter_folder(const char *folder)
{
  check(mkdir(folder, 0755) == 0 && chdir(folder) == 0 && mkdir("data", 0755) == 0, "mkdir",
        (uint64_t) errno);
  int file = open("data/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  check(file >= 0, "open", (uint64_t) errno);
  close(file);
}

/* The guest goes on, or ends, at the end of its input: when it was seen with all. */
static void run(const char *program, const char *monitor)
{
  char *const command[] = {(char *) monitor, "-m",         "128M",           "-c",          "2",
                           "--volume",       "data:/data", (char *) program, (char *) kind, NULL};
  int input[2];
  check(pipe2(input, O_CLOEXEC) == 0, "pipe", (uint64_t) errno);
  int output = open("output", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  uint64_t since_ms = launch_now_ms();
  launch_start(&launch, command, input[0], output);
  while (!launch_await(&launch, 30))
  {
    look();
    if (calm_bytes != 0 && input[1] >= 0)
    {
      close(input[1]);
      input[1] = -1;
    }
    check(launch_now_ms() - since_ms < LIMIT_MS, "it does not end", LIMIT_MS);
  }
}

int main(int argc, char **argv)
{
  if (argc != 5)
    return 99;
  kind = argv[4];
  enter_folder(argv[1]);
  if (strcmp(kind, "descriptors") == 0)
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){DESCRIPTORS, DESCRIPTORS});
  run(argv[2], argv[3]);
  int status = WIFEXITED(launch.status) ? WEXITSTATUS(launch.status) : -1;
  check(status == (strcmp(kind, "text") == 0 ? 134 : 0), "status", (uint64_t) status);
  check(launch.text_lines <= LINES_MAX, "lines on standard error", launch.text_lines);
  check(launch.text_bytes <= TEXT_MAX_BYTES, "bytes on standard error", launch.text_bytes);
  if (strcmp(kind, "transfer") != 0)
    check(calm_bytes != 0, "it was never seen with all", 0);
  if (strcmp(kind, "descriptors") == 0)
  {
    char *end;
    uint64_t count = strtoull(launch.text, &end, 10);
    check(strcmp(end, " files\nlook\n") == 0 && count > 50 && count < DESCRIPTORS, "open files",
          count);
  }
  if (strcmp(kind, "transfer") == 0)
    check(launch.used_ms < END_MAX_MS, "milliseconds of processor time", launch.used_ms);
  canary_empty(".");
  return chdir("..") == 0 && rmdir(argv[1]) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
