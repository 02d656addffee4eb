/* fstat() as the system call of that name. The C library's may be another one, which takes paths as
 * well, so that no filter could tell the two apart; the linker puts this in its place (--wrap),
 * also in other libraries. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status);

int __wrap_fstat(int fd, struct stat *status)
{
  return (int) syscall(SYS_fstat, fd, status);
}

int __wrap_fstat64(int fd, struct stat *status)
{
  return __wrap_fstat(fd, status);
}
