/* A bad wire: makes two TAP interfaces and forwards frames from each to the other, with loss,
 * delay, reordering and duplication. For kernels without netem.
 *
 * usage: faults A B [--loss PERCENT] [--duplicate PERCENT] [--reorder PERCENT] [--behind MS]
 *               [--delay MS] [--seed N]
 *
 * What happens to a frame depasked on the seed, its direction and how many went that way before it.
 * One that is reordered comes --behind later than its turn (default 4 ms). Prints "ready" when both
 * interfaces are there, and at SIGUSR1 what it has done in each direction. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MOST_BYTES 65600
#define FRAMES_MOST      65536 /* on their way in one direction; more are lost, as in a full queue */

#define BATCH            64

struct frame
{
  uint64_t due_ns;
  uint64_t number; /* of frames that are due at once, the first goes first */
  size_t len_bytes;
  unsigned char data[];
};

struct direction
{
  const char *name;
  int from_fd, to_fd;
  uint64_t random; /* the generator's state */
  struct frame *waiting[FRAMES_MOST];
  size_t waiting_count; /* a heap, the frame that is due first in front */
  uint64_t came, lost, duplicated, reordered, overflown, refused, went;
};

static struct
{
  double loss, duplicate, reorder; /* shares of one */
  uint64_t behind_ns, delay_ns, seed;
} settings = {.behind_ns = 4000000, .seed = 1};

static void fail(const char *what)
{
  fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
  exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

/* Whether something of this probability happens now (splitmix64). */
static bool happens(struct direction *direction, double share)
{
  uint64_t z = direction->random += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (double) ((z ^ z >> 31) >> 11) * 0x1p-53 < share;
}

static bool is_before(const struct frame *left, const struct frame *right)
{
  return left->due_ns != right->due_ns ? left->due_ns < right->due_ns
                                       : left->number < right->number;
}

static void keep(struct direction *direction, const unsigned char *data, size_t len_bytes,
                 uint64_t due_ns)
{
  if (direction->waiting_count == FRAMES_MOST)
  {
    direction->overflown++;
    return;
  }
  struct frame *frame = malloc(sizeof(*frame) + len_bytes);
  if (frame == NULL)
    fail("memory");
  *frame = (struct frame){.due_ns = due_ns, .number = direction->came, .len_bytes = len_bytes};
  memcpy(frame->data, data, len_bytes);
  size_t i = direction->waiting_count++;
  for (; i > 0 && is_before(frame, direction->waiting[(i - 1) / 2]); i = (i - 1) / 2)
    direction->waiting[i] = direction->waiting[(i - 1) / 2];
  direction->waiting[i] = frame;
}

static struct frame *take_first(struct direction *direction)
{
  struct frame *first = direction->waiting[0];
  struct frame *last = direction->waiting[--direction->waiting_count];
  size_t i = 0;
  for (;;)
  {
    size_t child = 2 * i + 1;
    if (child + 1 < direction->waiting_count &&
        is_before(direction->waiting[child + 1], direction->waiting[child]))
      child++;
    if (child >= direction->waiting_count || is_before(last, direction->waiting[child]))
      break;
    direction->waiting[i] = direction->waiting[child];
    i = child;
  }
  direction->waiting[i] = last;
  return first;
}

/* Reads what is there, some frames at a time. The same numbers are drawn for each frame, so that
 * one setting changes nothing of what the others do. */
static void receive(struct direction *direction)
{
  static unsigned char data[FRAME_MOST_BYTES];
  ssize_t got;
  for (int i = 0; i < BATCH && (got = read(direction->from_fd, data, sizeof(data))) > 0; i++)
  {
    bool is_lost = happens(direction, settings.loss);
    bool is_double = happens(direction, settings.duplicate);
    bool is_late = happens(direction, settings.reorder);
    uint64_t due_ns = now_ns() + settings.delay_ns + (is_late ? settings.behind_ns : 0);
    direction->came++;
    direction->lost += is_lost;
    if (is_lost)
      continue;
    direction->reordered += is_late;
    direction->duplicated += is_double;
    keep(direction, data, (size_t) got, due_ns);
    if (is_double)
      keep(direction, data, (size_t) got, due_ns);
  }
}

/* Sasked what is due. Returns when the next frame is, or UINT64_MAX. */
static uint64_t send_due(struct direction *direction)
{
  while (direction->waiting_count > 0)
  {
    if (direction->waiting[0]->due_ns > now_ns())
      return direction->waiting[0]->due_ns;
    struct frame *frame = take_first(direction);
    /* An interface that is down takes nothing. */
    if (write(direction->to_fd, frame->data, frame->len_bytes) == (ssize_t) frame->len_bytes)
      direction->went++;
    else
      direction->refused++;
    free(frame);
  }
  return UINT64_MAX;
}

/* A TAP without offloads: the kernel cuts what is too long for the wire, and fills in checksums. */
static int open_tap(const char *name)
{
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    fail("/dev/net/tun");
  strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
  if (ioctl(fd, TUNSETIFF, &request) != 0)
    fail(name);
  return fd;
}

static int watch_signal(void)
{
  sigset_t asked;
  sigemptyset(&asked);
  sigaddset(&asked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &asked, NULL);
  int fd = signalfd(-1, &asked, SFD_CLOEXEC);
  if (fd < 0)
    fail("signalfd");
  return fd;
}

static void print(const struct direction directions[2])
{
  for (const struct direction *direction = directions; direction < directions + 2; direction++)

    printf(
        "%s: came %llu lost %llu duplicated %llu reordered %llu overflown %llu refused %llu went "
        "%llu\n",
        direction->name, (unsigned long long) direction->came, (unsigned long long) direction->lost,
        (unsigned long long) direction->duplicated, (unsigned long long) direction->reordered,
        (unsigned long long) direction->overflown, (unsigned long long) direction->refused,
        (unsigned long long) direction->went);
  fflush(stdout);
}

static void forward(struct direction directions[2], int signal_fd)
{
  struct pollfd fds[] = {{.fd = directions[0].from_fd, .events = POLLIN},
                         {.fd = directions[1].from_fd, .events = POLLIN},
                         {.fd = signal_fd, .events = POLLIN}};
  for (;;)
  {
    struct signalfd_siginfo signal;
    if (fds[2].revents != 0 && read(signal_fd, &signal, sizeof(signal)) > 0)
      print(directions);
    uint64_t next_ns = UINT64_MAX;
    for (int i = 0; i < 2; i++)
    {
      receive(&directions[i]);
      uint64_t due_ns = send_due(&directions[i]);
      next_ns = due_ns < next_ns ? due_ns : next_ns;
    }
    uint64_t now = now_ns();
    uint64_t wait_ns = next_ns < now ? 0 : next_ns - now;
    struct timespec wait = {.tv_sec = (time_t) (wait_ns / 1000000000u),
                            .tv_nsec = (long) (wait_ns % 1000000000u)};
    if (ppoll(fds, 3, next_ns == UINT64_MAX ? NULL : &wait, NULL) < 0 && errno != EINTR)
      fail("ppoll");
  }
}

static void read_options(int argc, char **argv)
{
  static const struct option options[] = {{"loss", required_argument, NULL, 'l'},
                                          {"duplicate", required_argument, NULL, 'd'},
                                          {"reorder", required_argument, NULL, 'r'},
                                          {"behind", required_argument, NULL, 'b'},
                                          {"delay", required_argument, NULL, 'D'},
                                          {"seed", required_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
  int c;
  while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
  {
    double value = c == '?' ? 0 : strtod(optarg, NULL);
    switch (c)
    {
    case 'l':
      settings.loss = value / 100;
      break;
    case 'd':
      settings.duplicate = value / 100;
      break;
    case 'r':
      settings.reorder = value / 100;
      break;
    case 'b':
      settings.behind_ns = (uint64_t) (value * 1e6);
      break;
    case 'D':
      settings.delay_ns = (uint64_t) (value * 1e6);
      break;
    case 's':
      settings.seed = (uint64_t) value;
      break;
    default:
      exit(2);
    }
  }
  if (argc - optind != 2)
  {
    fputs("usage: faults A B [OPTION]...\n", stderr);
    exit(2);
  }
}

int main(int argc, char **argv)
{
  static struct direction directions[2];
  read_options(argc, argv);
  int signal_fd = watch_signal();
  int a_fd = open_tap(argv[optind]);
  int b_fd = open_tap(argv[optind + 1]);
  directions[0] = (struct direction){
      .name = "there", .from_fd = a_fd, .to_fd = b_fd, .random = settings.seed * 2};
  directions[1] = (struct direction){
      .name = "back", .from_fd = b_fd, .to_fd = a_fd, .random = settings.seed * 2 + 1};
  puts("ready");
  fflush(stdout);
  forward(directions, signal_fd);
}
