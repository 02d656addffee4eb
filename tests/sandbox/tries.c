/* The monitor up to the guest's first instruction, and in its place a try to do harm (tries.h),
 * each in a process of its own. usage: sandbox_tries HELLO TIME_ZONE GROUP... */
#include "tries.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uhyve/options.h"
#include "uhyve/sandbox/landlock.h"
#include "uhyve/sandbox/load_filter.h"
#include "uhyve/sandbox/sandbox.h"
#include "uhyve/signals.h"
#include "uhyve/vm.h"

#define NO_RESULT (-3)
#define OTHER_END (-4)

#define SKIPPED   77

/* What the process of a try tells. */
struct report
{
  bool is_set_up;
  bool is_tried; /* and the process still there */
  int result;
  int landlock;
};

static struct vm vm;
static struct report *report;
static const struct tries *group;
static char scratch[4096];
static pid_t parent;
static int inherited = -1;
static unsigned short port;
static unsigned int failures;
static bool has_skipped;

unsigned short server_port(void)
{
  return port;
}

/* ---- Barriers that are left out, by the linker ---- */

int __real_load_filter(const struct filter *filter);
int __wrap_load_filter(const struct filter *filter);
int __real_landlock_begin(struct landlock *landlock);
int __wrap_landlock_begin(struct landlock *landlock);

int __wrap_load_filter(const struct filter *filter)
{
  return group->no_filter ? 0 : __real_load_filter(filter);
}

int __wrap_landlock_begin(struct landlock *landlock)
{
  return group != NULL && group->no_landlock ? -ENOTSUP : __real_landlock_begin(landlock);
}

/* ---- One try ---- */

static long argument_of(long argument)
{
  switch (argument)
  {
  case PARENT:
    return parent;
  case SELF:
    return getpid();
  case KVM:
    return vm.kvm.fd;
  case VM:
    return vm.kvm.vm_fd;
  case VCPU:
    return vm.vcpus[0].fd;
  case MAPPING:
    return vm.mappings.list[0].fd;
  case INHERITED:
    return inherited;
  case SCRATCH:
    return (long) scratch;
  default:
    return argument;
  }
}

static void make_try(const struct try *try)
{
  long value[6];
  for (int i = 0; i < 6; i++)
    value[i] = argument_of(try->argument[i]);
  report->is_set_up = true;
  if (try->act != NULL)
    report->result = try->act();
  else
    report->result =
        syscall(try->call, value[0], value[1], value[2], value[3], value[4], value[5]) < 0 ? errno
                                                                                           : WORKS;
  report->is_tried = true;
}

static sem_t may_try;

struct thread_start
{
  const struct try *try;
  enum thread_kind kind;
};

static void *run_thread(void *argument)
{
  static const enum filter_thread filters[] = {[THREAD_CLOCK] = FILTER_THREAD_CLOCK,
                                               [THREAD_STREAMS] = FILTER_THREAD_STREAMS,
                                               [THREAD_TIME] = FILTER_THREAD_TIME,
                                               [THREAD_NETWORK] = FILTER_THREAD_NET};
  struct thread_start start = *(const struct thread_start *) argument;
  if (start.kind != THREAD_CPU)
    sandbox_enter_thread(filters[start.kind]);
  while (sem_wait(&may_try) != 0)
    ;
  make_try(start.try);
  return NULL;
}

static void fail_set_up(const char *message)
{
  fprintf(stderr, "set-up: %s\n", message);
  _exit(EXIT_FAILURE);
}

static pthread_t begin_thread(struct thread_start *start)
{
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_thread, start) != 0)
    fail_set_up("no thread");
  return thread;
}

/* As main.c does it. */
static _Noreturn void be_monitor(const struct try *try, enum thread_kind kind, char **words)
{
  static struct options options;
  static char message[256];
  static char *environment[] = {NULL};
  int count = 0;
  while (words[count] != NULL)
    count++;
  timeline_start(&vm.timeline);
  streams_keep_places(&vm.streams);
  if (options_parse(&options, count, words, environment, message) != 0)
    fail_set_up(message);
  sandbox_choose(options.isolation);
  mallopt(M_ARENA_MAX, 1);
  surroundings_read(&vm.surroundings);
  signals_install();

  struct thread_start start = {.try = try, .kind = kind};
  pthread_t thread = 0;
  sem_init(&may_try, 0, 0);
  /* Those of --timeout and --net begin outside. */
  bool is_outside = kind == THREAD_TIME || kind == THREAD_NETWORK;
  if (is_outside)
    thread = begin_thread(&start);
  if (vm_create(&vm, &options) != 0)
    fail_set_up(vm.end.message);
  report->landlock = vm.sandbox.landlock_version;
  if (kind == THREAD_FIRST)
  {
    make_try(try);
    _exit(EXIT_SUCCESS);
  }
  if (!is_outside)
    thread = begin_thread(&start);
  sem_post(&may_try);
  pthread_join(thread, NULL);
  _exit(EXIT_SUCCESS);
}

/* Returns what the try gave. */
static int run_try(const struct try *try, enum thread_kind kind, char **words)
{
  *report = (struct report){.result = NO_RESULT};
  fflush(NULL);
  pid_t child = fork();
  if (child == 0)
    be_monitor(try, kind, words);
  int status;
  if (child < 0 || waitpid(child, &status, 0) != child)
    return NO_RESULT;
  if (!report->is_set_up)
    return NO_RESULT;
  if (WIFSIGNALED(status) && !report->is_tried)
    return WTERMSIG(status) == SIGSYS ? KILLED : WTERMSIG(status) == SIGABRT ? ABORTED : OTHER_END;
  return report->is_tried ? report->result : OTHER_END;
}

/* ---- Groups of tries ---- */

static const char *name_of(int result)
{
  switch (result)
  {
  case WORKS:
    return "works";
  case KILLED:
    return "killed by SIGSYS";
  case ABORTED:
    return "aborted";
  case NO_RESULT:
    return "not set up";
  case OTHER_END:
    return "another end";
  default:
    return strerrorname_np(result);
  }
}

static void expect(const struct try *try, const char *how, int expected, int result)
{
  if (result == expected)
    return;
  printf("FAILED %s: %s%s: %s, expected: %s\n", group->name, try->name, how, name_of(result),
         name_of(expected));
  failures++;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
  (void) status;
  (void) flag;
  return walk->level > 0 ? remove(path) : 0;
}

static void write_file(const char *path, mode_t mode)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0 || write(fd, "text\n", 5) != 5 || fchmod(fd, mode) != 0 || close(fd) != 0)
    fail_set_up(path);
}

/* Files as tries_files.c has them. */
static void make_files(void)
{
  nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
  if (mkdir("inside", 0755) != 0 || mkdir("outside", 0755) != 0 ||
      mkdir("inside/folder", 0755) != 0 || mkdir("outside/folder", 0755) != 0 ||
      symlink("../outside/file", "inside/way_out") != 0)
    fail_set_up("folders");
  write_file("inside/file", 0644);
  write_file("outside/file", 0644);
  write_file("outside/other", 0600);
  if (geteuid() == 0 && chown("outside/other", 4321, 4321) != 0)
    fail_set_up("owner");
}

static void run_one(const struct try *try, enum thread_kind kind, const char *program)
{
  char *words[MAX_OPTIONS + 5] = {(char *) "uhyve"};
  int count = 1;
  while (count <= MAX_OPTIONS && group->option[count - 1] != NULL)
  {
    words[count] = (char *) group->option[count - 1];
    count++;
  }
  words[count] = (char *) program;
  make_files();
  int result = run_try(try, kind, words);
  if (try->landlock > report->landlock)
  {
    printf("not tried: %s: %s: needs version %d of Landlock\n", group->name, try->name,
           try->landlock);
    has_skipped = true;
    return;
  }
  expect(try, "", try->result, result);
  if (!group->not_isolated || try->result == WORKS || try->result == KILLED)
    return;
  words[count] = (char *) "--file-isolation";
  words[count + 1] = (char *) "none";
  words[count + 2] = (char *) program;
  make_files();
  expect(try, " (--file-isolation none)", WORKS, run_try(try, kind, words));
}

static unsigned int run_group(const char *hello, const char *zones)
{
  if (group->by_root && geteuid() != 0)
  {
    printf("not tried: %s: not root\n", group->name);
    has_skipped = true;
    return 0;
  }
  unsigned int count = 0;
  for (size_t i = 0; i < group->count; i++)
  {
    unsigned int first = group->threads_from;
    unsigned int end = first == THREAD_FIRST ? first + 1 : THREAD_KINDS;
    for (unsigned int kind = first; kind < end; kind++, count++)
      run_one(&group->list[i], (enum thread_kind) kind, group->of_zones ? zones : hello);
  }
  return count;
}

static unsigned int run_list(const struct tries *list, size_t list_count, char **words)
{
  unsigned int count = 0;
  for (size_t i = 0; i < list_count; i++)
  {
    for (char **name = &words[3]; *name != NULL; name++)
    {
      group = &list[i];
      if (strcmp(group->name, *name) == 0)
        count += run_group(words[1], words[2]);
    }
  }
  return count;
}

/* What a try may connect to. */
static void serve(void)
{
  int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t bytes = sizeof(address);
  if (bind(tcp, (struct sockaddr *) &address, bytes) == 0 && listen(tcp, 100) == 0 &&
      getsockname(tcp, (struct sockaddr *) &address, &bytes) == 0)
    port = ntohs(address.sin_port);
  int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, SOCKET_NAME "-%d", getpid());
  if (bind(local, (struct sockaddr *) &name, sizeof(name)) != 0 || listen(local, 100) != 0)
    fail_set_up("socket");
}

int main(int argc, char **argv)
{
  static char folder[] = "/tmp/uhyve-tries-XXXXXX";
  const struct rlimit no_core = {0, 0};
  if (argc < 4 || mkdtemp(folder) == NULL || chdir(folder) != 0)
  {
    fprintf(stderr, "usage: sandbox_tries HELLO TIME_ZONE GROUP...\n");
    return 2;
  }
  setrlimit(RLIMIT_CORE, &no_core);
  parent = getpid();
  report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  make_files();
  inherited = fcntl(open("outside", O_RDONLY | O_DIRECTORY), F_DUPFD, 100);
  serve();
  struct landlock landlock;
  bool has_landlock = landlock_begin(&landlock) == 0;
  landlock_end(&landlock);
  unsigned int count = run_list(tries_of_calls, tries_of_calls_count, argv);
  if (has_landlock)
    count += run_list(tries_of_files, tries_of_files_count, argv);
  else
  {
    printf("no files are tried: this kernel has no Landlock\n");
    has_skipped = true;
  }
  nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  rmdir(folder);
  printf("%u tries, %u failed\n", count, failures);
  if (count == 0)
    return has_skipped ? SKIPPED : EXIT_FAILURE;
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
