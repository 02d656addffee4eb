/* Memory mappings: flags as Linux x86-64 has them. */
#ifndef _SYS_MMAN_H
#define _SYS_MMAN_H

#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#define PROT_NONE             0
#define PROT_READ             1
#define PROT_WRITE            2
#define PROT_EXEC             4

#define MAP_SHARED            0x01
#define MAP_PRIVATE           0x02
#define MAP_TYPE              0x0f
#define MAP_FIXED             0x10
#define MAP_ANONYMOUS         0x20
#define MAP_ANON              MAP_ANONYMOUS
#define MAP_32BIT             0x40
#define MAP_GROWSDOWN         0x0100
#define MAP_DENYWRITE         0x0800
#define MAP_EXECUTABLE        0x1000
#define MAP_LOCKED            0x2000
#define MAP_NORESERVE         0x4000
#define MAP_POPULATE          0x8000
#define MAP_NONBLOCK          0x10000
#define MAP_STACK             0x20000
#define MAP_HUGETLB           0x40000
#define MAP_FIXED_NOREPLACE   0x100000
#define MAP_FILE              0

#define MAP_FAILED            ((void *) -1)

#define MREMAP_MAYMOVE        1
#define MREMAP_FIXED          2

#define MS_ASYNC              1
#define MS_INVALIDATE         2
#define MS_SYNC               4

#define MCL_CURRENT           1
#define MCL_FUTURE            2

#define MADV_NORMAL           0
#define MADV_RANDOM           1
#define MADV_SEQUENTIAL       2
#define MADV_WILLNEED         3
#define MADV_DONTNEED         4
#define MADV_FREE             8
#define MADV_HUGEPAGE         14
#define MADV_NOHUGEPAGE       15

#define POSIX_MADV_NORMAL     0
#define POSIX_MADV_RANDOM     1
#define POSIX_MADV_SEQUENTIAL 2
#define POSIX_MADV_WILLNEED   3
#define POSIX_MADV_DONTNEED   4

void *mmap(void *, size_t, int, int, int, off_t);
int munmap(void *, size_t);
int mprotect(void *, size_t, int);
int msync(void *, size_t, int);
int mlock(const void *, size_t);
int munlock(const void *, size_t);
int mlockall(int);
int munlockall(void);
int posix_madvise(void *, size_t, int);
#if __MISC_VISIBLE
int madvise(void *, size_t, int);
int mincore(void *, size_t, unsigned char *);
#endif
#if __GNU_VISIBLE
void *mremap(void *, size_t, size_t, int, ...);
#endif

__END_DECLS

#endif
