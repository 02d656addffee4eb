/* The program itself: what it takes, and the barrier around it. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"
#include "uhyve/net-user/shut_in.h"

#define MOST_RSS_KIB 32768

static char *const no_arguments[] = {NULL};

/* ---- Its barrier ---- */

/* Reads a line of its status; the rest of it is a number in base 16. */
static unsigned long long status_of(const struct guest *guest, const char *name)
{
  char path[64], line[256];
  unsigned long long value = 0;
  bool is_found = false;
  snprintf(path, sizeof(path), "/proc/%d/status", guest->program.pid);
  FILE *file = fopen(path, "re");
  CHECK(file != NULL);
  while (!is_found && fgets(line, sizeof(line), file) != NULL)
  {
    is_found = strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':';
    if (is_found)
      value = strtoull(line + strlen(name) + 1, NULL, 16);
  }
  fclose(file);
  CHECK(is_found);
  return value;
}

static void check_descriptors(const struct guest *guest)
{
  char path[64], target[64];
  snprintf(path, sizeof(path), "/proc/%d/fd", guest->program.pid);
  DIR *folder = opendir(path);
  CHECK(folder != NULL);
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
  {
    if (entry->d_name[0] == '.')
      continue;
    ssize_t bytes = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
    CHECK(bytes > 0);
    target[bytes] = '\0';
    bool is_frames = strcmp(entry->d_name, "3") == 0 && strncmp(target, "socket:", 7) == 0;
    if (!is_frames && (strtol(entry->d_name, NULL, 10) > 2 || strcmp(target, "/dev/null") != 0))
      fail("descriptor %s is %s", entry->d_name, target);
  }
  closedir(folder);
}

/* Tries: each in a process that has shut itself in. */

static int try_fork(void)
{
  return fork() < 0 ? errno : 0;
}

static int try_exec(void)
{
  execl("/bin/true", "true", (char *) NULL);
  return errno;
}

static int try_trace(void)
{
  return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? errno : 0;
}

static int try_kill(void)
{
  return kill(getppid(), 0) < 0 ? errno : 0;
}

static int try_secret(void)
{
  return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static int try_write(void)
{
  return open("/etc/resolv.conf", O_WRONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static int try_name_servers(void)
{
  return open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static int try_local(void)
{
  return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int try_raw(void)
{
  return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 ? errno : 0;
}

static int try_packet(void)
{
  return socket(AF_PACKET, SOCK_DGRAM, 0) < 0 ? errno : 0;
}

static int try_stream(void)
{
  return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static int try_listen(void)
{
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  return fd < 0 || listen(fd, 1) < 0 ? errno : 0;
}

static int try_bind(void)
{
  const struct sockaddr_in any = {.sin_family = AF_INET};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  return fd < 0 || bind(fd, (const struct sockaddr *) &any, sizeof(any)) < 0 ? errno : 0;
}

static int try_code(void)
{
  void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return code == MAP_FAILED ? errno : 0;
}

#define BY_FILTER (-1)

static const struct
{
  const char *name;
  int (*run)(void);
  int expected; /* errno */
} tries[] = {
    {"fork", try_fork, BY_FILTER},         {"exec", try_exec, BY_FILTER},
    {"trace", try_trace, BY_FILTER},       {"kill", try_kill, BY_FILTER},
    {"secret", try_secret, EACCES},        {"write", try_write, BY_FILTER},
    {"name servers", try_name_servers, 0}, {"local socket", try_local, EACCES},
    {"raw socket", try_raw, EPERM},        {"packet socket", try_packet, BY_FILTER},
    {"stream socket", try_stream, 0},      {"listen", try_listen, BY_FILTER},
    {"bind", try_bind, BY_FILTER},         {"code", try_code, BY_FILTER},
};

static void check_tries(void)
{
  for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
  {
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
      _exit(shut_in_begin(3, 4) == NULL && shut_in_finish(ISOLATION_STRICT) == NULL ? tries[i].run()
                                                                                    : 255);
    CHECK(waitpid(child, &status, 0) == child);
    int got = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? BY_FILTER : WEXITSTATUS(status);
    if (got != tries[i].expected)
      fail("%s: %d, not %d", tries[i].name, got, tries[i].expected);
  }
}

void case_barrier(void)
{
  char *const strict[] = {"--isolation", "strict", NULL};
  char *const none[] = {"--isolation", "none", NULL};
  struct guest guest;
  guest_begin(&guest, strict);
  CHECK(status_of(&guest, "Seccomp") == 2);
  CHECK(status_of(&guest, "NoNewPrivs") == 1);
  CHECK(status_of(&guest, "CapPrm") == 0);
  CHECK(status_of(&guest, "CapEff") == 0);
  CHECK(status_of(&guest, "CapInh") == 0);
  check_descriptors(&guest);
  guest_end(&guest);
  guest_begin(&guest, none);
  CHECK(status_of(&guest, "Seccomp") == 0);
  check_descriptors(&guest);
  guest_end(&guest);
  check_tries();
}

/* ---- What it takes ---- */

static void check_memory(const struct guest *guest)
{
  char path[64], text[64] = "";
  snprintf(path, sizeof(path), "/proc/%d/statm", guest->program.pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
  close(fd);
  const char *second = strchr(text, ' ');
  CHECK(second != NULL);
  unsigned long pages = strtoul(second, NULL, 10);
  if (pages * 4 > MOST_RSS_KIB)
    fail("%lu KiB of memory", pages * 4);
}

static bool is_arp_reply(const struct frame *frame)
{
  return is_arp(frame) && frame->arp.arp_op == htons(ARPOP_REPLY);
}

/* A guest that does not read loses frames: it takes neither memory without end, nor is it waited
 * for. */
void case_deaf(void)
{
  char *const arguments[] = {"--publish", "udp,127.0.0.1,8080,80", NULL};
  static const uint8_t data[1200];
  struct guest guest;
  struct frame frame;
  guest_begin(&guest, arguments);
  guest_announce(&guest);
  int fd = host_socket(SOCK_DGRAM, "127.0.0.1", 8080, false);
  for (int i = 0; i < 20000; i++)
  {
    send(fd, data, sizeof(data), MSG_DONTWAIT);
    if (i % 10 == 0)
      guest_send_udp(&guest, DNS_IPV4, 5000, 67, data, sizeof(data));
  }
  check_memory(&guest);
  /* Requests of ARP, which libslirp answers itself: more than anything holds. */
  for (int i = 0; i < 100000; i++)
  {
    frame = (struct frame){.ethernet.ether_type = htons(ETHERTYPE_ARP)};
    memcpy(frame.ethernet.ether_shost, guest_mac, 6);
    frame.arp.arp_op = htons(ARPOP_REQUEST);
    const uint32_t own = htonl(GUEST_IPV4), host = htonl(HOST_IPV4);
    memcpy(frame.arp.arp_spa, &own, 4);
    memcpy(frame.arp.arp_tpa, &host, 4);
    guest_send(&guest, &frame, sizeof(frame.ethernet) + sizeof(frame.arp));
  }
  check_memory(&guest);
  guest_receive(&guest, &frame, is_arp_reply);
  guest_end(&guest);
}

/* Frames of random bytes, and ones that begin well. */
void case_garbage(void)
{
  static const uint16_t types[] = {ETHERTYPE_IP, ETHERTYPE_IPV6, ETHERTYPE_ARP, 0x88f8, 0};
  uint8_t frame[1600];
  uint64_t state = 1;
  struct guest guest;
  guest_begin(&guest, no_arguments);
  guest_announce(&guest);
  for (int i = 0; i < 50000; i++)
  {
    const uint8_t *dropped;
    for (size_t at = 0; at < sizeof(frame); at += 4)
    {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const uint32_t word = (uint32_t) (state >> 32);
      memcpy(frame + at, &word, 4);
    }
    size_t bytes = 1 + (state >> 40) % sizeof(frame);
    const uint16_t type = htons(types[(state >> 33) % 5]);
    memcpy(frame + 12, &type, 2);
    if (i % 2 == 0)
      frame[14] = type == htons(ETHERTYPE_IP) ? 0x45 : 0x60;
    guest_send(&guest, frame, bytes);
    while (frame_stream_receive(&guest.stream, &dropped) > 0)
      ;
  }
  guest_announce(&guest);
  guest_end(&guest);
}
