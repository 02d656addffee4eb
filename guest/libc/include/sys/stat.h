/* struct stat and the calls around it, with the layout of Linux x86-64. */
#ifndef _SYS_STAT_H
#define _SYS_STAT_H

#include <sys/_timespec.h>
#include <sys/cdefs.h>
#include <sys/types.h>
#include <time.h>

__BEGIN_DECLS

struct stat
{
  dev_t st_dev;
  ino_t st_ino;
  nlink_t st_nlink;
  mode_t st_mode;
  uid_t st_uid;
  gid_t st_gid;
  unsigned int __st_pad;
  dev_t st_rdev;
  off_t st_size;
  blksize_t st_blksize;
  blkcnt_t st_blocks;
  struct timespec st_atim;
  struct timespec st_mtim;
  struct timespec st_ctim;
  long __st_reserved[3];
};

#define st_atime st_atim.tv_sec
#define st_mtime st_mtim.tv_sec
#define st_ctime st_ctim.tv_sec

#define S_IFMT   0170000
#define S_IFSOCK 0140000
#define S_IFLNK  0120000
#define S_IFREG  0100000
#define S_IFBLK  0060000
#define S_IFDIR  0040000
#define S_IFCHR  0020000
#define S_IFIFO  0010000

#define S_ISUID  04000
#define S_ISGID  02000
#define S_ISVTX  01000
#define S_IRWXU  00700
#define S_IRUSR  00400
#define S_IWUSR  00200
#define S_IXUSR  00100
#define S_IRWXG  00070
#define S_IRGRP  00040
#define S_IWGRP  00020
#define S_IXGRP  00010
#define S_IRWXO  00007
#define S_IROTH  00004
#define S_IWOTH  00002
#define S_IXOTH  00001

#if __MISC_VISIBLE
#define S_IREAD     S_IRUSR
#define S_IWRITE    S_IWUSR
#define S_IEXEC     S_IXUSR
#define ACCESSPERMS 00777
#define ALLPERMS    07777
#define DEFFILEMODE 00666
/* The unit of st_blocks. */
#define S_BLKSIZE 512
#endif

#define S_ISDIR(m)  (((m) &S_IFMT) == S_IFDIR)
#define S_ISCHR(m)  (((m) &S_IFMT) == S_IFCHR)
#define S_ISBLK(m)  (((m) &S_IFMT) == S_IFBLK)
#define S_ISREG(m)  (((m) &S_IFMT) == S_IFREG)
#define S_ISFIFO(m) (((m) &S_IFMT) == S_IFIFO)
#define S_ISLNK(m)  (((m) &S_IFMT) == S_IFLNK)
#define S_ISSOCK(m) (((m) &S_IFMT) == S_IFSOCK)

#define UTIME_NOW   0x3fffffffL
#define UTIME_OMIT  0x3ffffffeL

int stat(const char *__restrict, struct stat *__restrict);
int fstat(int, struct stat *);
int lstat(const char *__restrict, struct stat *__restrict);
int chmod(const char *, mode_t);
int fchmod(int, mode_t);
mode_t umask(mode_t);
int mkdir(const char *, mode_t);
int mkfifo(const char *, mode_t);
int mknod(const char *, mode_t, dev_t);
#if __ATFILE_VISIBLE || __POSIX_VISIBLE >= 200809
int fstatat(int, const char *__restrict, struct stat *__restrict, int);
int fchmodat(int, const char *, mode_t, int);
int mkdirat(int, const char *, mode_t);
int mkfifoat(int, const char *, mode_t);
int mknodat(int, const char *, mode_t, dev_t);
int utimensat(int, const char *, const struct timespec[2], int);
int futimens(int, const struct timespec[2]);
#endif
#if __MISC_VISIBLE
int lchmod(const char *, mode_t);
#endif

#ifdef _LIBC
int _fstat(int, struct stat *);
int _stat(const char *__restrict, struct stat *__restrict);
int _mkdir(const char *, mode_t);
#endif

__END_DECLS

#endif
