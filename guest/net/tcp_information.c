/* TCP_INFO: what lwIP knows of a connection, in Linux's terms. */
#include "net/tcp_information.h"

#include <lwip/priv/tcp_priv.h>

#include <string.h>

#include "net/tcp_numbers.h"

#define USUAL_SEGMENT_BYTES 536
#define US_PER_MS           1000u

static const uint8_t states[] = {
    [CLOSED] = TCP_CLOSE,         [LISTEN] = TCP_LISTEN,           [SYN_SENT] = TCP_SYN_SENT,
    [SYN_RCVD] = TCP_SYN_RECV,    [ESTABLISHED] = TCP_ESTABLISHED, [FIN_WAIT_1] = TCP_FIN_WAIT1,
    [FIN_WAIT_2] = TCP_FIN_WAIT2, [CLOSE_WAIT] = TCP_CLOSE_WAIT,   [CLOSING] = TCP_CLOSING,
    [LAST_ACK] = TCP_LAST_ACK,    [TIME_WAIT] = TCP_TIME_WAIT,
};

static uint32_t count_segments(const struct tcp_seg *segment)
{
  uint32_t count = 0;
  for (; segment != NULL; segment = segment->next)
    count++;
  return count;
}

int tcp_segment_bytes(const struct internet_socket *internet)
{
  const struct tcp_pcb *pcb = internet->tcp;
  return pcb != NULL && pcb->state != LISTEN && pcb->state != CLOSED ? pcb->mss
                                                                     : USUAL_SEGMENT_BYTES;
}

void tcp_information(const struct internet_socket *internet, struct tcp_info *information)
{
  const struct tcp_pcb *pcb = internet->tcp;
  memset(information, 0, sizeof(*information));
  information->tcpi_state = pcb != NULL ? states[pcb->state] : TCP_CLOSE;
  if (pcb == NULL || pcb->state == LISTEN || pcb->state == CLOSED)
    return;
  information->tcpi_retransmits = pcb->nrtx;
  information->tcpi_probes = pcb->persist_probe;
  information->tcpi_options = (uint8_t) (((pcb->flags & TF_SACK) != 0 ? TCPI_OPT_SACK : 0) |
                                         ((pcb->flags & TF_WND_SCALE) != 0 ? TCPI_OPT_WSCALE : 0));
  information->tcpi_snd_wscale = pcb->snd_scale & 0xfu;
  information->tcpi_rcv_wscale = pcb->rcv_scale & 0xfu;
  information->tcpi_rto = (uint32_t) pcb->rto * TCP_SLOW_INTERVAL * US_PER_MS;
  information->tcpi_snd_mss = information->tcpi_rcv_mss = information->tcpi_advmss = pcb->mss;
  information->tcpi_unacked = count_segments(pcb->unacked);
  information->tcpi_rtt = (uint32_t) (pcb->sa >> 3) * TCP_SLOW_INTERVAL * US_PER_MS;
  information->tcpi_rttvar = (uint32_t) (pcb->sv >> 2) * TCP_SLOW_INTERVAL * US_PER_MS;
  information->tcpi_snd_cwnd = pcb->cwnd / pcb->mss;
  information->tcpi_snd_ssthresh = pcb->ssthresh / pcb->mss;
  information->tcpi_rcv_space = pcb->rcv_wnd;
}
