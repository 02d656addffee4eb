/* Directory entries in the layout of Linux's getdents64, and the stream that Newlib's opendir
 * family keeps. */
#ifndef _SYS_DIRENT_H_
#define _SYS_DIRENT_H_

#include <sys/cdefs.h>
#include <sys/lock.h>
#include <sys/types.h>

__BEGIN_DECLS

struct dirent
{
  ino_t d_ino;
  off_t d_off;
  unsigned short d_reclen;
  unsigned char d_type;
  char d_name[256];
};

#define d_fileno d_ino

/* Newlib's opendir family works on these members and takes the lock where HAVE_DD_LOCK is defined.
 */
#define HAVE_DD_LOCK
typedef struct __dirstream
{
  int dd_fd;
  int dd_loc;
  long dd_seek;
  char *dd_buf;
  int dd_len;
  int dd_size;
  _LOCK_RECURSIVE_T dd_lock;
} DIR;

#define __dirfd(dirp) ((dirp)->dd_fd)

#if __MISC_VISIBLE || __POSIX_VISIBLE >= 202405
#define DT_UNKNOWN   0
#define DT_FIFO      1
#define DT_CHR       2
#define DT_DIR       4
#define DT_BLK       6
#define DT_REG       8
#define DT_LNK       10
#define DT_SOCK      12
#define DT_WHT       14
#define IFTODT(mode) (((mode) &0170000) >> 12)
#define DTTOIF(type) ((type) << 12)
#endif

__END_DECLS

#endif
