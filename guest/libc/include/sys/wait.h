/* Waiting for child processes; the status word has the layout of Linux. */
#ifndef _SYS_WAIT_H
#define _SYS_WAIT_H

#include <signal.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#define WNOHANG         1
#define WUNTRACED       2
#define WSTOPPED        2
#define WEXITED         4
#define WCONTINUED      8
#define WNOWAIT         0x01000000

#define WEXITSTATUS(s)  (((s) >> 8) & 0xff)
#define WTERMSIG(s)     ((s) &0x7f)
#define WSTOPSIG(s)     WEXITSTATUS(s)
#define WCOREDUMP(s)    ((s) &0x80)
#define WIFEXITED(s)    (WTERMSIG(s) == 0)
#define WIFSIGNALED(s)  (WTERMSIG(s) != 0 && WTERMSIG(s) != 0x7f)
#define WIFSTOPPED(s)   (((s) &0xff) == 0x7f)
#define WIFCONTINUED(s) ((s) == 0xffff)

typedef enum
{
  P_ALL = 0,
  P_PID = 1,
  P_PGID = 2
} idtype_t;

pid_t wait(int *);
pid_t waitpid(pid_t, int *, int);
int waitid(idtype_t, id_t, siginfo_t *, int);

#ifdef _LIBC
pid_t _wait(int *);
#endif

__END_DECLS

#endif
