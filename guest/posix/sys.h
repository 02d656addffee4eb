/* System calls as plain functions: Linux's names, numbers and meanings, negative errno on failure.
 *
 * Nothing here knows the C library above it; types are those of the system's headers. A call that
 * is not there returns -ENOSYS.
 */
#ifndef GUEST_POSIX_SYS_H
#define GUEST_POSIX_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

struct flock;
struct iovec;
struct statvfs;

/* Descriptors. read and write block as the stream, pipe or file does. */
ssize_t sys_read(int fd, void *buffer, size_t len_bytes);
ssize_t sys_write(int fd, const void *buffer, size_t len_bytes);
ssize_t sys_pread(int fd, void *buffer, size_t len_bytes, off_t offset);
ssize_t sys_pwrite(int fd, const void *buffer, size_t len_bytes, off_t offset);
ssize_t sys_readv(int fd, const struct iovec *vectors, int count);
ssize_t sys_writev(int fd, const struct iovec *vectors, int count);
ssize_t sys_preadv(int fd, const struct iovec *vectors, int count, off_t offset);
ssize_t sys_pwritev(int fd, const struct iovec *vectors, int count, off_t offset);
off_t sys_lseek(int fd, off_t offset, int whence);
int sys_fstat(int fd, struct stat *status);
int sys_close(int fd);
int sys_dup(int fd);
int sys_dup2(int fd, int to);
int sys_dup3(int fd, int to, int flags);
int sys_isatty(int fd); /* 1 or -ENOTTY, -EBADF */
int sys_fcntl(int fd, int command, long argument);
int sys_ioctl(int fd, unsigned long request, void *argument);
int sys_fsync(int fd);
int sys_fdatasync(int fd);
int sys_ftruncate(int fd, off_t len_bytes);
int sys_fallocate(int fd, off_t offset, off_t len_bytes);
int sys_fchmod(int fd, mode_t mode);
int sys_fchown(int fd, uid_t user, gid_t group);
int sys_futimens(int fd, const struct timespec times[2]);
int sys_fstatvfs(int fd, struct statvfs *space);
ssize_t sys_getdents(int fd, void *buffer, size_t len_bytes);

/* Files by name; folder: AT_FDCWD or a descriptor. */
int sys_openat(int folder, const char *path, int flags, mode_t mode);
int sys_open(const char *path, int flags, mode_t mode);
int sys_stat(const char *path, struct stat *status);
int sys_fstatat(int folder, const char *path, struct stat *status, int flags);
int sys_faccessat(int folder, const char *path, int mode, int flags);
int sys_unlink(const char *path);
int sys_unlinkat(int folder, const char *path, int flags);
int sys_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                  unsigned int flags);
int sys_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int sys_symlinkat(const char *target, int folder, const char *path);
ssize_t sys_readlinkat(int folder, const char *path, char *buffer, size_t len_bytes);
int sys_mkdirat(int folder, const char *path, mode_t mode);
int sys_fchmodat(int folder, const char *path, mode_t mode, int flags);
int sys_fchownat(int folder, const char *path, uid_t user, gid_t group, int flags);
int sys_utimensat(int folder, const char *path, const struct timespec times[2], int flags);
int sys_truncate(const char *path, off_t len_bytes);
int sys_statvfs(const char *path, struct statvfs *space);

/* The working folder; paths with their null. The length with the null, or -ERANGE. */
long sys_getcwd(char *buffer, size_t len_bytes);
int sys_chdir(const char *path);
int sys_fchdir(int fd);
/* An absolute path without symbolic links to what is there; the buffer has PATH_MAX bytes. */
int sys_realpath(const char *path, char *buffer);
mode_t sys_umask(mode_t mask);

/* Memory. Returns the old break, or null with nothing changed when there is no more. */
void *sys_sbrk(ptrdiff_t bytes);

/* Returns the address. Files are mapped as fs/file_map.h has it: -ENODEV for what is no regular
 * file, and to write to a shared map. -EACCES for memory to write to and execute at once. */
long sys_mmap(void *wish, size_t len_bytes, int rights, int flags, int fd, off_t offset);
int sys_munmap(void *begin, size_t len_bytes);
int sys_mprotect(void *begin, size_t len_bytes, int rights);
int sys_madvise(void *begin, size_t len_bytes, int advice);

/* Returns the address; -ENOSYS to grow what is not for reading and writing. */
long sys_mremap(void *begin, size_t old_bytes, size_t new_bytes, int flags);

/* Nothing is ever swapped out, so mlock only brings memory in, and munlock only checks. */
int sys_mlock(const void *begin, size_t len_bytes);
int sys_munlock(const void *begin, size_t len_bytes);
int sys_mlockall(int flags);
int sys_munlockall(void);

int sys_msync(void *begin, size_t len_bytes, int flags);
int sys_mincore(void *begin, size_t len_bytes, unsigned char *resident);

/* Pages of the machine that programs can have, and how many are promised to nobody. */
void sys_memory_pages(long *all, long *available);

/* Time. The processor time of any task is a clock, with Linux's number. */
#define TASK_CLOCK(id)       ((clockid_t) ((-1 - (long) (id)) * 8 + 6))
#define TASK_OF_CLOCK(clock) (-1 - ((long) (clock) -6) / 8)
int sys_clock_gettime(clockid_t clock, struct timespec *now);
int sys_clock_getres(clockid_t clock, struct timespec *resolution);
/* -EINTR after a handler of a signal, with the time that remains unless it is TIMER_ABSTIME. */
int sys_clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
                        struct timespec *remaining);

/* The process. */
_Noreturn void sys_exit(int status);
pid_t sys_getpid(void);
int sys_kill(pid_t pid, int number);
int sys_raise(int number);
_Noreturn void sys_abort(void);

/* Stops the process by one of the signals that do so, until SIGCONT. In upcalls too. */
void sys_stop(int number);

#define SYS_ENTROPY_MAX_BYTES 256

/* Fills at most that many bytes with random numbers; -EIO when asked for more. */
int sys_getentropy(void *buffer, size_t len_bytes);

/* fork, exec and their like: says once on standard error that unikernels have none. */
int sys_no_processes(void);

/* Waiting for files. deadline_ns: of CLOCK_MONOTONIC; 0: does not wait, UINT64_MAX: for ever. A
 * handler that has run since the mark ends these with -EINTR, whatever its flags. */
struct pollfd;
struct signal_mark;
int sys_poll(struct pollfd *polled, unsigned long count, uint64_t deadline_ns,
             const struct signal_mark *mark);
/* Bitmaps: to read, to write, for exceptions; null: none. */
int sys_select(int limit, unsigned long *const sets[3], uint64_t deadline_ns,
               const struct signal_mark *mark);

/* epoll; deadline_ns and mark as above. */
struct epoll_event;
int sys_epoll_create1(int flags);
int sys_epoll_ctl(int epoll, int operation, int fd, const struct epoll_event *event);
int sys_epoll_wait(int epoll, struct epoll_event *events, int most, uint64_t deadline_ns,
                   const struct signal_mark *mark);

/* eventfd and timerfd. -EINVAL for TFD_TIMER_CANCEL_ON_SET, and for clocks that wake machines. */
int sys_eventfd2(unsigned int count, int flags);
int sys_timerfd_create(clockid_t clock, int flags);
int sys_timerfd_settime(int fd, int flags, const struct itimerspec *times,
                        struct itimerspec *former);
int sys_timerfd_gettime(int fd, struct itimerspec *times);

/* A pipe's descriptors; flags: O_CLOEXEC, O_NONBLOCK. */
int sys_pipe(int fds[2], int flags);
int sys_mkfifoat(int folder, const char *path, mode_t mode);

/* Limits. Null: not set, not told. -ESRCH for other processes, -EPERM to raise what may be had at
 * most; only the number of descriptors can be changed: -ENOSYS for others. */
struct rlimit;
int sys_prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *former);

/* Names. */
struct utsname;
int sys_uname(struct utsname *names);
int sys_sethostname(const char *name, size_t len_bytes);

/* The rule of a time zone as TZ has it in POSIX, of the host's own for ""; null: there is no such
 * zone. One call at a time; it stays as long as no other zone is asked for. */
const char *time_zone(const char *name);

#endif
