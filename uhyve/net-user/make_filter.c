/* Build tool: writes the seccomp filter of uhyve-net-user as C, by libseccomp. What is not listed
 * kills. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "net_user_filter.h"

#define LOW_BITS    0xffffffff
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static scmp_filter_ctx context;

static void check(int result, const char *what)
{
  if (result == 0)
    return;
  fprintf(stderr, "make_filter: %s: %s\n", what, strerror(-result));
  exit(EXIT_FAILURE);
}

static void allow_list(const int *calls, size_t count)
{
  for (size_t i = 0; i < count; i++)
    check(seccomp_rule_add(context, SCMP_ACT_ALLOW, calls[i], 0), "rule");
}

static void allow_value(int call, unsigned int argument, unsigned int value)
{
  check(seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 1,
                         SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, LOW_BITS, value)),
        "rule of an argument");
}

/* Sockets of the Internet, which connect, send and accept; those that listen do so already. */
static void allow_network(void)
{
  static const int calls[] = {
      SCMP_SYS(connect),     SCMP_SYS(accept),     SCMP_SYS(accept4),  SCMP_SYS(sendto),
      SCMP_SYS(recvfrom),    SCMP_SYS(recvmsg),    SCMP_SYS(shutdown), SCMP_SYS(getsockname),
      SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
  };
  static const unsigned int families[] = {AF_INET, AF_INET6};
  static const unsigned int types[] = {SOCK_STREAM, SOCK_DGRAM};
  static const struct
  {
    int level;
    int name;
  } options[] = {
      {SOL_SOCKET, SO_REUSEADDR},  {SOL_SOCKET, SO_OOBINLINE},        {IPPROTO_TCP, TCP_NODELAY},
      {IPPROTO_IP, IP_TTL},        {IPPROTO_IP, IP_RECVERR},          {IPPROTO_IPV6, IPV6_RECVERR},
      {IPPROTO_IPV6, IPV6_V6ONLY}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
  };
  allow_list(calls, COUNT(calls));
  for (size_t family = 0; family < COUNT(families); family++)
  {
    for (size_t type = 0; type < COUNT(types); type++)
      check(seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_BITS, families[family]),
                             SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, types[type])),
            "rule of sockets");
    /* Tried for ICMP, where the host does not let everybody send echo requests. */
    check(seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
                           SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_BITS, families[family]),
                           SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_RAW)),
          "refusal of sockets");
  }
  for (size_t i = 0; i < COUNT(options); i++)
    check(seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                           SCMP_A1(SCMP_CMP_MASKED_EQ, LOW_BITS, (unsigned int) options[i].level),
                           SCMP_A2(SCMP_CMP_MASKED_EQ, LOW_BITS, (unsigned int) options[i].name)),
          "rule of options");
  allow_value(SCMP_SYS(ioctl), 1, FIONREAD);
}

/* Of /etc/resolv.conf, which Landlock leaves. The number of an interface, of a name server whose
 * address needs one, is refused: sockets of other processes could be reached that way. */
static void allow_name_servers(void)
{
  static const int calls[] = {SCMP_SYS(newfstatat), SCMP_SYS(fstat), SCMP_SYS(lseek)};
  static const unsigned int flags[] = {O_RDONLY, O_RDONLY | O_CLOEXEC};
  allow_list(calls, COUNT(calls));
  for (size_t i = 0; i < COUNT(flags); i++)
    allow_value(SCMP_SYS(openat), 2, flags[i]);
  check(seccomp_rule_add(context, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_BITS, AF_UNIX)),
        "refusal of local sockets");
}

static void allow_others(void)
{
  static const int protecting[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
  static const int calls[] = {
      SCMP_SYS(read),         SCMP_SYS(write),          SCMP_SYS(readv),
      SCMP_SYS(writev),       SCMP_SYS(close),          SCMP_SYS(poll),
      SCMP_SYS(munmap),       SCMP_SYS(mremap),         SCMP_SYS(brk),
      SCMP_SYS(madvise),      SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday),
      SCMP_SYS(getrandom),    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
      SCMP_SYS(rt_sigreturn), SCMP_SYS(getpid),         SCMP_SYS(gettid),
      SCMP_SYS(exit_group),   SCMP_SYS(exit),           SCMP_SYS(restart_syscall),
  };
  static const unsigned int of_descriptors[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
  static const unsigned int of_locks[] = {FUTEX_WAIT, FUTEX_WAKE};
  allow_list(calls, COUNT(calls));
  for (size_t i = 0; i < COUNT(protecting); i++)
    check(seccomp_rule_add(context, SCMP_ACT_ALLOW, protecting[i], 1,
                           SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)),
          "rule of memory");
  for (size_t i = 0; i < COUNT(of_descriptors); i++)
    allow_value(SCMP_SYS(fcntl), 1, of_descriptors[i]);
  for (size_t i = 0; i < COUNT(of_locks); i++)
    check(seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1,
                           SCMP_A1(SCMP_CMP_MASKED_EQ, (unsigned int) FUTEX_CMD_MASK, of_locks[i])),
          "rule of locks");
  /* Of abort(). */
  allow_value(SCMP_SYS(tgkill), 0, FILTER_OWN_PID);
}

/* libseccomp writes to a file descriptor. */
static void write_instructions(void)
{
  FILE *program = tmpfile();
  check(program != NULL ? 0 : -errno, "temporary file");
  check(seccomp_export_bpf(context, fileno(program)), "export");
  rewind(program);
  printf("/* Made by make_filter.c. */\n#include \"uhyve/net-user/net_user_filter.h\"\n"
         "static const struct sock_filter instructions[] = {\n");
  struct sock_filter instruction;
  size_t count = 0;
  for (; fread(&instruction, sizeof(instruction), 1, program) == 1; count++)
    printf("  {0x%x, %u, %u, 0x%x},\n", instruction.code, instruction.jt, instruction.jf,
           instruction.k);
  printf("};\nconst struct filter net_user_filter = {instructions, %zu};\n", count);
  fclose(program);
  check(count > 0 && count <= FILTER_MAX_INSTRUCTIONS ? 0 : -E2BIG, "length");
}

int main(void)
{
  context = seccomp_init(SCMP_ACT_KILL_PROCESS);
  check(context != NULL ? 0 : -ENOMEM, "seccomp_init");
  check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "architecture");
  check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  allow_network();
  allow_name_servers();
  allow_others();
  write_instructions();
  seccomp_release(context);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
