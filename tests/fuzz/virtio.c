/* Fuzzes the network device of the monitor: each input is a sequence of what a driver does to the
 * registers and rings of one, right or wrong, while frames come and go. The ways out are the
 * fuzzer's: they look at what they get, and change the rings as other CPUs of a guest could at any
 * time. */
#include "tests/fuzz/fuzz.h"

#include "uhyve/net/virtio_net.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define RAM_BYTES     (2u << 20)
#define MAPPED_BYTES  (256u << 10) /* the rest is not the guest's yet */
#define SECRET_GPA    (128u << 10) /* the nucleus's, as it were */
#define SECRET_BYTES  4096u
#define QUEUE_BYTES   0x5000u
#define QUEUE_GPA(n)  (0x1000u + QUEUE_BYTES * (n))
#define DRIVER_OFFSET 0x2000u
#define DEVICE_OFFSET 0x3000u
#define TABLES_GPA    0x1a000u
#define DATA_GPA      0x21000u
#define MOST_STEPS    400
#define MOST_FRAMES   200
#define MOST_QUEUES   5u
#define FILL          0xa5

static struct guest_memory memory;
static struct virtio_net net;
static struct net_way way, second_way; /* queues of one */
static struct input input;

static struct
{
  unsigned int frames; /* that are there to be received */
  uint32_t frame_bytes;
  uint8_t flags, gso_type; /* of their headers */
  uint8_t receive_error, send_error, flush_error;
  uint8_t changes; /* how much of the rings changes in each call */
  bool is_gone;    /* and has said so */
} world;

static uint64_t published[MOST_QUEUES]; /* split: the driver's index */

/* ---- The way out ---- */

static void poke(void)
{
  uint8_t place = input_u8(&input);
  uint32_t offset = (uint32_t) input_u8(&input) * 2;
  static const uint32_t parts[] = {0, DRIVER_OFFSET, DEVICE_OFFSET, 0};
  uint32_t queue = (place & 1u) + (place >> 4) % 3 * 2;
  uint32_t gpa = QUEUE_GPA(queue < MOST_QUEUES ? queue : 0) + parts[place >> 1 & 3];
  if ((place & 8) != 0)
    gpa = TABLES_GPA;
  uint16_t value = (uint16_t) (input_u8(&input) | input_u8(&input) << 8);
  uint8_t *hva = guest_memory_hva(&memory, gpa + offset, 2);
  memcpy(hva, &value, sizeof(value));
}

static bool is_own(const struct iovec *piece)
{
  const uint8_t *at = piece->iov_base;
  const uint8_t *own = (const uint8_t *) &net;
  return at >= own && at + piece->iov_len <= own + sizeof(net);
}

/* All of it is memory that the guest has; but for what is the device's. */
static void check_pieces(const struct iovec *pieces, int count, unsigned int own_count)
{
  CHECK(count >= 2 && count <= NET_MOST_PIECES_OF_WAY);
  CHECK(pieces[0].iov_len == NET_HEADER_BYTES && is_own(&pieces[0]));
  unsigned int own = 0;
  for (int i = 0; i < count; i++)
  {
    if (is_own(&pieces[i]))
    {
      own++;
      continue;
    }
    if (pieces[i].iov_len == 0)
      continue;
    uint64_t gpa = (uint64_t) ((const uint8_t *) pieces[i].iov_base - memory.slots[0].hva);
    uint64_t end = gpa + pieces[i].iov_len;
    CHECK(end >= gpa && end <= MAPPED_BYTES);
    CHECK(end <= SECRET_GPA || gpa >= SECRET_GPA + SECRET_BYTES);
  }
  CHECK(own == own_count);
  for (unsigned int i = 0; i < world.changes; i++)
    poke();
}

static ssize_t receive(struct net_way *to, const struct iovec *pieces, int count)
{
  CHECK(to == &way || to == &second_way);
  check_pieces(pieces, count, 2);
  if (world.receive_error != 0)
    return world.receive_error == 1 ? -EMSGSIZE : -EIO;
  if (world.frames == 0)
    return -EAGAIN;
  world.frames--;
  uint32_t left = world.frame_bytes;
  struct virtio_net_hdr_v1 header = {.flags = world.flags, .gso_type = world.gso_type};
  memcpy(pieces[0].iov_base, &header, sizeof(header));
  for (int i = 1; i < count && left > 0; i++)
  {
    size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
    memset(pieces[i].iov_base, FILL, part);
    left -= (uint32_t) part;
  }
  CHECK(left == 0);
  return NET_HEADER_BYTES + (ssize_t) world.frame_bytes;
}

static int send_frame(struct net_way *to, const struct iovec *pieces, int count)
{
  uint64_t bytes = 0;
  CHECK(to == &way || to == &second_way);
  for (int i = 0; i < count; i++)
    bytes += pieces[i].iov_len;
  CHECK(bytes > NET_HEADER_BYTES && bytes <= NET_HEADER_BYTES + NET_MOST_FRAME_BYTES);
  check_pieces(pieces, count, 1);
  const struct virtio_net_hdr_v1 *header = pieces[0].iov_base;
  CHECK(header->gso_type == 0 || virtio_net_has(&net, VIRTIO_NET_F_HOST_TSO4) ||
        virtio_net_has(&net, VIRTIO_NET_F_HOST_TSO6));
  static const int errors[] = {0, -EAGAIN, -EINVAL, -EIO, -ENETDOWN};
  return errors[world.send_error];
}

static int flush(struct net_way *to)
{
  CHECK(to == &way || to == &second_way);
  static const int errors[] = {0, -EAGAIN, -EPIPE};
  world.is_gone |= errors[world.flush_error] == -EPIPE;
  return errors[world.flush_error];
}

static int set_offloads(struct net_way *to, uint64_t features)
{
  CHECK(to == &way); /* one for all queues */
  CHECK((features & ~way.features) == 0);
  return 0;
}

static const struct net_way_operations operations = {
    .receive = receive, .send = send_frame, .flush = flush, .set_offloads = set_offloads};

/* ---- The driver ---- */

static uint32_t input_u32(void)
{
  uint32_t value;
  input_take(&input, &value, sizeof(value));
  return value;
}

static void write_register(uint64_t offset, uint32_t value)
{
  virtio_mmio_write(&net.virtio, offset, 4, value);
}

static void write_address(uint64_t offset, uint64_t gpa)
{
  write_register(offset, (uint32_t) gpa);
  write_register(offset + 4, (uint32_t) (gpa >> 32));
}

static void start_queue(unsigned int queue, uint8_t size)
{
  write_register(0x30, queue);
  write_register(0x38, (size & 0x80) != 0 ? size & 0x7f : 1u << size % 10);
  write_address(0x80, QUEUE_GPA(queue));
  write_address(0x90, QUEUE_GPA(queue) + DRIVER_OFFSET);
  write_address(0xa0, QUEUE_GPA(queue) + DEVICE_OFFSET);
  write_register(0x44, 1);
  published[queue] = 0;
  memset(guest_memory_hva(&memory, QUEUE_GPA(queue), QUEUE_BYTES), 0, QUEUE_BYTES);
}

/* As a good driver does it, with features and sizes by the input. */
static void start(void)
{
  static const unsigned int bits[] = {
      VIRTIO_F_RING_PACKED,   VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC,
      VIRTIO_NET_F_MRG_RXBUF, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_HOST_TSO4,
      VIRTIO_NET_F_MTU,       VIRTIO_NET_F_HOST_TSO6};
  uint8_t choice = input_u8(&input);
  uint8_t size = input_u8(&input);
  uint64_t features =
      1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_NET_F_CSUM | 1ull << VIRTIO_NET_F_GUEST_CSUM;
  for (unsigned int i = 0; i < 8; i++)
    features |= (uint64_t) (choice >> i & 1) << bits[i];
  if (net.pair_count > 1 && size % 8 != 7)
    features |= 1ull << VIRTIO_NET_F_CTRL_VQ;
  if (net.pair_count > 1 && size % 8 < 6)
    features |= 1ull << VIRTIO_NET_F_MQ;
  write_register(0x70, 0);
  write_register(0x70, 3);
  write_register(0x24, 0);
  write_register(0x20, (uint32_t) features);
  write_register(0x24, 1);
  write_register(0x20, (uint32_t) (features >> 32));
  write_register(0x70, 11);
  for (unsigned int queue = 0; queue < net.virtio.queue_count; queue++)
    start_queue(queue, size);
  write_register(0x70, 15);
}

/* Addresses that matter: data, its end, what is protected, what is not the guest's, any. */
static uint64_t take_gpa(uint8_t kind)
{
  static const uint64_t bases[] = {DATA_GPA,     TABLES_GPA, SECRET_GPA - 16, MAPPED_BYTES - 16,
                                   QUEUE_GPA(0), DATA_GPA,   UINT64_MAX - 15, 0};
  uint64_t offset = kind < 6 * 32 ? input_u8(&input) : input_u32();
  return bases[kind / 32] + offset;
}

static uint32_t take_len(uint8_t kind)
{
  static const uint32_t bases[] = {0, 12, 26, 64, 1500, 4096, 65500, UINT32_MAX - 255};
  if ((kind & 0x1f) == 0x1f)
    return 4; /* a command */
  return bases[kind & 7] + (input_u8(&input) & (kind & 8 ? 0xff : 0));
}

static bool is_control(unsigned int queue)
{
  return net.pair_count > 1 && &net.virtio.queues[queue] == virtio_net_control_queue(&net);
}

/* What may be read as a command, at each fourth address. */
static void put_command(void)
{
  const uint8_t command[] = {4, 0, input_u8(&input) & 3, 0};
  for (uint64_t gpa = DATA_GPA; gpa < DATA_GPA + 256; gpa += sizeof(command))
    memcpy(guest_memory_hva(&memory, gpa, sizeof(command)), command, sizeof(command));
}

/* A chain in the ring, or in a table and one entry: of descriptors that are mostly right. */
static void add_chain(unsigned int queue)
{
  bool is_packed = virtio_net_has(&net, VIRTIO_F_RING_PACKED);
  uint8_t shape = input_u8(&input);
  unsigned int head = input_u8(&input);
  unsigned int count = 1 + (shape & 7);
  bool is_indirect = (shape & 8) != 0;
  uint16_t packed_flags = (shape & 16) != 0 ? VIRTQUEUE_PACKED_USED : VIRTQUEUE_PACKED_AVAILABLE;
  uint16_t size = net.virtio.queues[queue].size;
  if (is_control(queue))
    put_command();
  for (unsigned int i = 0; i < count; i++)
  {
    uint8_t what = input_u8(&input);
    uint8_t where = input_u8(&input);
    bool is_to_write = is_control(queue) ? i + 1 == count : queue % 2 == 0;
    uint16_t flags = (uint16_t) (is_to_write != ((what & 0x80) != 0) ? VIRTQUEUE_WRITE : 0);
    bool has_next = i + 1 < count || (what & 0x40) != 0;
    flags |= (uint16_t) (has_next && !(is_indirect && is_packed) ? VIRTQUEUE_NEXT : 0);
    struct virtqueue_split_descriptor descriptor = {
        .gpa = take_gpa(where), .len_bytes = take_len(what), .flags = flags};
    uint16_t index = (uint16_t) (size > 0 && !is_indirect ? (head + i) % size : i);
    descriptor.next = (uint16_t) ((what & 0x20) != 0 ? input_u8(&input) : index + 1);
    if (is_packed && !is_indirect)
      descriptor.flags |= packed_flags;
    if (is_packed)
    {
      descriptor.next = descriptor.flags;
      descriptor.flags = (uint16_t) head;
    }
    uint64_t gpa = (is_indirect ? TABLES_GPA : QUEUE_GPA(queue)) + 16u * index;
    memcpy(guest_memory_hva(&memory, gpa, 16), &descriptor, sizeof(descriptor));
  }
  if (is_indirect)
  {
    struct virtqueue_split_descriptor entry = {.gpa = TABLES_GPA, .len_bytes = 16 * count};
    uint16_t flags = (uint16_t) (VIRTQUEUE_INDIRECT | (is_packed ? packed_flags : 0));
    entry.flags = is_packed ? (uint16_t) head : flags;
    entry.next = is_packed ? flags : 0;
    uint64_t gpa = QUEUE_GPA(queue) + 16u * (size > 0 ? head % size : 0);
    memcpy(guest_memory_hva(&memory, gpa, 16), &entry, sizeof(entry));
  }
  if (is_packed || size == 0)
    return;
  uint8_t *ring = guest_memory_hva(&memory, QUEUE_GPA(queue) + DRIVER_OFFSET, 4096);
  uint16_t entry = (uint16_t) (head % size);
  memcpy(ring + 4 + 2 * (published[queue] % size), &entry, 2);
  uint16_t index = (uint16_t) ++published[queue];
  memcpy(ring + 2, &index, 2);
}

static void serve(void)
{
  struct virtio_net_news news;
  struct virtio_net_expected expected;
  virtio_net_serve(&net, &news);
  virtio_net_expect(&net, &expected);
  CHECK(!world.is_gone || (!expected.room && !expected.frames));
  CHECK(net.active_pairs >= 1 && net.active_pairs <= net.pair_count);
  CHECK(net.active_pairs == 1 || virtio_net_has(&net, VIRTIO_NET_F_MQ));
  if (expected.room != 0)
    virtio_net_way_has_room(&net);
}

static void change_world(void)
{
  world.frames = input_u8(&input) % MOST_FRAMES;
  world.frame_bytes = input_u8(&input) * 263u;
  if (world.frame_bytes > NET_MOST_FRAME_BYTES)
    world.frame_bytes = NET_MOST_FRAME_BYTES;
  uint8_t errors = input_u8(&input);
  world.receive_error = errors & 7u;
  world.receive_error = world.receive_error > 2 ? 0 : world.receive_error;
  world.send_error = errors >> 3 & 3;
  if (world.send_error == 3 && world.flags != 0)
    world.send_error = 4;
  world.flush_error = errors >> 5 & 1;
  world.changes = errors >> 6;
  uint8_t header = input_u8(&input);
  world.flags = (header & 1) | (header >> 3 & 2);
  world.gso_type = header >> 1 & 7;
  if ((header & 0x20) != 0)
    world.flush_error *= 2;
}

static void step(uint8_t what)
{
  switch (what % 10)
  {
  case 0:
    start();
    break;
  case 1:
  {
    uint64_t offset = input_u8(&input) * 4u;
    write_register(offset, input_u32());
    break;
  }
  case 2:
  {
    uint64_t offset = input_u8(&input) * 2u;
    uint32_t len_bytes = 1u << (input_u8(&input) & 3);
    virtio_mmio_read(&net.virtio, offset, len_bytes);
    virtio_mmio_write(&net.virtio, offset + 1, len_bytes, 0);
    break;
  }
  case 3:
    poke();
    break;
  case 4:
  case 5:
  case 6:
    add_chain((what >> 4) % net.virtio.queue_count);
    break;
  case 7:
    change_world();
    break;
  default:
    serve();
    break;
  }
}

/* ---- The run ---- */

static void check_memory(void)
{
  const uint8_t *ram = memory.slots[0].hva;
  for (uint32_t i = 0; i < SECRET_BYTES; i++)
    CHECK(ram[SECRET_GPA + i] == 0x5e);
  for (uint32_t i = 0; i < 4096; i++)
    CHECK(ram[MAPPED_BYTES + i] == 0x5e);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void) argc, (void) argv;
  CHECK(guest_memory_reserve(&memory, RAM_BYTES) == 0);
  memory.attached_bytes = MAPPED_BYTES;
  memory.mapped_bytes = MAPPED_BYTES;
  CHECK(guest_memory_protect(&memory, SECRET_GPA, SECRET_BYTES, GUEST_NONE) == 0);
  uint8_t *ram = memory.slots[0].hva;
  memset(ram + SECRET_GPA, 0x5e, SECRET_BYTES);
  memset(ram + MAPPED_BYTES, 0x5e, 4096);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
  static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  uint8_t *ram = memory.slots[0].hva;
  memset(ram, 0, SECRET_GPA);
  memset(ram + SECRET_GPA + SECRET_BYTES, 0, MAPPED_BYTES - SECRET_GPA - SECRET_BYTES);
  memset(&net, 0, offsetof(struct virtio_net, pairs) + 2 * sizeof(net.pairs[0]));
  memset(&world, 0, sizeof(world));
  input = (struct input){data, bytes};
  way = (struct net_way){.operations = &operations, .fd = -1};
  way.features = 1ull << VIRTIO_NET_F_CSUM | 1ull << VIRTIO_NET_F_GUEST_CSUM |
                 1ull << VIRTIO_NET_F_HOST_TSO4 | 1ull << VIRTIO_NET_F_GUEST_TSO4;
  second_way = (struct net_way){.operations = &operations, .fd = -1};
  uint8_t kind = input_u8(&input);
  way.next = (kind & 2) != 0 ? &second_way : NULL;
  virtio_net_prepare(&net, &way, &memory, mac, (kind & 1) != 0 ? 1500 : 0);
  for (int i = 0; i < MOST_STEPS && input.left > 0; i++)
    step(input_u8(&input));
  /* Whatever it was, the device can be had again. */
  world = (typeof(world)){.frames = 0};
  write_register(0x70, 0);
  CHECK(virtio_mmio_read(&net.virtio, 0x70, 4) == 0);
  serve();
  check_memory();
  return 0;
}
