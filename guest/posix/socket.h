/* System calls for sockets: Linux's names, numbers and meanings, negative errno on failure. Structs
 * are those of <sys/socket.h>; pointers are the program's. */
#ifndef GUEST_POSIX_SOCKET_H
#define GUEST_POSIX_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mmsghdr;
struct msghdr;

int sys_socket(int family, int type, int protocol);
int sys_socketpair(int family, int type, int protocol, int fds[2]);
int sys_bind(int fd, const void *name, uint32_t len_bytes);
int sys_listen(int fd, int backlog);
int sys_accept4(int fd, void *name, uint32_t *len_bytes, int flags);
int sys_connect(int fd, const void *name, uint32_t len_bytes);
int sys_shutdown(int fd, int how);
int sys_getsockname(int fd, void *name, uint32_t *len_bytes);
int sys_getpeername(int fd, void *name, uint32_t *len_bytes);
int sys_getsockopt(int fd, int level, int option, void *value, uint32_t *len_bytes);
int sys_setsockopt(int fd, int level, int option, const void *value, uint32_t len_bytes);
ssize_t sys_sendto(int fd, const void *buffer, size_t size_bytes, int flags, const void *name,
                   uint32_t len_bytes);
ssize_t sys_recvfrom(int fd, void *buffer, size_t size_bytes, int flags, void *name,
                     uint32_t *len_bytes);
ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags);

/* How many of the messages went, at least one, or why not even the first. */
int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
/* deadline_ns: after it no further message is waited for, of CLOCK_MONOTONIC. */
int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
                 uint64_t deadline_ns);

/* From a file to any other, at *offset, which moves; null: at the file's own. */
ssize_t sys_sendfile(int to, int from, off_t *offset, size_t len_bytes);

#endif
