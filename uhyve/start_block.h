/* The start information in guest memory: our block, arguments, environment, Multiboot 1. */
#ifndef UHYVE_START_BLOCK_H
#define UHYVE_START_BLOCK_H

#include "clock_view.h"
#include "guest_layout.h"
#include "guest_memory.h"
#include "mappings.h"
#include "surroundings.h"

#include <sys/types.h>

struct start_block_input
{
  int argc;
  char **argv;
  char **envp;
  unsigned int cpu_count;
  unsigned int host_cpu_count;
  uint64_t tsc_khz;
  struct clock_view clock;    /* of the host's CLOCK_REALTIME */
  const int *stream_fds;      /* three, -1 where the guest has none */
  const mode_t *stream_modes; /* their kinds, 0 there */
  const struct surroundings *surroundings;
  uint64_t signals_ignored; /* bit n - 1 stands for signal n */
  const struct mappings *mappings;
  const char *working_folder;
  const char *host_name;
  struct option_limit stack_limit;      /* not given: the stack's size, and none */
  struct option_limit descriptor_limit; /* not given: as most hosts have it */
  const struct net_options *net;
};

/* How many bytes of guest memory the block takes. */
uint64_t start_block_bytes(const struct start_block_input *input);

/* Writes the block at layout->start_block_gva. Returns 0 or a negative errno. */
int start_block_write(const struct start_block_input *input, const struct guest_layout *layout,
                      const struct guest_memory *memory);

/* The start information in guest memory: the guest may write there at any time. */
struct uhyve_start_info *start_block_info(const struct guest_layout *layout,
                                          const struct guest_memory *memory);

#endif
