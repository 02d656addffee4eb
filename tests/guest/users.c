/* Users and groups: the one there is without /etc, and those of files, of any length and with
 * damage. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define LONG_NAME "systemd-with-a-name-that-is-much-longer-than-any-login-name-was-in-1983"

static void built_in(void)
{
  struct passwd *user = getpwuid(getuid());
  if (CHECK(user != NULL))
    CHECK(user->pw_uid == getuid() && user->pw_gid == getgid() && strcmp(user->pw_dir, "/") == 0);
  struct group *group = getgrgid(getgid());
  if (CHECK(group != NULL))
    CHECK(group->gr_gid == getgid() && group->gr_mem[0] == NULL);
  errno = 0;
  CHECK(getpwnam("nobody-like-that") == NULL && errno == 0);
  int count = 0;
  while (getpwent() != NULL)
    count++;
  CHECK(count == 1);
  setpwent();
  CHECK(getpwent() != NULL && getpwent() == NULL);
  endpwent();
}

static void write_file(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  if (CHECK(file != NULL))
    CHECK(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void users_of_file(void)
{
  write_file("/etc/passwd", "root:x:0:0:The Root,,,:/root:/bin/bash\n"
                            "# no entry\n\n:x:1:1::/:\nwrong:x:one:1:::\nfew:x:5\n"
                            "empty::7:8:::\n" LONG_NAME ":*:4294967294:12:Long:/long:/bin/false\n"
                            "last:x:9:9:No end of line:/last:/bin/sh");
  struct passwd *user = getpwnam("root");
  if (CHECK(user != NULL))
    CHECK(user->pw_uid == 0 && strcmp(user->pw_gecos, "The Root,,,") == 0 &&
          strcmp(user->pw_shell, "/bin/bash") == 0 && strcmp(user->pw_passwd, "x") == 0);
  user = getpwnam(LONG_NAME);
  if (CHECK(user != NULL))
    CHECK(user->pw_uid == 4294967294 && user->pw_gid == 12 && strcmp(user->pw_dir, "/long") == 0);
  user = getpwuid(7);
  if (CHECK(user != NULL))
    CHECK(strcmp(user->pw_name, "empty") == 0 && *user->pw_passwd == '\0' &&
          *user->pw_shell == '\0');
  user = getpwuid(9);
  CHECK(user != NULL && strcmp(user->pw_shell, "/bin/sh") == 0);
  CHECK(getpwnam("wrong") == NULL && getpwuid(5) == NULL && getpwuid(1) == NULL &&
        getpwnam("") == NULL);
  int count = 0;
  while ((user = getpwent()) != NULL)
    count++;
  CHECK(count == 4);
  endpwent();

  struct passwd own;
  struct passwd *result = &own;
  char buffer[128];
  CHECK(getpwnam_r("root", &own, buffer, sizeof(buffer), &result) == 0 && result == &own &&
        own.pw_uid == 0);
  CHECK(getpwuid_r(9, &own, buffer, sizeof(buffer), &result) == 0 && result == &own);
  CHECK(getpwnam_r("none", &own, buffer, sizeof(buffer), &result) == 0 && result == NULL);
  CHECK(getpwnam_r("last", &own, buffer, 40, &result) == ERANGE && result == NULL);
  CHECK(getpwnam_r("root", &own, buffer, 0, &result) == ERANGE && result == NULL);
}

static void groups_of_file(void)
{
  FILE *file = fopen("/etc/group", "w");
  if (!CHECK(file != NULL))
    return;
  fputs("root:x:0:\nwheel:x:10:root,,ann\nlarge:x:11:", file);
  for (int i = 0; i < 500; i++)
    fprintf(file, "%smember%d", i > 0 ? "," : "", i);
  CHECK(fputs("\nend:x:12:one", file) >= 0 && fclose(file) == 0);

  struct group *group = getgrnam("wheel");
  if (CHECK(group != NULL))
    CHECK(group->gr_gid == 10 && strcmp(group->gr_mem[0], "root") == 0 &&
          strcmp(group->gr_mem[1], "ann") == 0 && group->gr_mem[2] == NULL);
  group = getgrgid(11);
  if (CHECK(group != NULL))
  {
    int count = 0;
    while (group->gr_mem[count] != NULL)
      count++;
    CHECK(count == 500 && strcmp(group->gr_mem[499], "member499") == 0);
  }
  int count = 0;
  while (getgrent() != NULL)
    count++;
  CHECK(count == 4);
  setgrent();
  CHECK(getgrent() != NULL);
  endgrent();

  struct group own;
  struct group *result = &own;
  char buffer[10000];
  CHECK(getgrnam_r("large", &own, buffer, 5000, &result) == ERANGE && result == NULL);
  CHECK(getgrgid_r(11, &own, buffer, sizeof(buffer), &result) == 0 && result == &own);
  CHECK(getgrnam_r("root", &own, buffer, 10, &result) == ERANGE);
  CHECK(getgrnam_r("root", &own, buffer, 11, &result) == ERANGE);
  CHECK(getgrnam_r("root", &own, buffer, 32, &result) == 0 && own.gr_mem[0] == NULL);
  CHECK(getgrgid_r(99, &own, buffer, sizeof(buffer), &result) == 0 && result == NULL);
}

static void identity(void)
{
  CHECK(getuid() == geteuid() && getgid() == getegid() && !issetugid());
  CHECK(setuid(getuid()) == 0 && seteuid(getuid()) == 0 && setreuid((uid_t) -1, getuid()) == 0);
  CHECK(setgid(getgid()) == 0 && setegid(getgid()) == 0 && setregid((gid_t) -1, (gid_t) -1) == 0);
  int refused = getuid() == 0 ? EINVAL : EPERM;
  CHECK(setuid(getuid() + 1) == -1 && errno == refused);
  CHECK(setregid(getgid(), getgid() + 1) == -1 && errno == refused);
  gid_t group = getgid() + 1;
  CHECK(getgroups(0, NULL) == 0 && getgroups(-1, NULL) == -1 && errno == EINVAL);
  CHECK(setgroups(1, &group) == -1 && errno == EINVAL && setgroups(0, NULL) == 0);
  CHECK(getlogin() == NULL && errno == ENXIO);

  CHECK(getpgrp() == getpid() && getpgid(0) == getpid() && getsid(getpid()) == getpid());
  CHECK(getpgid(12345) == -1 && errno == ESRCH);
  CHECK(setsid() == -1 && errno == EPERM && setpgid(0, 0) == -1 && errno == EPERM);
  CHECK(setpgid(12345, 0) == -1 && errno == ESRCH && setpgid(0, -1) == -1 && errno == EINVAL);
  siginfo_t info;
  CHECK(waitid(P_ALL, 0, &info, WEXITED) == -1 && errno == ECHILD);

  errno = 0;
  CHECK(getpriority(PRIO_PROCESS, 0) == 0 && errno == 0 && nice(5) == 5);
  CHECK(getpriority(PRIO_PROCESS, (id_t) getpid()) == 5 && nice(1000) == 19);
  CHECK(setpriority(PRIO_PROCESS, 0, -100) == 0 && getpriority(PRIO_USER, 0) == -20);
  CHECK(setpriority(PRIO_PROCESS, 12345, 0) == -1 && errno == ESRCH);
  CHECK(getpriority(99, 0) == -1 && errno == EINVAL);
}

/* Fields that are empty, at the end too. */
static void fields(void)
{
  char text[] = "a:,b:";
  char *rest = text;
  CHECK(strcmp(strsep(&rest, ":,"), "a") == 0 && strcmp(strsep(&rest, ":,"), "") == 0);
  CHECK(strcmp(strsep(&rest, ":,"), "b") == 0 && strcmp(strsep(&rest, ":,"), "") == 0);
  CHECK(rest == NULL && strsep(&rest, ":,") == NULL);
}

static void names(void)
{
  char buffer[8];
  size_t len = confstr(_CS_PATH, NULL, 0);
  CHECK(len > 4 && confstr(_CS_PATH, buffer, 5) == len && strcmp(buffer, "/bin") == 0);
  errno = 0;
  CHECK(confstr(9999, NULL, 0) == 0 && errno == EINVAL);
  CHECK(getdtablesize() == sysconf(_SC_OPEN_MAX));
  char *folder = get_current_dir_name();
  char *own = getcwd(NULL, 0);
  CHECK(folder != NULL && own != NULL && strcmp(folder, own) == 0);
  free(folder);
  free(own);
  CHECK(eaccess("/tmp", R_OK | W_OK | X_OK) == 0 && euidaccess("/none", F_OK) == -1 &&
        errno == ENOENT);
}

int main(void)
{
  built_in();
  mkdir("/etc", 0755);
  users_of_file();
  groups_of_file();
  identity();
  fields();
  names();
  return check_finish();
}
