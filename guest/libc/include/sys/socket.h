/* Sockets, with the numbers and layouts of Linux x86-64. */
#ifndef _SYS_SOCKET_H
#define _SYS_SOCKET_H

#include <sys/_timespec.h>
#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/uio.h>

__BEGIN_DECLS

#ifndef _SOCKLEN_T_DECLARED
#define _SOCKLEN_T_DECLARED
typedef __socklen_t socklen_t;
#endif

#ifndef _SA_FAMILY_T_DECLARED
#define _SA_FAMILY_T_DECLARED
typedef __sa_family_t sa_family_t;
#endif

/* ---- Kinds ---- */

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_RDM       4
#define SOCK_SEQPACKET 5
#define SOCK_DCCP      6
#define SOCK_PACKET    10
#define SOCK_NONBLOCK  04000    /* as O_NONBLOCK */
#define SOCK_CLOEXEC   02000000 /* as O_CLOEXEC */

#define PF_UNSPEC      0
#define PF_LOCAL       1
#define PF_UNIX        PF_LOCAL
#define PF_FILE        PF_LOCAL
#define PF_INET        2
#define PF_AX25        3
#define PF_IPX         4
#define PF_APPLETALK   5
#define PF_BRIDGE      7
#define PF_X25         9
#define PF_INET6       10
#define PF_KEY         15
#define PF_NETLINK     16
#define PF_ROUTE       PF_NETLINK
#define PF_PACKET      17
#define PF_CAN         29
#define PF_TIPC        30
#define PF_BLUETOOTH   31
#define PF_ALG         38
#define PF_VSOCK       40
#define PF_XDP         44
#define PF_MAX         46

#define AF_UNSPEC      PF_UNSPEC
#define AF_LOCAL       PF_LOCAL
#define AF_UNIX        PF_UNIX
#define AF_FILE        PF_FILE
#define AF_INET        PF_INET
#define AF_AX25        PF_AX25
#define AF_IPX         PF_IPX
#define AF_APPLETALK   PF_APPLETALK
#define AF_BRIDGE      PF_BRIDGE
#define AF_X25         PF_X25
#define AF_INET6       PF_INET6
#define AF_KEY         PF_KEY
#define AF_NETLINK     PF_NETLINK
#define AF_ROUTE       PF_ROUTE
#define AF_PACKET      PF_PACKET
#define AF_CAN         PF_CAN
#define AF_TIPC        PF_TIPC
#define AF_BLUETOOTH   PF_BLUETOOTH
#define AF_ALG         PF_ALG
#define AF_VSOCK       PF_VSOCK
#define AF_XDP         PF_XDP
#define AF_MAX         PF_MAX

#define SOMAXCONN      4096

/* ---- Addresses ---- */

struct sockaddr
{
  sa_family_t sa_family;
  char sa_data[14];
};

struct sockaddr_storage
{
  sa_family_t ss_family;
  char __ss_padding[118];
  unsigned long __ss_align;
};

/* ---- Messages ---- */

struct msghdr
{
  void *msg_name;
  socklen_t msg_namelen;
  struct iovec *msg_iov;
  size_t msg_iovlen;
  void *msg_control;
  size_t msg_controllen;
  int msg_flags;
};

struct cmsghdr
{
  size_t cmsg_len;
  int cmsg_level;
  int cmsg_type;
};

#if __GNU_VISIBLE
struct mmsghdr
{
  struct msghdr msg_hdr;
  unsigned int msg_len;
};

struct ucred
{
  pid_t pid;
  uid_t uid;
  gid_t gid;
};
#endif

#define SCM_RIGHTS 1
#if __GNU_VISIBLE
#define SCM_CREDENTIALS 2
#endif

#define CMSG_ALIGN(len)   (((len) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define CMSG_SPACE(len)   (CMSG_ALIGN(len) + CMSG_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_LEN(len)     (CMSG_ALIGN(sizeof(struct cmsghdr)) + (len))
#define CMSG_DATA(header) ((unsigned char *) ((struct cmsghdr *) (header) + 1))
#define CMSG_FIRSTHDR(message)                                  \
  ((size_t) (message)->msg_controllen >= sizeof(struct cmsghdr) \
       ? (struct cmsghdr *) (message)->msg_control              \
       : (struct cmsghdr *) 0)
#define CMSG_NXTHDR(message, header) __cmsg_nxthdr(message, header)

static __inline__ struct cmsghdr *__cmsg_nxthdr(struct msghdr *__message, struct cmsghdr *__header)
{
  unsigned char *__end = (unsigned char *) __message->msg_control + __message->msg_controllen;
  size_t __left = (size_t) (__end - (unsigned char *) __header);
  if (__header->cmsg_len < sizeof(struct cmsghdr) || __header->cmsg_len > __left ||
      CMSG_ALIGN(__header->cmsg_len) + sizeof(struct cmsghdr) > __left)
    return (struct cmsghdr *) 0;
  return (struct cmsghdr *) (void *) ((unsigned char *) __header + CMSG_ALIGN(__header->cmsg_len));
}

#define MSG_OOB       0x01
#define MSG_PEEK      0x02
#define MSG_DONTROUTE 0x04
#define MSG_CTRUNC    0x08
#define MSG_TRUNC     0x20
#define MSG_DONTWAIT  0x40
#define MSG_EOR       0x80
#define MSG_WAITALL   0x100
#define MSG_NOSIGNAL  0x4000
#if __MISC_VISIBLE
#define MSG_TRYHARD      MSG_DONTROUTE
#define MSG_PROXY        0x10
#define MSG_FIN          0x200
#define MSG_SYN          0x400
#define MSG_CONFIRM      0x800
#define MSG_RST          0x1000
#define MSG_ERRQUEUE     0x2000
#define MSG_MORE         0x8000
#define MSG_WAITFORONE   0x10000
#define MSG_BATCH        0x40000
#define MSG_ZEROCOPY     0x4000000
#define MSG_FASTOPEN     0x20000000
#define MSG_CMSG_CLOEXEC 0x40000000
#endif

/* ---- Options ---- */

#define SOL_SOCKET    1
#define SOL_IP        0
#define SOL_TCP       6
#define SOL_UDP       17
#define SOL_IPV6      41
#define SOL_ICMPV6    58
#define SOL_RAW       255
#define SOL_PACKET    263
#define SOL_NETLINK   270

#define SO_DEBUG      1
#define SO_REUSEADDR  2
#define SO_TYPE       3
#define SO_ERROR      4
#define SO_DONTROUTE  5
#define SO_BROADCAST  6
#define SO_SNDBUF     7
#define SO_RCVBUF     8
#define SO_KEEPALIVE  9
#define SO_OOBINLINE  10
#define SO_LINGER     13
#define SO_RCVLOWAT   18
#define SO_SNDLOWAT   19
#define SO_RCVTIMEO   20
#define SO_SNDTIMEO   21
#define SO_ACCEPTCONN 30
#define SO_PROTOCOL   38
#define SO_DOMAIN     39
#if __MISC_VISIBLE
#define SO_NO_CHECK              11
#define SO_PRIORITY              12
#define SO_BSDCOMPAT             14
#define SO_REUSEPORT             15
#define SO_PASSCRED              16
#define SO_PEERCRED              17
#define SO_BINDTODEVICE          25
#define SO_ATTACH_FILTER         26
#define SO_DETACH_FILTER         27
#define SO_PEERNAME              28
#define SO_TIMESTAMP             29
#define SCM_TIMESTAMP            SO_TIMESTAMP
#define SO_PEERSEC               31
#define SO_SNDBUFFORCE           32
#define SO_RCVBUFFORCE           33
#define SO_PASSSEC               34
#define SO_TIMESTAMPNS           35
#define SCM_TIMESTAMPNS          SO_TIMESTAMPNS
#define SO_MARK                  36
#define SO_TIMESTAMPING          37
#define SO_RXQ_OVFL              40
#define SO_PEEK_OFF              42
#define SO_NOFCS                 43
#define SO_BUSY_POLL             46
#define SO_MAX_PACING_RATE       47
#define SO_INCOMING_CPU          49
#define SO_ATTACH_REUSEPORT_CBPF 51
#define SO_COOKIE                57
#define SO_ZEROCOPY              60
#endif

struct linger
{
  int l_onoff;
  int l_linger; /* seconds */
};

#define SHUT_RD   0
#define SHUT_WR   1
#define SHUT_RDWR 2

/* ---- Calls ---- */

int socket(int, int, int);
int socketpair(int, int, int, int[2]);
int bind(int, const struct sockaddr *, socklen_t);
int listen(int, int);
int accept(int, struct sockaddr *__restrict, socklen_t *__restrict);
int connect(int, const struct sockaddr *, socklen_t);
int shutdown(int, int);
int getsockname(int, struct sockaddr *__restrict, socklen_t *__restrict);
int getpeername(int, struct sockaddr *__restrict, socklen_t *__restrict);
int getsockopt(int, int, int, void *__restrict, socklen_t *__restrict);
int setsockopt(int, int, int, const void *, socklen_t);
ssize_t send(int, const void *, size_t, int);
ssize_t recv(int, void *, size_t, int);
ssize_t sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
ssize_t recvfrom(int, void *__restrict, size_t, int, struct sockaddr *__restrict,
                 socklen_t *__restrict);
ssize_t sendmsg(int, const struct msghdr *, int);
ssize_t recvmsg(int, struct msghdr *, int);
int sockatmark(int);
#if __GNU_VISIBLE
int accept4(int, struct sockaddr *__restrict, socklen_t *__restrict, int);
int sendmmsg(int, struct mmsghdr *, unsigned int, int);
int recvmmsg(int, struct mmsghdr *, unsigned int, int, struct timespec *);
#endif

__END_DECLS

#endif
