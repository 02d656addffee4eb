/* Intel's gigabit Ethernet controllers of the family 8254x (PCI/PCI-X Family of Gigabit Ethernet
 * Controllers Software Developer's Manual, 317453), and the 82574 as far as it is the same: what
 * the parts of the driver know of each other. */
#ifndef NET_DRIVER_E1000_H
#define NET_DRIVER_E1000_H

#include "net/driver/frame_pool.h"
#include "net/driver/net_attention.h"

#define VENDOR_INTEL      0x8086
#define DEVICE_82540EM    0x100e
#define DEVICE_82574      0x10d3
#define REGISTERS_BAR     0

#define RECEIVE_COUNT     256u /* descriptors, of 16 bytes: multiples of 8 */
#define SEND_COUNT        128u /* frames, of two descriptors each; one stays empty */
#define HELD_COUNT        256u /* frames that users may have beside */

#define MTU_BYTES         1500u
#define MOST_FRAME_BYTES  1518u
#define LEAST_FRAME_BYTES 14u
#define MOST_LOOKS        100000

/* Section 13.2. */
enum e1000_register
{
  E1000_CONTROL = 0x0000,
  E1000_STATUS = 0x0008,
  E1000_CAUSES = 0x00c0, /* reading clears them */
  E1000_ASK = 0x00d0,
  E1000_DO_NOT_ASK = 0x00d8,
  E1000_VECTORS = 0x00e4, /* 82574: causes to vectors of MSI-X */
  E1000_RECEIVE_CONTROL = 0x0100,
  E1000_SEND_CONTROL = 0x0400,
  E1000_SEND_GAP = 0x0410,
  E1000_RECEIVE_RING = 0x2800, /* address (64 bits), length, 8 + head, 16 + tail: enum ring */
  E1000_SEND_RING = 0x3800,
  E1000_RECEIVE_CHECKSUM = 0x5000,
  E1000_MULTICAST = 0x5200,
  E1000_ADDRESS_LOW = 0x5400,
  E1000_ADDRESS_HIGH = 0x5404,
};

enum ring_register
{
  RING_LOW = 0x00,
  RING_HIGH = 0x04,
  RING_BYTES = 0x08,
  RING_HEAD = 0x10,
  RING_TAIL = 0x18,
};

#define MULTICAST_WORDS         128u
#define ADDRESS_VALID           (1u << 31)

#define CONTROL_LINK_UP         (1u << 6)
#define CONTROL_AUTO_SPEED      (1u << 5)
#define CONTROL_RESET           (1u << 26)
#define STATUS_LINK_UP          (1u << 1)

#define RECEIVE_ENABLE          (1u << 1)
#define RECEIVE_ALL_MULTICAST   (1u << 4)
#define RECEIVE_BROADCAST       (1u << 15)
#define RECEIVE_STRIP_CHECKSUM  (1u << 26)
#define RECEIVE_CHECKSUMS       (3u << 8) /* of IPv4, and of TCP and UDP over it */
#define SEND_ENABLE             (1u << 1)
#define SEND_PAD                (1u << 3)
#define SEND_COLLISIONS         (0x0fu << 4 | 0x40u << 12)
#define SEND_USUAL_GAP          (10u | 8u << 10 | 6u << 20)

#define CAUSE_SENT              (1u << 0)
#define CAUSE_LINK              (1u << 2)
#define CAUSES_RECEIVED         (1u << 4 | 1u << 6 | 1u << 7) /* few buffers, none, a frame */
#define CAUSES_82574_RECEIVED   (0x13u << 20)                 /* the same by queues; any other */
#define CAUSES_82574_SENT       (0x0cu << 20)
#define ALL_TO_VECTOR_0         0x00088888u

#define DESCRIPTOR_DONE         1u
#define DESCRIPTOR_LAST         2u /* of a frame */
#define DESCRIPTOR_UNCHECKED    4u
#define DESCRIPTOR_TCP_CHECKED  0x20u
#define DESCRIPTOR_BROKEN       0x97u /* errors that spoil the frame */
#define DESCRIPTOR_BAD_CHECKSUM 0x60u

struct receive_descriptor
{
  uint64_t gpa;
  uint16_t len_bytes;
  uint16_t checksum;
  uint8_t status;
  uint8_t errors;
  uint16_t special;
};

#define SEND_TCP       (1u << 24) /* of a context */
#define SEND_DATA      (1u << 20)
#define SEND_LAST      (1u << 24)
#define SEND_CHECKSUM  (1u << 25) /* Ethernet's */
#define SEND_REPORT    (1u << 27)
#define SEND_EXTENDED  (1u << 29)
#define OPTION_PAYLOAD 2u /* the context's checksum of TCP or UDP */

#define TCP_CHECKSUM   16u /* its offset in the header */

/* How the frame behind it is to be treated. */
struct send_context
{
  uint8_t ip_begin, ip_checksum;
  uint16_t ip_end;
  uint8_t payload_begin, payload_checksum;
  uint16_t payload_end; /* 0: the end of the frame */
  uint32_t command;
  uint8_t status, header_bytes;
  uint16_t segment_bytes;
};

struct send_data
{
  uint64_t gpa;
  uint32_t command; /* and length */
  uint8_t status;
  uint8_t options;
  uint16_t special;
};

struct send_pair
{
  struct send_context context;
  struct send_data data;
};

_Static_assert(sizeof(struct receive_descriptor) == 16 && sizeof(struct send_pair) == 32,
               "317453, sections 3.2.3, 3.3.6 and 3.3.7");

struct rings
{
  struct receive_descriptor receive[RECEIVE_COUNT];
  struct send_pair send[SEND_COUNT];
};

struct e1000
{
  struct net_device device; /* first */
  struct net_attention attention;
  volatile unsigned char *registers;
  uint32_t received_causes, sent_causes;
  bool clears_by_writing; /* causes */

  struct rings *rings;
  struct frame_pool pool;
  struct pool_frame *frames[RECEIVE_COUNT]; /* behind descriptors */
  uint32_t receive_next;                    /* descriptor; atomic */

  unsigned char *send_buffers;
  uint64_t send_buffers_gpa;
  void *owners[SEND_COUNT];
  uint32_t send_count, sent_count; /* frames ever; atomic */
};

static inline struct e1000 *e1000_of(struct net_device *device)
{
  return (struct e1000 *) device;
}

static inline uint32_t e1000_read(const struct e1000 *card, unsigned int at)
{
  return *(const volatile uint32_t *) (card->registers + at);
}

/* What memory holds is there before. */
static inline void e1000_write(const struct e1000 *card, unsigned int at, uint32_t value)
{
  __atomic_thread_fence(__ATOMIC_RELEASE);
  *(volatile uint32_t *) (card->registers + at) = value;
}

static inline bool e1000_link_is_up(struct net_device *device)
{
  return (e1000_read(e1000_of(device), E1000_STATUS) & STATUS_LINK_UP) != 0;
}

extern const struct net_device_operations e1000_operations;
extern const struct net_attention_operations e1000_attention;

#endif
