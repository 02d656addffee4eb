/* Which flow a frame belongs to: those of one connection go by one queue, in their order. */
#include "net/driver/virtio_net.h"

#define TYPE_OFFSET          12u
#define IP_OFFSET            14u
#define IPV4_ADDRESSES       26u
#define IPV4_ADDRESSES_BYTES 8u
#define IPV6_ADDRESSES       22u
#define IPV6_ADDRESSES_BYTES 32u
#define IPV6_PORTS           54u
#define PORTS_BYTES          4u

#define PROTOCOL_TCP         6u
#define PROTOCOL_UDP         17u

static uint32_t mix(uint32_t sum, const unsigned char *bytes, uint32_t count)
{
  for (uint32_t i = 0; i < count; i++)
    sum = (sum ^ bytes[i]) * 0x01000193u; /* FNV-1a */
  return sum;
}

static bool has_ports(unsigned char protocol)
{
  return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
}

/* Where the ports are; 0: there are none, as in all but the first fragment of a datagram, and so in
 * none of them. */
static uint32_t ports_of_ipv4(const unsigned char *frame)
{
  bool is_fragment = ((frame[20] & 0x3fu) | frame[21]) != 0;
  return has_ports(frame[23]) && !is_fragment ? IP_OFFSET + 4u * (frame[IP_OFFSET] & 15u) : 0;
}

uint32_t virtio_net_flow(const unsigned char *frame, uint32_t len_bytes)
{
  uint32_t sum = 0x811c9dc5u;
  uint32_t ports = 0;
  if (len_bytes < IPV4_ADDRESSES + IPV4_ADDRESSES_BYTES)
    return 0;
  uint32_t type = (uint32_t) frame[TYPE_OFFSET] << 8 | frame[TYPE_OFFSET + 1];
  if (type == 0x0800)
  {
    sum = mix(sum, frame + IPV4_ADDRESSES, IPV4_ADDRESSES_BYTES);
    ports = ports_of_ipv4(frame);
  }
  else if (type == 0x86dd && len_bytes >= IPV6_ADDRESSES + IPV6_ADDRESSES_BYTES)
  {
    sum = mix(sum, frame + IPV6_ADDRESSES, IPV6_ADDRESSES_BYTES);
    ports = has_ports(frame[20]) ? IPV6_PORTS : 0;
  }
  else
    return 0;
  if (ports != 0 && len_bytes >= ports + PORTS_BYTES)
    sum = mix(sum, frame + ports, PORTS_BYTES);
  return sum ^ sum >> 16;
}
