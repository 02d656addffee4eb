/* The end of the program, and of the guest: what was acknowledged is delivered, and nobody waits
 * for long. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"
#include "uhyve/monotonic.h"

#define SEGMENT_BYTES 1400
#define MOST_BYTES    (64u << 20)
#define NS_PER_S      1000000000u

static char *const no_arguments[] = {NULL};

void case_ends(void)
{
  static const uint8_t frame[60] = {0};
  static const uint8_t wrong[][4] = {{0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0, 1, 0, 18}};
  struct guest guest;
  guest_begin(&guest, no_arguments);
  guest_end(&guest);
  /* In the middle of a frame. */
  guest_begin(&guest, no_arguments);
  guest_send(&guest, frame, sizeof(frame));
  CHECK(write(guest.program.frames_fd, "\0\0\1\0half", 8) == 8);
  guest_end(&guest);
  /* When what comes are no frames. */
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
  {
    uint8_t byte;
    guest_begin(&guest, no_arguments);
    CHECK(write(guest.program.frames_fd, wrong[i], 4) == 4);
    while (read(guest.program.frames_fd, &byte, 1) < 0 && errno == EAGAIN)
      usleep(1000);
    guest_end(&guest);
  }
}

void case_signals(void)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE, SIGALRM};
  struct guest guest;
  guest_begin(&guest, no_arguments);
  for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
    CHECK(kill(guest.program.pid, signals[i]) == 0);
  guest_announce(&guest);
  guest_end(&guest);
}

/* ---- Data that was acknowledged ---- */

static void connect_by_hand(struct guest *guest, struct tcp_end *end)
{
  char data[64];
  *end = (struct tcp_end){.to = HOST_IPV4, .from_port = 40000, .to_port = 7000, .next = 1000};
  guest_announce(guest);
  guest_send_tcp(guest, end, TH_SYN, NULL, 0);
  guest_receive_tcp(guest, end, TH_SYN, data, sizeof(data));
  guest_send_tcp(guest, end, TH_ACK, NULL, 0);
}

/* Sends until nobody takes more, and all is acknowledged. Returns how much that was. */
static size_t fill(struct guest *guest, struct tcp_end *end)
{
  static const char data[SEGMENT_BYTES] = "data";
  const uint32_t begin = end->next;
  struct frame frame = {.tcp.th_win = htons(SEGMENT_BYTES), .tcp.th_ack = htonl(begin)};
  for (;;)
  {
    uint32_t window_end = ntohl(frame.tcp.th_ack) + ntohs(frame.tcp.th_win);
    while ((int32_t) (window_end - end->next) >= SEGMENT_BYTES && end->next - begin < MOST_BYTES)
      guest_send_tcp(guest, end, TH_ACK | TH_PUSH, data, sizeof(data));
    if (ntohl(frame.tcp.th_ack) == end->next)
      break;
    guest_receive(guest, &frame, is_tcp);
  }
  CHECK(end->next - begin < MOST_BYTES);
  return end->next - begin;
}

static size_t read_to_the_end(int fd)
{
  static char data[65536];
  size_t bytes = 0;
  for (size_t got; (got = host_read(fd, data, sizeof(data))) > 0;)
    bytes += got;
  return bytes;
}

/* Requests that are answered: the program writes to who does not read. */
static void ask_and_leave(struct guest *guest)
{
  struct frame frame = {.ethernet.ether_type = htons(ETHERTYPE_ARP)};
  const uint32_t own = htonl(GUEST_IPV4), host = htonl(HOST_IPV4);
  memcpy(frame.ethernet.ether_shost, guest_mac, 6);
  frame.arp.arp_op = htons(ARPOP_REQUEST);
  memcpy(frame.arp.arp_spa, &own, 4);
  memcpy(frame.arp.arp_tpa, &host, 4);
  for (int i = 0; i < 200; i++)
    guest_send(guest, &frame, sizeof(frame.ethernet) + sizeof(frame.arp));
}

/* The guest has sent, heard that it has come, and ends: a slow reader gets all of it. Its ports are
 * free, and the monitor does not wait. */
void case_delivers(void)
{
  char *const arguments[] = {"--publish", "tcp,127.0.0.1,8080,80", NULL};
  const int buffer_bytes = 65536;
  struct guest guest;
  struct tcp_end end;
  int status;
  int listening = host_socket(SOCK_STREAM, "127.0.0.1", 7000, true);
  CHECK(setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes)) == 0);
  for (int round = 0; round < 2; round++)
  {
    guest_begin(&guest, arguments);
    const pid_t pid = guest.program.pid;
    connect_by_hand(&guest, &end);
    int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    CHECK(accepted >= 0);
    size_t bytes = fill(&guest, &end);
    /* Again as the monitor that is killed, with frames on their way in both directions. */
    if (round == 1)
      ask_and_leave(&guest);
    guest_send_tcp(&guest, &end, TH_ACK | TH_FIN, NULL, 0);
    const uint64_t begin_ns = monotonic_ns();
    if (round == 0)
    {
      net_program_end(&guest.program);
      CHECK(monotonic_ns() - begin_ns < NS_PER_S); /* which it would be waited for */
      close(host_socket(SOCK_STREAM, "127.0.0.1", 8080, true));
    }
    else
      close(guest.program.frames_fd);
    CHECK(waitpid(pid, &status, WNOHANG) == 0);
    size_t got = read_to_the_end(accepted);
    if (got != bytes)
      fail("%zu of %zu bytes were delivered", got, bytes);
    close(accepted);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    frame_stream_end(&guest.stream);
  }
}

/* ---- The monitor's end ---- */

/* One that does not react is waited for a second; it ends when it goes on. */
void case_stuck(void)
{
  struct guest guest;
  int status;
  guest_begin(&guest, no_arguments);
  const pid_t pid = guest.program.pid;
  CHECK(kill(pid, SIGSTOP) == 0);
  CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
  const uint64_t begin_ns = monotonic_ns();
  net_program_end(&guest.program);
  CHECK(monotonic_ns() - begin_ns < 3ull * NS_PER_S);
  CHECK(waitpid(pid, &status, WNOHANG) == 0);
  CHECK(kill(pid, SIGCONT) == 0);
  CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  frame_stream_end(&guest.stream);
}

/* ---- The program's begin ---- */

/* As a kernel without close_range(). */
static void forbid_close_range(void)
{
  struct sock_filter list[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof(list) / sizeof(list[0]), .filter = list};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* Standard streams, frames, status, and then the folder that ls reads. */
void case_inherits(void)
{
  char *const arguments[] = {"sh", "-c", "exec ls /proc/self/fd >&4", NULL};
  struct net_program program;
  char text[256] = "";
  CHECK(close_range(3, ~0U, 0) == 0); /* the test's own */
  for (int round = 0; round < 2; round++)
  {
    CHECK(net_program_start(&program, "/bin/sh", arguments, false) == 0);
    text[net_program_read_status(&program, text, sizeof(text) - 1)] = '\0';
    if (strcmp(text, "0\n1\n2\n3\n4\n5\n") != 0)
      fail("it has %s", text);
    net_program_end(&program);
    forbid_close_range();
  }
}
