/* Ends launches of the monitor at random moments, and sees that nothing is left behind:
 * kills FOLDER PROGRAM MONITOR
 *
 * KILLS of the environment, else 48, launches end by SIGKILL, SIGTERM, SIGINT, with their terminal,
 * by a full disk, and by the memory limit of a control group, in turns. The last two take rights
 * that not everybody has: without them it says so and leaves them out. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "canary.h"
#include "control_group.h"

#define MOMENT_MAX_US 30000
#define LIMIT_MS      10000
#define GROUP_BYTES   "32M"
#define DISK_SIZE     "size=256k"

enum way
{
  WAY_KILL,
  WAY_TERM,
  WAY_INT,
  WAY_TERMINAL_GONE,
  WAY_DISK_FULL,
  WAY_GROUP_LIMIT,
  WAYS
};

static const char *const names[WAYS] = {"SIGKILL",           "SIGTERM",     "SIGINT",
                                        "a closed terminal", "a full disk", "a memory limit"};

static const char *program, *monitor;
static bool has_disk, has_group, has_own_tmp;
static enum way way;
static unsigned int launch_number;
static unsigned int interfaces;
static int terminal = -1, slave = -1;

__attribute__((format(printf, 1, 2))) static _Noreturn void fail(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "FAILED: launch %u, ended by %s: ", launch_number, names[way]);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  control_group_remove();
  exit(EXIT_FAILURE);
}

static void check(bool is_fine, const char *what)
{
  if (!is_fine)
    fail("%s: %s", what, strerror(errno));
}

static unsigned int random_below(unsigned int end)
{
  unsigned int number;
  check(getrandom(&number, sizeof(number), 0) == sizeof(number), "getrandom");
  return number % end;
}

/* ---- Surroundings ---- */

static unsigned int count_interfaces(void)
{
  struct if_nameindex *list = if_nameindex();
  unsigned int count = 0;
  while (list != NULL && list[count].if_index != 0)
    count++;
  if_freenameindex(list);
  return count;
}

static bool is_below(const char *path, const char *parent)
{
  return strncmp(path, parent, strlen(parent)) == 0;
}

/* Mounts of our own, so that what is new there is the monitor's. */
static void make_surroundings(const char *folder)
{
  check(mkdir(folder, 0755) == 0 && chdir(folder) == 0 && mkdir("data", 0755) == 0 &&
            mkdir("disk", 0755) == 0,
        "cannot make the folder");
  char here[4096];
  check(getcwd(here, sizeof(here)) != NULL, "getcwd");
  has_disk = unshare(CLONE_NEWNS | CLONE_NEWNET) == 0 &&
             mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
             mount("tmpfs", "disk", "tmpfs", 0, DISK_SIZE) == 0;
  if (!has_disk)
    printf("skipped: a full disk: nothing can be mounted here: %s\n", strerror(errno));
  has_own_tmp = has_disk && !is_below(here, "/tmp/") && !is_below(program, "/tmp/") &&
                !is_below(monitor, "/tmp/");
  if (has_own_tmp)
    check(mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0 &&
              mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL) == 0,
          "cannot mount");
  has_group = control_group_make(GROUP_BYTES);
  if (!has_group)
    printf("skipped: a memory limit: no control group with one is to be had\n");
  interfaces = count_interfaces();
}

static bool is_empty(const char *path)
{
  DIR *folder = opendir(path);
  unsigned int count = 0;
  while (folder != NULL && readdir(folder) != NULL)
    count++;
  if (folder != NULL)
    closedir(folder);
  return count == 2;
}

/* ---- A launch ---- */

/* How the terminal is before the guest has it is told. */
static pid_t start(const char *data, const char *work, struct termios *before)
{
  char volume[64];
  snprintf(volume, sizeof(volume), "%s:/data", data);
  char *const command[] = {(char *) monitor, "-m",          "64M", "-c", "2", "--volume", volume,
                           (char *) program, (char *) work, NULL};
  check(openpty(&terminal, &slave, NULL, NULL, NULL) == 0, "openpty");
  check(tcgetattr(slave, before) == 0, "tcgetattr");
  fcntl(terminal, F_SETFD, FD_CLOEXEC);
  fcntl(terminal, F_SETFL, O_NONBLOCK);
  pid_t process = fork();
  check(process >= 0, "fork");
  if (process > 0)
    return process;
  if (way == WAY_GROUP_LIMIT && !control_group_enter())
    _exit(99);
  int error = open("error", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int output = slave;
  if (way == WAY_DISK_FULL)
    output = open("disk/output", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  setsid();
  ioctl(slave, TIOCSCTTY, 0);
  dup2(slave, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  execv(command[0], command);
  _exit(127);
}

static void read_terminal(void)
{
  char text[65536];
  while (terminal >= 0 && read(terminal, text, sizeof(text)) > 0)
    ;
}

static int await(pid_t process)
{
  int status;
  for (unsigned int i = 0; i < LIMIT_MS; i++)
  {
    if (waitpid(process, &status, WNOHANG) == process)
      return status;
    read_terminal();
    usleep(1000);
  }
  fail("process %d does not end", (int) process);
}

static void end(pid_t process)
{
  static const int signals[WAYS] = {[WAY_KILL] = SIGKILL, [WAY_TERM] = SIGTERM, [WAY_INT] = SIGINT};
  if (signals[way] != 0)
    kill(process, signals[way]);
  if (way == WAY_TERMINAL_GONE)
  {
    close(slave);
    close(terminal);
    slave = -1;
    terminal = -1;
  }
  int status = await(process);
  bool is_right;
  switch (way)
  {
  case WAY_TERMINAL_GONE:
    is_right = WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP;
    break;
  case WAY_DISK_FULL:
    is_right = WIFEXITED(status) && WEXITSTATUS(status) == 3;
    break;
  case WAY_GROUP_LIMIT:
    is_right = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    break;
  default:
    is_right = WIFSIGNALED(status) && WTERMSIG(status) == signals[way];
    break;
  }
  if (!is_right || WCOREDUMP(status))
    fail("it has ended otherwise: 0x%x", (unsigned int) status);
}

/* ---- What is left ---- */

/* Whatever the monitor started is this process's child now. */
static void check_processes(void)
{
  for (unsigned int i = 0; i < LIMIT_MS; i++)
  {
    pid_t left = waitpid(-1, NULL, WNOHANG);
    if (left < 0 && errno == ECHILD)
      return;
    if (left == 0)
      usleep(1000);
  }
  fail("a process is left");
}

static void check_locks(const char *path)
{
  int file = open(path, O_RDWR | O_CLOEXEC);
  check(file >= 0, path);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  check(fcntl(file, F_SETLK, &lock) == 0 && flock(file, LOCK_EX | LOCK_NB) == 0, "a lock is left");
  close(file);
}

static void check_files(const char *path)
{
  DIR *folder = opendir(path);
  check(folder != NULL, path);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
  {
    char name[512];
    snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
        strcmp(name, "disk/output") == 0)
      continue;
    if (strncmp(entry->d_name, "own-", 4) != 0)
      fail("a file is left: %s", name);
    if (entry->d_type == DT_REG)
      check_locks(name);
  }
  closedir(folder);
}

static bool is_alike(const struct termios *one, const struct termios *other)
{
  return one->c_iflag == other->c_iflag && one->c_oflag == other->c_oflag &&
         one->c_cflag == other->c_cflag && one->c_lflag == other->c_lflag &&
         memcmp(one->c_cc, other->c_cc, sizeof(one->c_cc)) == 0;
}

static void check_left(const char *data, const struct termios *before)
{
  static const char *const empty[] = {"/tmp", "/dev/shm"};
  struct termios after = {0};
  check_processes();
  check_files(data);
  check(unlink("error") == 0 || errno == ENOENT, "error");
  for (size_t i = 0; has_own_tmp && i < 2; i++)
  {
    if (!is_empty(empty[i]))
      fail("a file is left in %s", empty[i]);
  }
  if (count_interfaces() != interfaces)
    fail("a network interface is left");
  if (slave >= 0 && way != WAY_KILL && way != WAY_GROUP_LIMIT)
  {
    check(tcgetattr(slave, &after) == 0, "tcgetattr");
    if (!is_alike(before, &after))
      fail("the terminal has other settings than before: local flags 0%o, not 0%o", after.c_lflag,
           before->c_lflag);
  }
  if (slave >= 0)
  {
    close(slave);
    close(terminal);
  }
}

static void launch(void)
{
  struct termios before = {0};
  const char *data = way == WAY_DISK_FULL ? "disk" : "data";
  static const char *const works[WAYS] = {[WAY_DISK_FULL] = "fill", [WAY_GROUP_LIMIT] = "eat"};
  const char *work = works[way] != NULL ? works[way] : random_below(2) == 0 ? "settings" : "work";
  canary_empty(data);
  pid_t process = start(data, work, &before);
  unsigned int moment_us = random_below(MOMENT_MAX_US);
  if (way < WAY_DISK_FULL)
  {
    struct timespec moment = {.tv_nsec = moment_us * 1000L};
    nanosleep(&moment, NULL);
  }
  end(process);
  check_left(data, &before);
}

int main(int argc, char **argv)
{
  if (argc != 4)
    return 99;
  const char *kills = getenv("KILLS");
  unsigned int launches = kills != NULL ? (unsigned int) strtoul(kills, NULL, 10) : 48;
  unsigned int done[WAYS] = {0};
  program = argv[2];
  monitor = argv[3];
  umask(022);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  make_surroundings(argv[1]);
  for (launch_number = 0; launch_number < launches; launch_number++)
  {
    way = (enum way)(launch_number % WAYS);
    if ((way == WAY_DISK_FULL && !has_disk) || (way == WAY_GROUP_LIMIT && !has_group))
      continue;
    launch();
    done[way]++;
  }
  control_group_remove();
  if (has_disk)
    umount("disk");
  canary_empty(".");
  check(chdir("..") == 0 && rmdir(argv[1]) == 0, "cannot remove the folder");
  for (unsigned int i = 0; i < WAYS; i++)
    printf("%u by %s%s", done[i], names[i], i + 1 < WAYS ? ", " : "\n");
  return EXIT_SUCCESS;
}
