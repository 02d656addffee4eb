/* Realtek's Fast Ethernet controllers RTL8139 (data sheet of the RTL8139D(L), revision 1.3): what
 * the parts of the driver know of each other. Registers are ports. */
#ifndef NET_DRIVER_RTL8139_H
#define NET_DRIVER_RTL8139_H

#include "arch/x86_64/port_io.h"
#include "net/driver/frame_pool.h"
#include "net/driver/net_attention.h"

#define VENDOR_REALTEK    0x10ec
#define DEVICE_RTL8139    0x8139
#define REGISTERS_BAR     0

#define SEND_COUNT        4u
#define POOL_COUNT        256u

#define MTU_BYTES         1500u
#define MOST_FRAME_BYTES  1514u
#define LEAST_FRAME_BYTES 14u
#define PADDED_BYTES      60u
#define CHECKSUM_BYTES    4u /* behind each frame that comes */
#define MOST_LOOKS        100000

/* The card addresses 32 bits. */
#define REACH_GPA (1ull << 32)

/* Section 5. */
enum rtl8139_register
{
  RTL_ADDRESS = 0x00,
  RTL_MULTICAST = 0x08,
  RTL_SEND_STATUS = 0x10, /* of each buffer */
  RTL_SEND_ADDRESS = 0x20,
  RTL_RECEIVE_ADDRESS = 0x30,
  RTL_COMMAND = 0x37,
  RTL_RECEIVE_READ = 0x38, /* 16 bytes in front of what was not read */
  RTL_ASKED = 0x3c,
  RTL_CAUSES = 0x3e, /* ones clear */
  RTL_SEND_CONFIGURATION = 0x40,
  RTL_RECEIVE_CONFIGURATION = 0x44,
  RTL_CONFIGURATION_1 = 0x52,
  RTL_MEDIUM = 0x58,
};

#define COMMAND_EMPTY       0x01u
#define COMMAND_SEND        0x04u
#define COMMAND_RECEIVE     0x08u
#define COMMAND_RESET       0x10u

#define CAUSE_RECEIVED      0x0001u
#define CAUSE_RECEIVE_ERROR 0x0002u
#define CAUSE_SENT          0x0004u
#define CAUSE_SEND_ERROR    0x0008u
#define CAUSE_RING_FULL     0x0010u
#define CAUSE_LINK          0x0020u
#define CAUSE_FIFO_FULL     0x0040u
#define CAUSES_RECEIVED     (CAUSE_RECEIVED | CAUSE_RECEIVE_ERROR | CAUSE_RING_FULL | CAUSE_FIFO_FULL)
#define CAUSES_SENT         (CAUSE_SENT | CAUSE_SEND_ERROR)
#define CAUSES              (CAUSES_RECEIVED | CAUSES_SENT | CAUSE_LINK)

#define MEDIUM_LINK_DOWN    0x04u

#define SEND_UNDERRUN       (1u << 14)
#define SEND_OK             (1u << 15)
#define SEND_ABORTED        (1u << 30)
#define SEND_DONE           (SEND_UNDERRUN | SEND_OK | SEND_ABORTED)
#define SEND_WHOLE_FRAME    (48u << 16) /* 32 bytes each: nothing goes before all is there */

#define SEND_CLEAR_ABORT    1u
#define SEND_SETTINGS       (3u << 24 | 6u << 8) /* the standard's gap, 1024 bytes at once */

#define RECEIVE_OWN         0x02u
#define RECEIVE_MULTICAST   0x04u
#define RECEIVE_BROADCAST   0x08u
#define RECEIVE_BEYOND      0x80u /* the ring's end: a frame is in one piece */
#define RECEIVE_32_KIB      (2u << 11)
#define RECEIVE_SETTINGS    (7u << 13 | 6u << 8) /* frames as a whole, 1024 bytes at once */

#define RING_BYTES          32768u
#define RING_MARGIN_BYTES   67584u /* QEMU writes whatever the wire carries there, up to 64 KiB */
#define READ_DISTANCE       16u

/* In front of each frame. */
#define HEADER_BYTES     4u
#define HEADER_OK        1u
#define LENGTH_IS_COMING 0xfff0u

struct rtl8139
{
  struct net_device device; /* first */
  struct net_attention attention;
  uint16_t port;

  struct frame_pool pool;
  unsigned char *ring;
  uint32_t ring_gpa;
  uint32_t ring_at;

  unsigned char *send_buffers;
  uint32_t send_buffers_gpa;
  void *owners[SEND_COUNT];
  uint32_t send_count, sent_count; /* frames ever; atomic */
};

static inline struct rtl8139 *rtl8139_of(struct net_device *device)
{
  return (struct rtl8139 *) device;
}

static inline uint16_t rtl8139_at(const struct rtl8139 *card, unsigned int offset)
{
  return (uint16_t) (card->port + offset);
}

static inline bool rtl8139_link_is_up(struct net_device *device)
{
  return (port_read8(rtl8139_at(rtl8139_of(device), RTL_MEDIUM)) & MEDIUM_LINK_DOWN) == 0;
}

/* With an empty ring. */
void rtl8139_begin_receiving(struct rtl8139 *card);

extern const struct net_device_operations rtl8139_operations;
extern const struct net_attention_operations rtl8139_attention;

#endif
