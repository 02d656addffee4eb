/* A guest that answers raw frames, without a stack: the driver's only user.
 * usage: frames [split] [plain]
 *
 * Frames of type 0x88b5 go back to who sent them, from the buffers they came in. What follows the
 * header is a number; 0 ends the program. One with "large" behind the number is answered by a TCP
 * segment of 32 KiB. TCP segments that no single frame carries go back too, to be cut by the
 * device. split: no packed ring; plain: nothing but frames. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/driver/device.h"

/* Of the kernel library. */
struct net_device *net_devices(void) __asm__("__uhyve_net_devices");
void net_device_use(struct net_device *device,
                    const struct net_device_user *user) __asm__("__uhyve_net_device_use");
extern uint64_t virtio_net_refused __asm__("__uhyve_virtio_net_refused");
int futex_wait(uint32_t *word, uint32_t expected,
               uint64_t deadline_ns) __asm__("__uhyve_futex_wait");
int futex_wake(uint32_t *word, int count) __asm__("__uhyve_futex_wake");

#define FEATURE_PACKED     (1ull << 34)
#define FEATURES_NOT_PLAIN 0x30009983ull /* offloads, merged buffers, tables, event index */
#define FRAME_TYPE_HIGH    0x88
#define FRAME_TYPE_LOW     0xb5
#define HEADER_BYTES       14u
#define BATCH              64u

#define MOST_FRAME_BYTES   9018u
#define LARGE_BYTES        32768u
#define LARGE_HEADER_BYTES 54u /* Ethernet, IPv4, TCP */

static struct net_device *device;
static uint32_t is_woken;
static unsigned long wakes, frames, links;
static unsigned long on_their_way;
static bool is_over;
static struct net_received *waiting, **waiting_end = &waiting;

/* In an interrupt. */
static __attribute__((target("general-regs-only"))) void wake(void *context)
{
  (void) context;
  wakes++;
  __atomic_store_n(&is_woken, 1, __ATOMIC_RELEASE);
  futex_wake(&is_woken, 1);
}

static void fail(const char *what)
{
  printf("%s\n", what);
  exit(1);
}

static unsigned char large[LARGE_HEADER_BYTES + LARGE_BYTES] __attribute__((aligned(4096)));

static uint16_t pseudo_sum(const unsigned char *ip, unsigned int tcp_bytes)
{
  uint32_t sum = 6 + tcp_bytes;
  for (int i = 12; i < 20; i += 2)
    sum += (uint32_t) ip[i] << 8 | ip[i + 1];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t) sum;
}

/* The frame is a TCP segment, which the device is to cut. */
static void cut(struct net_frame *frame)
{
  frame->checksum_begin = 34;
  frame->checksum_offset = 16;
  frame->segment_bytes = 1448;
  frame->header_bytes = LARGE_HEADER_BYTES;
}

/* A TCP segment for 192.0.2.1, longer than any frame: in three pieces, one of them at no page's
 * begin. */
static void send_large(const unsigned char *to)
{
  static const unsigned char ip[20] = {0x45, 0, 0,   0, 0, 1, 0x40, 0, 64, 6,
                                       0,    0, 192, 0, 2, 2, 192,  0, 2,  1};
  memcpy(large, to, 6);
  memcpy(large + 6, device->address, 6);
  large[12] = 0x08;
  memcpy(large + 14, ip, sizeof(ip));
  unsigned int ip_bytes = LARGE_BYTES + 40;
  large[16] = (unsigned char) (ip_bytes >> 8);
  large[17] = (unsigned char) ip_bytes;
  uint32_t sum = 0;
  for (int i = 14; i < 34; i += 2)
    sum += (uint32_t) large[i] << 8 | large[i + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~(sum + (sum >> 16));
  large[24] = (unsigned char) (sum >> 8);
  large[25] = (unsigned char) sum;
  large[35] = 80;
  large[37] = 81;
  large[46] = 0x50;
  large[47] = 0x10;
  uint16_t pseudo = pseudo_sum(large + 14, LARGE_BYTES + 20);
  large[50] = (unsigned char) (pseudo >> 8);
  large[51] = (unsigned char) pseudo;
  for (unsigned int i = 0; i < LARGE_BYTES; i++)
    large[LARGE_HEADER_BYTES + i] = (unsigned char) (i * 7 + i / 256);
  static struct net_piece pieces[3] = {{large, LARGE_HEADER_BYTES},
                                       {large + LARGE_HEADER_BYTES, 9999},
                                       {large + LARGE_HEADER_BYTES + 9999, LARGE_BYTES - 9999}};
  struct net_frame frame = {.pieces = pieces, .piece_count = 3};
  cut(&frame);
  if (device->operations->send(device, &frame) != 0)
    fail("the large segment was not sent");
  on_their_way++;
}

/* Returns whether there was room. */
static bool answer(struct net_received *received)
{
  struct net_frame frame = {
      .pieces = received->pieces, .piece_count = received->piece_count, .owner = received};
  if (received->len_bytes > MOST_FRAME_BYTES)
    cut(&frame);
  int error = device->operations->send(device, &frame);
  if (error == -EAGAIN)
    return false;
  if (error != 0)
    fail("send");
  on_their_way++;
  return true;
}

static void received(void *context, struct net_received *frame)
{
  (void) context;
  unsigned char *data = frame->pieces[0].data;
  uint32_t number = 0;
  bool is_ours = data[12] == FRAME_TYPE_HIGH && data[13] == FRAME_TYPE_LOW;
  if (frame->pieces[0].len_bytes < HEADER_BYTES + sizeof(number) ||
      !(is_ours || frame->len_bytes > MOST_FRAME_BYTES))
  {
    device->operations->release(device, frame);
    return;
  }
  memcpy(&number, data + HEADER_BYTES, sizeof(number));
  frames++;
  is_over = is_over || number == 0;
  if (frame->pieces[0].len_bytes > 23 && memcmp(data + 18, "large", 5) == 0)
  {
    send_large(data + 6);
    device->operations->release(device, frame);
    return;
  }
  memcpy(data, data + 6, 6);
  memcpy(data + 6, device->address, 6);
  if (waiting != NULL || !answer(frame))
  {
    frame->next = NULL;
    *waiting_end = frame;
    waiting_end = &frame->next;
  }
}

static void sent(void *context, void *owner)
{
  (void) context;
  on_their_way--;
  if (owner != NULL)
    device->operations->release(device, owner);
}

static void link_changed(void *context, bool is_up)
{
  (void) context;
  links++;
  printf("link %s\n", is_up ? "up" : "down");
  fflush(stdout);
}

static void answer_waiting(void)
{
  while (waiting != NULL)
  {
    struct net_received *next = waiting->next;
    if (!answer(waiting))
      return;
    waiting = next;
    if (waiting == NULL)
      waiting_end = &waiting;
  }
}

static void serve(void)
{
  const struct net_device_operations *operations = device->operations;
  while (!is_over || on_their_way > 0)
  {
    __atomic_store_n(&is_woken, 0, __ATOMIC_RELAXED);
    while (operations->serve(device, BATCH) > 0)
    {
      answer_waiting();
      operations->flush(device);
    }
    /* The last answers: nothing else comes that has them looked at. */
    if (!is_over && !operations->expect(device))
      futex_wait(&is_woken, 0, UINT64_MAX);
  }
}

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    virtio_net_refused |= strcmp(argv[i], "split") == 0 ? FEATURE_PACKED : FEATURES_NOT_PLAIN;
  device = net_devices();
  if (device == NULL)
    fail("no device");
  const struct net_device_user user = {
      .received = received, .sent = sent, .link_changed = link_changed, .wake = wake};
  net_device_use(device, &user);
  const uint8_t *address = device->address;
  printf("ready %02x:%02x:%02x:%02x:%02x:%02x mtu %u features %u %s\n", address[0], address[1],
         address[2], address[3], address[4], address[5], device->mtu_bytes, device->features,
         device->is_up ? "up" : "down");
  fflush(stdout);
  serve();
  printf("%lu frames\n", frames);
  fprintf(stderr, "%lu wakes\n", wakes);
  return 0;
}
