/* Frames that come: lwIP sees them where the device has written them. Small ones are copied, which
 * costs less than to keep a page of the device's, and so are all when programs keep many. */
#include "net/stack/interface.h"

#include <stdlib.h>
#include <string.h>

#include "lwip/ethip6.h"
#include "lwip/pbuf.h"
#include "lwip/snmp.h"
#include "netif/ethernet.h"

#define COPY_BYTES       512u
#define MOST_HELD_PIECES 2048u

/* A frame in the device's memory, given back when lwIP has let go of the last piece. */
struct lent_frame
{
  struct net_interface *interface;
  struct net_received *frame;
  uint32_t pieces; /* that lwIP has; atomic */
  struct lent_piece
  {
    struct pbuf_custom pbuf; /* first */
    struct lent_frame *lent;
  } piece[];
};

static void give_back(struct net_interface *interface, struct net_received *frame)
{
  interface->device->operations->release(interface->device, frame);
}

/* Any task, without the lock. */
static void free_piece(struct pbuf *pbuf)
{
  struct lent_frame *lent = ((struct lent_piece *) pbuf)->lent;
  if (__atomic_sub_fetch(&lent->pieces, 1, __ATOMIC_ACQ_REL) != 0)
    return;
  __atomic_sub_fetch(&lent->interface->held_pieces, lent->frame->piece_count, __ATOMIC_RELAXED);
  give_back(lent->interface, lent->frame);
  free(lent);
}

static struct pbuf *lend(struct net_interface *interface, struct net_received *frame)
{
  struct lent_frame *lent = malloc(sizeof(*lent) + frame->piece_count * sizeof(struct lent_piece));
  if (lent == NULL)
    return NULL;
  lent->interface = interface;
  lent->frame = frame;
  lent->pieces = frame->piece_count;
  struct pbuf *last = NULL;
  uint32_t left_bytes = frame->len_bytes;
  for (uint32_t i = 0; i < frame->piece_count; i++)
  {
    struct lent_piece *piece = &lent->piece[i];
    u16_t len_bytes = (u16_t) frame->pieces[i].len_bytes;
    piece->lent = lent;
    piece->pbuf.custom_free_function = free_piece;
    struct pbuf *pbuf = pbuf_alloced_custom(PBUF_RAW, len_bytes, PBUF_REF, &piece->pbuf,
                                            frame->pieces[i].data, len_bytes);
    pbuf->tot_len = (u16_t) left_bytes;
    left_bytes -= len_bytes;
    if (last != NULL)
      last->next = pbuf;
    last = pbuf;
  }
  __atomic_add_fetch(&interface->held_pieces, frame->piece_count, __ATOMIC_RELAXED);
  return &lent->piece[0].pbuf.pbuf;
}

static struct pbuf *copy(struct net_interface *interface, struct net_received *frame)
{
  struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, (u16_t) frame->len_bytes, PBUF_RAM);
  if (pbuf == NULL)
    return NULL;
  char *to = pbuf->payload;
  for (uint32_t i = 0; i < frame->piece_count; i++)
  {
    memcpy(to, frame->pieces[i].data, frame->pieces[i].len_bytes);
    to += frame->pieces[i].len_bytes;
  }
  give_back(interface, frame);
  return pbuf;
}

/* Checksums that the device has looked at, or that are not there yet, are left alone. */
static void set_checks(struct netif *netif, bool is_checked)
{
  const u16_t checks = NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
  if (is_checked)
    netif->chksum_flags &= (u16_t) ~checks;
  else
    netif->chksum_flags |= checks;
}

/* Beyond that frames are copied. A device that is left without buffers receives nothing for
 * anybody.
 */
static uint32_t most_held(const struct net_interface *interface)
{
  uint32_t most = interface->device->most_held;
  return most < MOST_HELD_PIECES ? most : MOST_HELD_PIECES;
}

void net_interface_input(struct net_interface *interface, struct net_received *frame)
{
  struct pbuf *pbuf = NULL;
  bool is_checked = frame->is_checked;
  if (frame->len_bytes <= UINT16_MAX)
  {
    bool copies =
        frame->len_bytes <= COPY_BYTES ||
        __atomic_load_n(&interface->held_pieces, __ATOMIC_RELAXED) >= most_held(interface);
    net_clash_look(interface, frame->pieces[0].data, frame->pieces[0].len_bytes);
    pbuf = copies ? copy(interface, frame) : lend(interface, frame);
  }
  if (pbuf == NULL)
  {
    give_back(interface, frame);
    return;
  }
  set_checks(&interface->netif, is_checked);
  if (ethernet_input(pbuf, &interface->netif) != ERR_OK)
    pbuf_free(pbuf);
}
