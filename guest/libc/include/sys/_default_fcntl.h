/* open, fcntl and the *at calls: flags, commands and struct flock as Linux x86-64 has them. */
#ifndef _SYS__DEFAULT_FCNTL_H_
#define _SYS__DEFAULT_FCNTL_H_

#include <sys/cdefs.h>
#include <sys/stat.h>
#include <sys/types.h>

__BEGIN_DECLS

#define O_RDONLY    00000000
#define O_WRONLY    00000001
#define O_RDWR      00000002
#define O_ACCMODE   00000003
#define O_CREAT     00000100
#define O_EXCL      00000200
#define O_NOCTTY    00000400
#define O_TRUNC     00001000
#define O_APPEND    00002000
#define O_NONBLOCK  00004000
#define O_NDELAY    O_NONBLOCK
#define O_DSYNC     00010000
#define O_ASYNC     00020000
#define O_SYNC      04010000
#define O_RSYNC     O_SYNC
#define O_DIRECTORY 00200000
#define O_NOFOLLOW  00400000
#define O_CLOEXEC   02000000
/* Linux has no O_SEARCH and O_EXEC; O_PATH is what musl and others give for them. */
#define O_SEARCH    O_PATH
#define O_EXEC      O_PATH
#define O_PATH      010000000
#define O_TTY_INIT  0
#define O_LARGEFILE 0
#if __MISC_VISIBLE
#define O_DIRECT  00040000
#define O_NOATIME 01000000
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif

/* BSD names for the flags that F_SETFL takes. */
#if __MISC_VISIBLE
#define FAPPEND   O_APPEND
#define FASYNC    O_ASYNC
#define FNDELAY   O_NONBLOCK
#define FNONBLOCK O_NONBLOCK
#define FFSYNC    O_SYNC
#endif

#define FD_CLOEXEC      1

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_GETLK         5
#define F_SETLK         6
#define F_SETLKW        7
#define F_SETOWN        8
#define F_GETOWN        9
#define F_DUPFD_CLOEXEC 1030
#if __MISC_VISIBLE
#define F_SETSIG     10
#define F_GETSIG     11
#define F_OFD_GETLK  36
#define F_OFD_SETLK  37
#define F_OFD_SETLKW 38
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#endif

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2

struct flock
{
  short l_type;
  short l_whence;
  off_t l_start;
  off_t l_len;
  pid_t l_pid;
};

#if __MISC_VISIBLE
#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8
#endif

#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS          0x200
#define AT_REMOVEDIR        0x200
#define AT_SYMLINK_FOLLOW   0x400
#if __MISC_VISIBLE
#define AT_NO_AUTOMOUNT 0x800
#define AT_EMPTY_PATH   0x1000
#endif

#define POSIX_FADV_NORMAL     0
#define POSIX_FADV_RANDOM     1
#define POSIX_FADV_SEQUENTIAL 2
#define POSIX_FADV_WILLNEED   3
#define POSIX_FADV_DONTNEED   4
#define POSIX_FADV_NOREUSE    5

#if __GNU_VISIBLE
#define FALLOC_FL_KEEP_SIZE  1
#define FALLOC_FL_PUNCH_HOLE 2
#endif

int open(const char *, int, ...);
int openat(int, const char *, int, ...);
int creat(const char *, mode_t);
int fcntl(int, int, ...);
int posix_fadvise(int, off_t, off_t, int);
int posix_fallocate(int, off_t, off_t);
#if __MISC_VISIBLE
int flock(int, int);
#endif
#if __GNU_VISIBLE
int fallocate(int, int, off_t, off_t);
#endif

#ifdef _LIBC
int _open(const char *, int, ...);
int _fcntl(int, int, ...);
#endif

__END_DECLS

#endif
