/* Compile-time test: types and structures that programs see are laid out as Linux x86-64 has them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define OFFSET(type, member, bytes) \
  _Static_assert(offsetof(type, member) == (bytes), #type "." #member)
#define SAME(a, b) _Static_assert(__builtin_types_compatible_p(a, b), #a " is " #b)

SIZE(dev_t, 8);
SIZE(ino_t, 8);
SIZE(nlink_t, 8);
SIZE(mode_t, 4);
SIZE(uid_t, 4);
SIZE(gid_t, 4);
SIZE(pid_t, 4);
SIZE(id_t, 4);
SIZE(key_t, 4);
SIZE(off_t, 8);
SIZE(blkcnt_t, 8);
SIZE(blksize_t, 8);
SIZE(fsblkcnt_t, 8);
SIZE(fsfilcnt_t, 8);
SIZE(time_t, 8);
SIZE(clock_t, 8);
SIZE(clockid_t, 4);
SIZE(timer_t, 8);
SIZE(suseconds_t, 8);
SIZE(useconds_t, 4);
SIZE(sigset_t, 8);
SIZE(wchar_t, 4);
SIZE(fd_set, 128);
SAME(ssize_t, long);
SAME(off_t, long);
SAME(time_t, long);
SAME(clock_t, long);

SIZE(struct stat, 144);
OFFSET(struct stat, st_dev, 0);
OFFSET(struct stat, st_ino, 8);
OFFSET(struct stat, st_nlink, 16);
OFFSET(struct stat, st_mode, 24);
OFFSET(struct stat, st_uid, 28);
OFFSET(struct stat, st_gid, 32);
OFFSET(struct stat, st_rdev, 40);
OFFSET(struct stat, st_size, 48);
OFFSET(struct stat, st_blksize, 56);
OFFSET(struct stat, st_blocks, 64);
OFFSET(struct stat, st_atim, 72);
OFFSET(struct stat, st_mtim, 88);
OFFSET(struct stat, st_ctim, 104);

SIZE(struct timespec, 16);
SIZE(struct timeval, 16);
SIZE(struct itimerval, 32);
SIZE(struct itimerspec, 32);
SIZE(struct flock, 32);
OFFSET(struct flock, l_start, 8);
OFFSET(struct flock, l_pid, 24);
SIZE(struct iovec, 16);
SIZE(struct pollfd, 8);
SIZE(struct dirent, 280);
OFFSET(struct dirent, d_off, 8);
OFFSET(struct dirent, d_reclen, 16);
OFFSET(struct dirent, d_type, 18);
OFFSET(struct dirent, d_name, 19);
SIZE(struct winsize, 8);
SIZE(struct termios, 60);
OFFSET(struct termios, c_line, 16);
OFFSET(struct termios, c_cc, 17);
OFFSET(struct termios, c_ispeed, 52);
SIZE(struct utsname, 390);
SIZE(struct rusage, 144);
SIZE(struct rlimit, 16);
SIZE(struct statvfs, 112);
SIZE(siginfo_t, 128);
OFFSET(siginfo_t, si_errno, 4);
OFFSET(siginfo_t, si_code, 8);
OFFSET(siginfo_t, si_pid, 16);
OFFSET(siginfo_t, si_value, 24);
OFFSET(siginfo_t, si_addr, 16);
OFFSET(siginfo_t, si_band, 16);
SIZE(union sigval, 8);
SIZE(struct sigevent, 64);
OFFSET(struct sigevent, sigev_signo, 8);
OFFSET(struct sigevent, sigev_notify_function, 16);
SIZE(stack_t, 24);

/* The kernel's own struct sigaction. */
SIZE(struct sigaction, 32);
OFFSET(struct sigaction, sa_flags, 8);
OFFSET(struct sigaction, sa_restorer, 16);
OFFSET(struct sigaction, sa_mask, 24);

/* What libgcc_eh.a was compiled for. */
SIZE(pthread_t, 8);
SIZE(pthread_mutex_t, 40);
SIZE(pthread_cond_t, 48);
SIZE(pthread_rwlock_t, 56);
SIZE(pthread_once_t, 4);
SIZE(pthread_key_t, 4);
