/* Starting a program from this one: a unikernel has no second process. These calls return the error
 * instead of setting errno, as POSIX has it. */
#include <errno.h>
#include <spawn.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const *argv, char *const *envp)
{
  (void) pid;
  (void) path;
  (void) actions;
  (void) attributes;
  (void) argv;
  (void) envp;
  return -sys_no_processes();
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const *argv, char *const *envp)
{
  return posix_spawn(pid, file, actions, attributes, argv, envp);
}

#define NOT_HERE(name, ...) \
  int name(__VA_ARGS__)     \
  {                         \
    return ENOSYS;          \
  }

/* What would be done in the new process, and what it would be like. */
#define ACTIONS    posix_spawn_file_actions_t *
#define ATTRIBUTES posix_spawnattr_t *
#define ASKED      const posix_spawnattr_t *restrict
NOT_HERE(posix_spawn_file_actions_init, ACTIONS)
NOT_HERE(posix_spawn_file_actions_destroy, ACTIONS)
NOT_HERE(posix_spawn_file_actions_addopen, ACTIONS restrict, int, const char *restrict, int, mode_t)
NOT_HERE(posix_spawn_file_actions_adddup2, ACTIONS, int, int)
NOT_HERE(posix_spawn_file_actions_addclose, ACTIONS, int)
NOT_HERE(posix_spawn_file_actions_addchdir_np, ACTIONS restrict, const char *restrict)
NOT_HERE(posix_spawn_file_actions_addfchdir_np, ACTIONS restrict, int)
NOT_HERE(posix_spawnattr_init, ATTRIBUTES)
NOT_HERE(posix_spawnattr_destroy, ATTRIBUTES)
NOT_HERE(posix_spawnattr_getflags, ASKED, short *restrict)
NOT_HERE(posix_spawnattr_getpgroup, ASKED, pid_t *restrict)
NOT_HERE(posix_spawnattr_getschedparam, ASKED, struct sched_param *restrict)
NOT_HERE(posix_spawnattr_getschedpolicy, ASKED, int *restrict)
NOT_HERE(posix_spawnattr_getsigdefault, ASKED, sigset_t *restrict)
NOT_HERE(posix_spawnattr_getsigmask, ASKED, sigset_t *restrict)
NOT_HERE(posix_spawnattr_setflags, ATTRIBUTES, short)
NOT_HERE(posix_spawnattr_setpgroup, ATTRIBUTES, pid_t)
NOT_HERE(posix_spawnattr_setschedparam, ATTRIBUTES restrict, const struct sched_param *restrict)
NOT_HERE(posix_spawnattr_setschedpolicy, ATTRIBUTES, int)
NOT_HERE(posix_spawnattr_setsigdefault, ATTRIBUTES restrict, const sigset_t *restrict)
NOT_HERE(posix_spawnattr_setsigmask, ATTRIBUTES restrict, const sigset_t *restrict)

/* Behind a fork() that fails. */
int daemon(int keeps_folder, int keeps_streams)
{
  (void) keeps_folder;
  (void) keeps_streams;
  return (int) libc_result(sys_no_processes());
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
  (void) file;
  (void) argv;
  (void) envp;
  return (int) libc_result(sys_no_processes());
}
