/* Runs the chaos guest again and again, and sees that the monitor neither crashes, hangs, leaks nor
 * touches a file outside: chaos_run FOLDER PROGRAM MONITOR SANITIZED [live|deadly SEED SANITIZED?]
 *
 * Takes CHAOS_SECONDS of the environment, else 16: half of them with the monitor that has
 * sanitizers. What fails is told with what repeats it. FOLDER is made, and removed again.
 */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "canary.h"
#include "launch.h"

#define MEMORY_BYTES     (64ull << 20)
#define FILE_BYTES       (4u << 20)
#define DESCRIPTORS_MAX  160 /* the guest keeps some 60 files open; calls under way have more */
#define OWN_MAX_BYTES    (8ull << 20)
#define GROWTH_MAX_BYTES (512u << 10)
#define SANITIZED_BYTES  (96ull << 20) /* what the sanitizers take for themselves */
#define LINES_MAX        120
#define TEXT_MAX_BYTES   (16u << 10)
#define LIMIT_MS         20000 /* over its own time */
#define STUCK_MS         5000
#define CALM_MS          700 /* until all has been touched that there is */

struct run
{
  bool is_deadly;
  bool is_sanitized;
  uint64_t seed;
  unsigned int cpus;
  unsigned int milliseconds;
};

static const char *folder;
static const char *program;
static const char *monitors[2];
static struct launch launch;
static struct run current;
static uint64_t untouched;
static uint64_t most_grown_bytes;
static unsigned int looks, lives, deaths, stuck, kinds[3];

static _Noreturn void fail(const char *what)
{
  fprintf(stderr,
          "FAILED: %s\n---- repeated by: chaos_run FOLDER PROGRAM MONITOR SANITIZED %s 0x%llx %d\n"
          "---- standard error of the monitor (%zu bytes, status 0x%x):\n%.*s\n",
          what, current.is_deadly ? "deadly" : "live", (unsigned long long) current.seed,
          current.is_sanitized, launch.text_bytes, (unsigned int) launch.status, 6000, launch.text);
  if (launch.process > 0)
    kill(launch.process, SIGKILL);
  exit(EXIT_FAILURE);
}

static void check(bool is_fine, const char *what)
{
  if (!is_fine)
    fail(what);
}

/* ---- The folders: what is mapped, and what lies beside it ---- */

static void enter_folders(void)
{
  char target[4096];
  check(mkdir(folder, 0755) == 0 && chdir(folder) == 0, "cannot make the folder");
  check(mkdir("data", 0755) == 0 && mkdir("read-only", 0755) == 0, "cannot make a folder");
  canary_make("canary");
  canary_make("read-only/folder");
  check(getcwd(target, sizeof(target) - 20) != NULL, "getcwd");
  strcat(target, "/canary");
  check(symlink(target, "read-only/link-abs") == 0, "cannot make a link");
  check(symlink("../canary/secret", "read-only/link-out") == 0, "cannot make a link");
  untouched = canary_state("canary") ^ canary_state("read-only");
}

/* Links that lead out, in circles and to nowhere, some of them to what is not opened. */
static void fill_data(void)
{
  static const char *const links[][2] = {
      {"../canary/secret", "link-out"}, {"loop", "loop"},        {"..", "up"},
      {"../../../../..", "back"},       {"nowhere", "link-new"}, {"../canary/fifo", "link-fifo"},
  };
  char target[4096];
  canary_empty("data");
  for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
  {
    char path[64];
    snprintf(path, sizeof(path), "data/%s", links[i][1]);
    check(symlink(links[i][0], path) == 0, "cannot make a link");
  }
  check(getcwd(target, sizeof(target) - 20) != NULL, "getcwd");
  strcat(target, "/canary");
  check(symlink(target, "data/link-abs") == 0 && mkfifo("data/fifo", 0644) == 0 &&
            mkdir("data/folder", 0755) == 0,
        "cannot fill the folder");
  unlink("file");
  int file = open("file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  check(file >= 0 && write(file, "text\n", 5) == 5, "cannot make a file");
  close(file);
}

/* ---- A run ---- */

static void look(uint64_t since_ms, uint64_t *calm_bytes)
{
  struct holding holding;
  if (!launch_look(launch.process, MEMORY_BYTES, &holding))
    return;
  looks++;
  check(holding.descriptors <= DESCRIPTORS_MAX, "too many descriptors");
  check(holding.threads <= current.cpus + 3, "too many threads");
  check(holding.guest_bytes <= MEMORY_BYTES + (2u << 20), "more memory than the guest's");
  uint64_t most_bytes = OWN_MAX_BYTES + (current.is_sanitized ? SANITIZED_BYTES : 0);
  check(holding.own_bytes <= most_bytes, "too much memory");
  if (*calm_bytes == 0 && launch_now_ms() - since_ms > CALM_MS)
    *calm_bytes = holding.own_bytes;
  /* For the report of a deadly one the monitor reads the program's symbols, which takes more. */
  if (*calm_bytes != 0 && !current.is_sanitized && !current.is_deadly)
  {
    if (holding.own_bytes > *calm_bytes + most_grown_bytes)
      most_grown_bytes = holding.own_bytes - *calm_bytes;
    check(holding.own_bytes <= *calm_bytes + GROWTH_MAX_BYTES, "memory that grows");
  }
}

static bool has(const char *text)
{
  return strstr(launch.text, text) != NULL;
}

static unsigned int count(const char *text)
{
  unsigned int found = 0;
  for (const char *at = launch.text; (at = strstr(at, text)) != NULL; at++)
    found++;
  return found;
}

/* It has ended as a guest of this kind may end, and no other way. */
static void check_end(void)
{
  check(!has("Sanitizer") && !has("runtime error"), "a sanitizer has found something");
  check(launch.text_bytes <= TEXT_MAX_BYTES && launch.text_lines <= LINES_MAX, "too much text");
  if (current.is_deadly && WIFSIGNALED(launch.status) && WTERMSIG(launch.status) == SIGTERM)
  {
    stuck++;
    return;
  }
  check(WIFEXITED(launch.status), "ended by a signal");
  int status = WEXITSTATUS(launch.status);
  if (!current.is_deadly)
  {
    check(status == 0 && looks > 0, "ended early");
    lives++;
    return;
  }
  deaths++;
  if (status == 126 || status > 128)
    check(count("  registers:\n") == 1, "ended without a report");
  else
    check(status == 0 || status == 42, "ended with a status that is nobody's");
  kinds[status == 126 ? 0 : status > 128 ? 1 : 2]++;
}

/* The sanitizers make system calls of their own. */
static const char *isolation_of(const struct run *run)
{
  static const char *const plain[] = {"normal", "normal", "strict", "none"};
  return run->is_sanitized ? "none" : plain[run->seed / 7 % 4];
}

/* ---- A run's streams ---- */

struct streams
{
  int input, output;
  int others[2]; /* the other ends, which stay open */
};

/* Input that never ends, none, or some that nobody writes to; output to nowhere or to a file; or a
 * terminal for both. */
static struct streams open_streams(uint64_t number)
{
  struct streams streams = {-1, -1, {-1, -1}};
  int ends[2];
  if (number % 4 == 0)
  {
    check(openpty(&streams.others[0], &streams.input, NULL, NULL, NULL) == 0, "openpty");
    fcntl(streams.others[0], F_SETFD, FD_CLOEXEC);
    fcntl(streams.others[0], F_SETFL, O_NONBLOCK);
    streams.output = dup(streams.input);
    fcntl(streams.input, F_SETFD, FD_CLOEXEC);
    fcntl(streams.output, F_SETFD, FD_CLOEXEC);
    return streams;
  }
  check(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  streams.others[1] = ends[1];
  if (number % 3 == 0)
    streams.input = ends[0];
  else
  {
    streams.others[0] = ends[0];
    streams.input = open(number % 3 == 1 ? "/dev/zero" : "/dev/null", O_RDONLY | O_CLOEXEC);
  }
  streams.output = number % 5 < 2 ? open("output", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
                                  : open("/dev/null", O_WRONLY | O_CLOEXEC);
  return streams;
}

static void close_streams(const struct streams *streams)
{
  close(streams->input);
  close(streams->output);
  for (int i = 0; i < 2; i++)
  {
    if (streams->others[i] >= 0)
      close(streams->others[i]);
  }
}

/* ---- A run ---- */

/* What a user may do: output that was stopped goes on, and who reads a terminal that just now was
 * set to have no lines gets one. */
static void use_terminal(int slave)
{
  static const char typed[] = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";
  if (write(launch.drained_fd, typed, sizeof(typed) - 1) < 0 && errno != EAGAIN)
    fail("the terminal takes no input");
  tcflow(slave, TCOOFF);
  tcflow(slave, TCOON);
}

/* One whose CPUs wait for one another, or for input, is ended by SIGTERM, which it does not catch.
 */
static void await(const struct run *run, const struct streams *streams)
{
  static const int harmless[] = {SIGWINCH, SIGURG, SIGCONT, SIGCHLD};
  uint64_t since_ms = launch_now_ms();
  uint64_t calm_bytes = 0;
  looks = 0;
  for (unsigned int i = 0; !launch_await(&launch, run->is_deadly ? 40 : 100); i++)
  {
    uint64_t passed_ms = launch_now_ms() - since_ms;
    look(since_ms, &calm_bytes);
    kill(launch.process, harmless[i % 4]);
    if (launch.drained_fd >= 0)
      use_terminal(streams->input);
    if (run->is_deadly && passed_ms > run->milliseconds + STUCK_MS)
      kill(launch.process, SIGTERM);
    if (passed_ms > run->milliseconds + LIMIT_MS)
      fail("it does not end");
  }
}

static void run(struct run next)
{
  current = next;
  fill_data();
  char cpus[16], milliseconds[16], seed[32];
  snprintf(cpus, sizeof(cpus), "%u", next.cpus);
  snprintf(milliseconds, sizeof(milliseconds), "%u", next.milliseconds);
  snprintf(seed, sizeof(seed), "0x%llx", (unsigned long long) next.seed);
  const char *command[32] = {monitors[next.is_sanitized],
                             "--file-isolation",
                             isolation_of(&next),
                             "-m",
                             "64M",
                             "-c",
                             cpus};
  static const char *const volumes[] = {
      "--volume", "data:/data", "--volume", "read-only:/read-only:ro", "--volume", "file:/file"};
  const char *const guest[] = {program, next.is_deadly ? "deadly" : "live", seed, milliseconds};
  size_t words = 7;
  /* The sandbox of a guest without files is another one. */
  for (size_t i = 0; i < sizeof(volumes) / sizeof(volumes[0]) && next.seed % 5 != 3; i++)
    command[words++] = volumes[i];
  for (size_t i = 0; i < sizeof(guest) / sizeof(guest[0]); i++)
    command[words++] = guest[i];
  struct streams streams = open_streams(next.seed);
  launch_start(&launch, (char *const *) command, streams.input, streams.output);
  if (next.seed % 4 == 0)
    launch.drained_fd = streams.others[0];
  await(&next, &streams);
  close_streams(&streams);
  check_end();
  check((canary_state("canary") ^ canary_state("read-only")) == untouched,
        "a file has been touched that must not be");
}

/* One that lives for a part of the time, and others that do not for the rest of it. */
static void run_for(bool is_sanitized, unsigned int milliseconds, uint64_t seed)
{
  unsigned int live_ms = milliseconds < 100000 ? milliseconds / 2 : 50000;
  uint64_t end_ms = launch_now_ms() + milliseconds;
  while (launch_now_ms() + 1000 < end_ms)
  {
    uint64_t deadly_ms = launch_now_ms() + 2ull * live_ms;
    run((struct run){false, is_sanitized, seed, seed % 2 == 0 ? 4 : 2, live_ms});
    for (seed++; launch_now_ms() < deadly_ms && launch_now_ms() < end_ms; seed++)
      run((struct run){true, is_sanitized, seed, seed % 3 == 0 ? 4 : 2,
                       (unsigned int) (seed % 4) * 20});
  }
}

int main(int argc, char **argv)
{
  if (argc != 5 && argc != 8)
    return 99;
  folder = argv[1];
  program = argv[2];
  monitors[0] = argv[3];
  monitors[1] = argv[4];
  umask(022);
  /* The disk does not fill: beyond this there is EFBIG. */
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &(struct rlimit){FILE_BYTES, FILE_BYTES});
  setenv("ASAN_OPTIONS", "detect_leaks=0:quarantine_size_mb=1:use_sigaltstack=0:abort_on_error=1",
         1);
  enter_folders();
  uint64_t seed = (uint64_t) time(NULL) << 20;
  if (argc == 8)
  {
    seed = strtoull(argv[6], NULL, 0);
    bool is_deadly = strcmp(argv[5], "deadly") == 0;
    run((struct run){is_deadly, argv[7][0] == '1', seed, 4, is_deadly ? 60 : 5000});
  }
  else
  {
    const char *seconds = getenv("CHAOS_SECONDS");
    unsigned int milliseconds =
        (unsigned int) strtoul(seconds != NULL ? seconds : "16", NULL, 10) * 1000;
    run_for(false, milliseconds / 2, seed);
    run_for(true, milliseconds / 2, seed + (1u << 19));
  }
  canary_empty(".");
  check(chdir("..") == 0 && rmdir(folder) == 0, "cannot remove the folder");
  printf(
      "%u guests lived, %u did not: %u broke the interface, %u crashed, %u ended, %u were stuck; "
      "the monitor grew by %u KiB at most\n",
      lives, deaths + stuck, kinds[0], kinds[1], kinds[2], stuck,
      (unsigned int) (most_grown_bytes >> 10));
  return EXIT_SUCCESS;
}
