/* The command line of uhyve and its environment variables, as one struct. */
#ifndef UHYVE_OPTIONS_H
#define UHYVE_OPTIONS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "uhyve/net/net_options.h"
#include "uhyve/sandbox/sandbox.h"

#define OPTIONS_MIN_MEMORY_BYTES  (UINT64_C(16) << 20)
#define OPTIONS_MAX_MEMORY_BYTES  (UINT64_C(512) << 30)
#define OPTIONS_MEMORY_STEP_BYTES (UINT64_C(2) << 20)
#define OPTIONS_MAX_CPUS          1024
#define OPTIONS_MAX_MAPPINGS      64
#define OPTIONS_MAX_DESCRIPTORS   65536
#define OPTIONS_MAX_STACK_BYTES   (UINT64_C(512) << 20)
#define OPTIONS_NO_LIMIT          UINT64_MAX

enum options_action
{
  OPTIONS_RUN,
  OPTIONS_HELP,
  OPTIONS_VERSION
};

enum options_stats
{
  OPTIONS_STATS_NONE,
  OPTIONS_STATS_TEXT,
  OPTIONS_STATS_JSON
};

/* Texts are not ended by a null. */
struct option_mapping
{
  const char *host;
  const char *guest;
  size_t host_bytes;
  size_t guest_bytes;
  bool read_only;
};

struct option_limit
{
  bool given;
  uint64_t soft; /* or OPTIONS_NO_LIMIT */
  uint64_t hard;
};

/* Strings belong to argv and env as given to options_parse, which must outlive the struct. */
struct options
{
  enum options_action action; /* not OPTIONS_RUN: what follows is not filled in */

  uint64_t memory_bytes; /* a multiple of OPTIONS_MEMORY_STEP_BYTES */
  unsigned cpu_count;    /* 1 to OPTIONS_MAX_CPUS; "auto" is already resolved */
  const char *output;    /* path of a file; NULL: standard output, unless output_none */
  bool output_none;
  enum options_stats stats;
  bool thp;
  bool ksm;
  bool aslr;
  bool timeline;
  bool env_all;
  bool affinity_given;
  cpu_set_t affinity;     /* not empty if given; whether these CPUs exist is not checked */
  uint64_t timeout_ns;    /* 0: none */
  uint64_t kill_after_ns; /* 0: never */
  unsigned verbosity;
  enum isolation isolation;

  struct option_mapping mappings[OPTIONS_MAX_MAPPINGS];
  unsigned mapping_count;
  const char *working_folder;      /* of the guest; NULL: the current one of the host */
  const char *initrd;              /* path of a file or NULL */
  const char *core;                /* path of a file or NULL */
  const char *host_name;           /* NULL: the host's */
  struct option_limit stack_limit; /* bytes */
  struct option_limit descriptor_limit;
  struct net_options net;

  const char *file;
  int guest_argc;
  char **guest_argv; /* guest_argv[0] is file; ends with NULL */
  char **guest_env;  /* ends with NULL; the array is owned by the struct */
};

/* Returns 0, or -EINVAL or -ENOMEM with one line in message; then there is nothing to free. */
int options_parse(struct options *o, int argc, char **argv, char **env, char message[static 256]);

void options_print_help(FILE *stream);
void options_free(struct options *o);

#endif
