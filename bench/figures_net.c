/* Figures of the network: streams, round trips and requests, by a TAP and without privileges. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "topics.h"

#define SCRIPT      BENCH_SOURCE "/net.sh"
#define REPETITIONS 5

#define TAP_REFERENCE \
  "against the same source as a Linux program in a network name space behind a veth"
#define USER_REFERENCE \
  "against the same source as a Linux program in a network name space behind slirp4netns"

struct network
{
  const char *name; /* of the figure in the report */
  char *way;        /* of net.sh, as the rest */
  char *figure;
  char *connections;
  const char *unit;
  const char *what;
};

static const struct network networks[] = {
    {"tcp_stream_rx", "tap", "tcp_stream_rx", "1", "MB/s", "one TCP stream that comes"},
    {"tcp_stream_tx", "tap", "tcp_stream_tx", "1", "MB/s", "one TCP stream that goes out"},
    {"tcp_stream_rx_4", "tap", "tcp_stream_rx", "4", "MB/s", "four TCP streams that come"},
    {"tcp_stream_tx_4", "tap", "tcp_stream_tx", "4", "MB/s", "four TCP streams that go out"},
    {"tcp_rr", "tap", "tcp_rr", "1", "1/s", "round trips of a byte by TCP"},
    {"udp_rr", "tap", "udp_rr", "1", "1/s", "round trips of a byte by UDP"},
    {"http_requests", "tap", "http_requests", "64", "1/s",
     "the example httpd, a file of 1 KiB, wrk with 64 connections"},
    {"user_tcp_stream_rx", "user", "tcp_stream_rx", "1", "MB/s", "one TCP stream that comes"},
    {"user_tcp_stream_tx", "user", "tcp_stream_tx", "1", "MB/s", "one TCP stream that goes out"},
    {"user_tcp_rr", "user", "tcp_rr", "1", "1/s", "round trips of a byte by TCP"},
    {"user_udp_rr", "user", "udp_rr", "1", "1/s", "round trips of a byte by UDP"},
    {"user_http_requests", "user", "http_requests", "64", "1/s",
     "the example httpd, a file of 1 KiB, wrk with 64 connections"},
};

struct taking
{
  const struct network *network;
  struct pairs pairs;
};

static int take(struct run *run, char *const argv[], bool guest, int repetition, void *argument)
{
  struct taking *taking = argument;
  double *values = guest ? taking->pairs.guest : taking->pairs.reference;
  if (runner_command(run, argv, PROCESS_TEXT) != 0)
    return -1;
  if (program_printed(run->result.text, taking->network->figure, taking->network->unit,
                      &values[repetition]) != 0)
    return runner_complain(run, argv, "no result in its output");
  return 0;
}

static int measure(struct run *run, const struct network *network)
{
  static struct taking taking;
  char script[] = SCRIPT;
  char note[256];
  char *seconds = run->options->quick ? "1" : "3";
  int repetitions = run->options->quick ? 2 : REPETITIONS;
  char *guest[] = {script,  network->way, "guest", network->figure, network->connections,
                   seconds, NULL};
  char *reference[] = {script,  network->way, "linux", network->figure, network->connections,
                       seconds, NULL};
  taking.network = network;
  if (runner_turns(run, network->name, guest, reference, 0, repetitions, take, &taking) != 0)
    return -1;
  snprintf(note, sizeof(note), "%s, %s; the peer is a Linux program; more is better", network->what,
           strcmp(network->way, "tap") == 0 ? TAP_REFERENCE : USER_REFERENCE);
  runner_add(run, network->name, network->unit,
             run->options->reference_only ? -1 : runner_median(taking.pairs.guest, repetitions),
             runner_median(taking.pairs.reference, repetitions), 0, note);
  return 0;
}

int figures_net(struct run *run)
{
  int error = 0;
  setenv("UHYVE", UHYVE, 1);
  setenv("GUESTS", BENCH_PROGRAMS, 1);
  setenv("LINUX", PROGRAM("linux"), 1);
  for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
  {
    bool wanted = runner_wanted(run, networks[i].name) || runner_wanted(run, "net_peer");
    if (wanted && measure(run, &networks[i]) != 0)
      error = -1;
  }
  return error;
}
