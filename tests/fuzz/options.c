/* Fuzzes the command line and the environment: each input is a list of words with a null between
 * them. Those that begin with '$' are variables, the others arguments. */
#include "tests/fuzz/fuzz.h"

#include "uhyve/affinity.h"
#include "uhyve/options.h"

#include <errno.h>

#define MAX_WORDS 200

static char *arguments[MAX_WORDS + 2];
static char *variables[MAX_WORDS + 1];
static int argument_count;
static size_t variable_count;

static void split(char *text, const char *end)
{
  argument_count = 0;
  variable_count = 0;
  arguments[argument_count++] = (char *) (uintptr_t) "uhyve";
  for (int i = 0; text < end && i < MAX_WORDS; i++, text += strlen(text) + 1)
  {
    if (*text == '$')
      variables[variable_count++] = text + 1;
    else
      arguments[argument_count++] = text;
  }
  arguments[argument_count] = NULL;
  variables[variable_count] = NULL;
}

/* Reads what was handed out, for the sanitizer to see. */
static void check_mappings(const struct options *o)
{
  CHECK(o->mapping_count <= OPTIONS_MAX_MAPPINGS);
  for (unsigned i = 0; i < o->mapping_count; i++)
  {
    const struct option_mapping *mapping = &o->mappings[i];
    CHECK(mapping->host_bytes > 0 && mapping->guest_bytes > 0);
    CHECK(memchr(mapping->host, ':', mapping->host_bytes) == NULL);
    CHECK(memchr(mapping->guest, ':', mapping->guest_bytes) == NULL);
    CHECK(memchr(mapping->host, '\0', mapping->host_bytes) == NULL);
    CHECK(memchr(mapping->guest, '\0', mapping->guest_bytes) == NULL);
  }
}

/* Of --env-all any text: the environment is passed on as it is. */
static void check_environment(const struct options *o)
{
  for (char **entry = o->guest_env; *entry != NULL; entry++)
    CHECK(o->env_all || (strlen(*entry) > 0 && **entry != '='));
}

static void check_limits(const struct option_limit *limit, uint64_t most)
{
  CHECK(!limit->given || limit->soft <= limit->hard);
  CHECK(!limit->given || limit->soft <= most || limit->soft == OPTIONS_NO_LIMIT);
}

static void check_net(const struct net_options *net)
{
  CHECK(net->count <= NET_MOST_OPTIONS && net->published_count <= NET_MOST_PUBLISHED);
  for (unsigned int i = 0; i < net->count; i++)
  {
    const struct net_option *option = &net->list[i];
    CHECK(memchr(option->name, '\0', sizeof(option->name)) != NULL);
    CHECK(memchr(option->path, '\0', sizeof(option->path)) != NULL);
    CHECK((option->kind == NET_TAP) == (*option->name != '\0'));
    CHECK(option->queue_count >= 1 && option->queue_count <= NET_MOST_QUEUES);
    CHECK(option->queue_count == 1 || option->kind == NET_TAP || option->kind == NET_FD);
    for (unsigned int queue = 0; queue < option->queue_count; queue++)
      CHECK(option->kind != NET_FD || option->fds[queue] > 2);
    CHECK(option->ipv4_prefix <= 32 && option->ipv6_prefix <= 128);
    CHECK(!option->has_mac || (option->mac[0] & 1) == 0);
    CHECK(option->mtu_bytes == 0 || (option->mtu_bytes >= 576 && option->mtu_bytes <= 65521));
  }
  for (unsigned int i = 0; i < net->published_count; i++)
    CHECK(net->published[i].host_port != 0 && net->published[i].guest_port != 0);
}

static void check_run(const struct options *o)
{
  CHECK(o->memory_bytes >= OPTIONS_MIN_MEMORY_BYTES && o->memory_bytes <= OPTIONS_MAX_MEMORY_BYTES);
  CHECK(o->memory_bytes % OPTIONS_MEMORY_STEP_BYTES == 0);
  CHECK(o->cpu_count >= 1 && o->cpu_count <= OPTIONS_MAX_CPUS);
  CHECK(!o->output_none || o->output == NULL);
  CHECK(!o->affinity_given || CPU_COUNT(&o->affinity) > 0);
  CHECK(o->timeout_ns <= UINT64_C(10001) * 86400 * 1000000000);
  CHECK(o->kill_after_ns <= UINT64_C(10001) * 86400 * 1000000000);
  CHECK(o->file != NULL && o->guest_argc >= 1 && o->guest_argv[0] == o->file);
  CHECK(o->guest_argv[o->guest_argc] == NULL);
  CHECK(o->host_name == NULL || (*o->host_name != '\0' && strlen(o->host_name) <= 64));
  CHECK(o->working_folder == NULL || *o->working_folder != '\0');
  CHECK(o->initrd == NULL || *o->initrd != '\0');
  check_limits(&o->stack_limit, OPTIONS_MAX_STACK_BYTES);
  check_limits(&o->descriptor_limit, OPTIONS_MAX_DESCRIPTORS);
  check_mappings(o);
  check_net(&o->net);
  check_environment(o);
  if (o->affinity_given)
  {
    cpu_set_t own;
    CHECK(sched_getaffinity(0, sizeof(own), &own) == 0);
    int error = affinity_pin(&o->affinity, o->cpu_count);
    CHECK(error == 0 || error == -EINVAL);
    CHECK(sched_setaffinity(0, sizeof(own), &own) == 0);
  }
}

static void check_message(const char *message)
{
  for (; *message != '\0'; message++)
    CHECK((unsigned char) *message >= ' ' && *message != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
  static struct options options;
  char message[256];
  char *text = malloc(bytes + 1);
  CHECK(text != NULL);
  if (bytes > 0)
    memcpy(text, data, bytes);
  text[bytes] = '\0';
  split(text, text + bytes);
  memset(message, 'x', sizeof(message));
  int result = options_parse(&options, argument_count, arguments, variables, message);
  CHECK(memchr(message, '\0', sizeof(message)) != NULL);
  CHECK((result == 0) == (message[0] == '\0'));
  CHECK(result == 0 || result == -EINVAL);
  check_message(message);
  if (result == 0 && options.action == OPTIONS_RUN)
    check_run(&options);
  if (result == 0 && options.action == OPTIONS_HELP)
  {
    FILE *nowhere = fopen("/dev/null", "w");
    CHECK(nowhere != NULL);
    options_print_help(nowhere);
    fclose(nowhere);
  }
  if (result == 0)
    options_free(&options);
  free(text);
  return 0;
}
