/* Tests of uhyve/options.c: command lines, environment variables, and what the help shows. */
#define _GNU_SOURCE 1
/* clang-format off: cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#include "uhyve/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 16
#define MIB       (UINT64_C(1) << 20)

struct words
{
  char *word[MAX_WORDS];
};

static struct options options;
static char message[256];

/* The strings of options stay those of the arguments, as with a real argv. */
static int parse(const struct words *arguments, const struct words *environment)
{
  static char *argv[MAX_WORDS + 2];
  static char *env[MAX_WORDS + 1];
  int argc = 1;
  argv[0] = (char *) (uintptr_t) "uhyve";
  for (int i = 0; arguments->word[i] != NULL; i++)
    argv[argc++] = arguments->word[i];
  argv[argc] = NULL;
  memset(env, 0, sizeof env);
  for (int i = 0; environment != NULL && environment->word[i] != NULL; i++)
    env[i] = environment->word[i];
  memset(message, 'x', sizeof message);
  return options_parse(&options, argc, argv, env, message);
}

#define WORDS(...)      \
  &(const struct words) \
  {                     \
    {                   \
      __VA_ARGS__, NULL \
    }                   \
  }

#define PARSE(arguments, environment)            \
  do                                             \
  {                                              \
    int result_ = parse(arguments, environment); \
    if (result_ != 0)                            \
      fail_msg("%d: %s", result_, message);      \
    assert_string_equal(message, "");            \
  } while (0)

static void assert_env(const struct words *expected)
{
  size_t i = 0;
  for (; expected->word[i] != NULL; i++)
  {
    assert_non_null(options.guest_env[i]);
    assert_string_equal(options.guest_env[i], expected->word[i]);
  }
  assert_null(options.guest_env[i]);
}

static void has_defaults(void **state)
{
  (void) state;
  PARSE(WORDS("a.elf"), WORDS("HOME=/root", "UHYVE_ROOT=/opt", "UHYVE_", "UHYVE_THP=", "HERMIT"));
  assert_int_equal(options.action, OPTIONS_RUN);
  assert_int_equal(options.memory_bytes, 512 * MIB);
  assert_int_equal(options.cpu_count, 1);
  assert_null(options.output);
  assert_false(options.output_none || options.thp || options.ksm || options.timeline);
  assert_false(options.affinity_given || options.env_all);
  assert_true(options.aslr);
  assert_int_equal(options.stats, OPTIONS_STATS_NONE);
  assert_int_equal(options.verbosity, 0);
  assert_string_equal(options.file, "a.elf");
  assert_int_equal(options.guest_argc, 1);
  assert_ptr_equal(options.guest_argv[0], options.file);
  assert_null(options.guest_argv[1]);
  assert_non_null(options.guest_env);
  assert_null(options.guest_env[0]);
  options_free(&options);
  options_free(&options);
}

static void reads_all_options(void **state)
{
  (void) state;
  PARSE(WORDS("-m64M", "--cpu-count=4", "-o", "out", "--stats=json", "--thp", "--ksm", "--affinity",
              "0,2-5", "--no-aslr", "-vv", "--timeline", "--verbose", "a.elf"),
        NULL);
  assert_int_equal(options.memory_bytes, 64 * MIB);
  assert_int_equal(options.cpu_count, 4);
  assert_string_equal(options.output, "out");
  assert_int_equal(options.stats, OPTIONS_STATS_JSON);
  assert_true(options.thp && options.ksm && options.timeline && options.affinity_given);
  assert_false(options.aslr);
  assert_int_equal(options.verbosity, 3);
  assert_int_equal(CPU_COUNT(&options.affinity), 5);
  assert_true(CPU_ISSET(0, &options.affinity) && CPU_ISSET(5, &options.affinity));
  assert_false(CPU_ISSET(1, &options.affinity));
  options_free(&options);

  PARSE(WORDS("-vvm", "1G", "-vc2", "--no-aslr", "--aslr", "--stats", "-o", "x", "-onone", "a"),
        NULL);
  assert_int_equal(options.memory_bytes, 1024 * MIB);
  assert_int_equal(options.cpu_count, 2);
  assert_int_equal(options.verbosity, 3);
  assert_true(options.aslr && options.output_none);
  assert_null(options.output);
  assert_int_equal(options.stats, OPTIONS_STATS_TEXT);
  options_free(&options);
}

static void leaves_the_guest_its_arguments(void **state)
{
  (void) state;
  PARSE(WORDS("--thp", "a.elf", "-m", "1", "--help", "--", "-q"), NULL);
  assert_int_equal(options.action, OPTIONS_RUN);
  assert_int_equal(options.guest_argc, 6);
  assert_string_equal(options.guest_argv[1], "-m");
  assert_string_equal(options.guest_argv[5], "-q");
  assert_null(options.guest_argv[6]);
  options_free(&options);

  PARSE(WORDS("--", "--thp", "b"), NULL);
  assert_string_equal(options.file, "--thp");
  assert_int_equal(options.guest_argc, 2);
  assert_false(options.thp);
  options_free(&options);
}

static void assert_mapping(unsigned index, const char *host, const char *guest, bool read_only)
{
  const struct option_mapping *mapping = &options.mappings[index];
  assert_int_equal(mapping->host_bytes, strlen(host));
  assert_memory_equal(mapping->host, host, strlen(host));
  assert_int_equal(mapping->guest_bytes, strlen(guest));
  assert_memory_equal(mapping->guest, guest, strlen(guest));
  assert_int_equal(mapping->read_only, read_only);
}

static void reads_mappings(void **state)
{
  (void) state;
  PARSE(WORDS("--volume", ".:.", "--file-mapping=a/b:/c:ro", "--volume", "x y:/z:rw", "--workdir",
              "/w", "--initrd=i.tar", "--hostname", "box-1.x_y", "--core", "c", "a"),
        WORDS("UHYVE_VOLUMES=not:used", "UHYVE_WORKDIR=no"));
  assert_int_equal(options.mapping_count, 3);
  assert_mapping(0, ".", ".", false);
  assert_mapping(1, "a/b", "/c", true);
  assert_mapping(2, "x y", "/z", false);
  assert_string_equal(options.working_folder, "/w");
  assert_string_equal(options.initrd, "i.tar");
  assert_string_equal(options.core, "c");
  assert_string_equal(options.host_name, "box-1.x_y");
  options_free(&options);
  PARSE(WORDS("a"),
        WORDS("UHYVE_VOLUMES=a:/b:ro\n\nc:/d\n", "HERMIT_FILE_MAPPING=e:/f",
              "UHYVE_ULIMIT=nofile=5\nstack=unlimited", "UHYVE_HOSTNAME=h", "UHYVE_CORE=d"));
  assert_string_equal(options.core, "d");
  assert_int_equal(options.mapping_count, 2);
  assert_mapping(0, "a", "/b", true);
  assert_mapping(1, "c", "/d", false);
  assert_int_equal(options.descriptor_limit.soft, 5);
  assert_int_equal(options.stack_limit.soft, OPTIONS_NO_LIMIT);
  assert_string_equal(options.host_name, "h");
  options_free(&options);
  PARSE(WORDS("a"), WORDS("HERMIT_FILE_MAPPING=e:/f"));
  assert_int_equal(options.mapping_count, 1);
  assert_mapping(0, "e", "/f", false);
  options_free(&options);
}

static void counts_mappings(void **state)
{
  (void) state;
  static char list[14 + 65 * 4 + 1] = "UHYVE_VOLUMES=";
  for (unsigned i = 0; i < OPTIONS_MAX_MAPPINGS; i++)
    strcat(list, "a:b\n");
  PARSE(WORDS("a"), WORDS(list));
  assert_int_equal(options.mapping_count, OPTIONS_MAX_MAPPINGS);
  options_free(&options);
  strcat(list, "a:b");
  assert_int_equal(parse(WORDS("a"), WORDS(list)), -EINVAL);
  assert_non_null(strstr(message, "is one too many: at most 64"));
}

static void assert_limit(const struct option_limit *limit, uint64_t soft, uint64_t hard)
{
  assert_true(limit->given);
  assert_int_equal(limit->soft, soft);
  assert_int_equal(limit->hard, hard);
}

static void reads_limits(void **state)
{
  (void) state;
  PARSE(WORDS("--ulimit", "nofile=10", "--ulimit=stack=1000000:unlimited", "a"), NULL);
  assert_limit(&options.descriptor_limit, 10, 10);
  assert_limit(&options.stack_limit, 1000000, OPTIONS_NO_LIMIT);
  options_free(&options);
  PARSE(WORDS("--ulimit", "nofile=1:2", "--ulimit", "nofile=0:65536", "--ulimit", "stack=-1", "a"),
        NULL);
  assert_limit(&options.descriptor_limit, 0, 65536);
  assert_limit(&options.stack_limit, OPTIONS_NO_LIMIT, OPTIONS_NO_LIMIT);
  options_free(&options);
  PARSE(WORDS("--ulimit", "nofile=unlimited", "--ulimit", "stack=536870912:536870912", "a"), NULL);
  assert_limit(&options.descriptor_limit, OPTIONS_NO_LIMIT, OPTIONS_NO_LIMIT);
  assert_limit(&options.stack_limit, 512 * MIB, 512 * MIB);
  options_free(&options);
  PARSE(WORDS("a"), NULL);
  assert_false(options.stack_limit.given || options.descriptor_limit.given);
  options_free(&options);
}

static void stops_at_help_and_version(void **state)
{
  (void) state;
  const struct words *bad = WORDS("UHYVE_MEMORY_SIZE=x");
  PARSE(WORDS("-h"), bad);
  assert_int_equal(options.action, OPTIONS_HELP);
  PARSE(WORDS("--help", "-m", "x"), bad);
  assert_int_equal(options.action, OPTIONS_HELP);
  PARSE(WORDS("-e", "A", "-vV", "--nonsense"), bad);
  assert_int_equal(options.action, OPTIONS_VERSION);
  PARSE(WORDS("--version"), NULL);
  assert_int_equal(options.action, OPTIONS_VERSION);
  options_free(&options);
}

static void reads_sizes(void **state)
{
  (void) state;
  static const struct
  {
    char text[24];
    uint64_t bytes;
  } sizes[] = {
      {"64M", 64 * MIB},
      {"64MiB", 64 * MIB},
      {"64MB", 64 * MIB},
      {"64m", 64 * MIB},
      {"4GiB", 4096 * MIB},
      {"4G", 4096 * MIB},
      {"512G", OPTIONS_MAX_MEMORY_BYTES},
      {"1GiB", UINT64_C(1) << 30},
      {"65536K", 64 * MIB},
      {"16777216", 16 * MIB},
      {"16777216B", 16 * MIB},
      {"16777217", 18 * MIB},
      {"17M", 18 * MIB},
      {"18M", 18 * MIB},
      {"0064M", 64 * MIB},
      {"549755813888", OPTIONS_MAX_MEMORY_BYTES},
  };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
  {
    char text[24];
    strcpy(text, sizes[i].text);
    PARSE(WORDS("-m", text, "a"), NULL);
    assert_int_equal(options.memory_bytes, sizes[i].bytes);
    options_free(&options);
  }
}

static void counts_cpus(void **state)
{
  (void) state;
  cpu_set_t own;
  PARSE(WORDS("-c", "1024", "a"), NULL);
  assert_int_equal(options.cpu_count, 1024);
  options_free(&options);
  PARSE(WORDS("-c", "auto", "a"), NULL);
  assert_int_equal(sched_getaffinity(0, sizeof own, &own), 0);
  assert_int_equal(options.cpu_count, CPU_COUNT(&own));
  options_free(&options);
  /* Not what the host has, but what this process may use of it. */
  cpu_set_t one;
  size_t cpu = 0;
  while (!CPU_ISSET(cpu, &own))
    cpu++;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
  PARSE(WORDS("-c", "auto", "a"), NULL);
  assert_int_equal(options.cpu_count, 1);
  options_free(&options);
  assert_int_equal(sched_setaffinity(0, sizeof own, &own), 0);
  PARSE(WORDS("-c", "auto", "--affinity=1-3,3,1023", "a"), NULL);
  assert_int_equal(options.cpu_count, 4);
  options_free(&options);
}

static void reads_the_environment(void **state)
{
  (void) state;
  PARSE(WORDS("a"),
        WORDS("UHYVE_MEMORY_SIZE=1G", "UHYVE_CPU_COUNT=3", "UHYVE_OUTPUT=log", "UHYVE_STATS=json",
              "UHYVE_THP=1", "UHYVE_KSM=yes", "UHYVE_AFFINITY=7", "UHYVE_ASLR=0", "UHYVE_ENV_ALL=0",
              "UHYVE_VERBOSE=2", "UHYVE_TIMELINE=1"));
  assert_int_equal(options.memory_bytes, 1024 * MIB);
  assert_int_equal(options.cpu_count, 3);
  assert_string_equal(options.output, "log");
  assert_int_equal(options.stats, OPTIONS_STATS_JSON);
  assert_true(options.thp && options.ksm && options.timeline);
  assert_true(CPU_ISSET(7, &options.affinity));
  assert_false(options.aslr || options.env_all);
  assert_int_equal(options.verbosity, 2);
  options_free(&options);

  PARSE(WORDS("a"), WORDS("HERMIT_MEM=32M", "HERMIT_CPUS=2", "HERMIT_VERBOSE=1", "HERMIT_STATS=1",
                          "HERMIT_NO_ASLR=1"));
  assert_int_equal(options.memory_bytes, 32 * MIB);
  assert_int_equal(options.cpu_count, 2);
  assert_int_equal(options.verbosity, 1);
  assert_int_equal(options.stats, OPTIONS_STATS_TEXT);
  assert_false(options.aslr);
  options_free(&options);

  PARSE(WORDS("a"), WORDS("HERMIT_MEMORY_SIZE=48M", "HERMIT_CPU_COUNT=5"));
  assert_int_equal(options.memory_bytes, 48 * MIB);
  assert_int_equal(options.cpu_count, 5);
  options_free(&options);
}

static void ranks_its_sources(void **state)
{
  (void) state;
  PARSE(WORDS("a"), WORDS("HERMIT_MEM=32M", "UHYVE_MEMORY_SIZE=64M", "HERMIT_MEMORY_SIZE=48M",
                          "UHYVE_NO_ASLR=1", "HERMIT_ASLR=1", "UHYVE_STATS=0", "HERMIT_STATS=1"));
  assert_int_equal(options.memory_bytes, 64 * MIB);
  assert_false(options.aslr);
  assert_int_equal(options.stats, OPTIONS_STATS_NONE);
  options_free(&options);

  /* What is overridden is not even read. */
  PARSE(WORDS("-m", "128M", "-v", "--aslr", "-o-", "a"),
        WORDS("UHYVE_MEMORY_SIZE=nonsense", "UHYVE_VERBOSE=9", "UHYVE_NO_ASLR=1", "HERMIT_ASLR=0",
              "HERMIT_MEM=1", "UHYVE_OUTPUT=none"));
  assert_int_equal(options.memory_bytes, 128 * MIB);
  assert_int_equal(options.verbosity, 1);
  assert_true(options.aslr);
  assert_false(options.output_none);
  assert_null(options.output);
  options_free(&options);
}

static void makes_the_guest_environment(void **state)
{
  (void) state;
  const struct words *host = WORDS("HOME=/root", "HOMER=x", "LANG=C", "EMPTY=");
  PARSE(WORDS("-e", "HOME", "--env=A=1", "-eB=2=3", "-e", "MISSING", "-e", "EMPTY", "a"), host);
  assert_env(WORDS("HOME=/root", "A=1", "B=2=3", "EMPTY="));
  options_free(&options);

  PARSE(WORDS("-e", "A=1", "-e", "B=1", "-e", "A=2", "-e", "B", "a"), host);
  assert_env(WORDS("A=2"));
  options_free(&options);

  PARSE(WORDS("--env-all", "-e", "LANG=de", "-e", "NEW=", "a"), host);
  assert_env(WORDS("HOME=/root", "HOMER=x", "EMPTY=", "LANG=de", "NEW="));
  options_free(&options);

  PARSE(WORDS("-e", "B=9", "a"),
        WORDS("UHYVE_ENV=A=1\nB=a,b\n\nHOME\nMISSING\n", "HERMIT_ENV=A=0\nC=3", "HOME=/h"));
  assert_env(WORDS("C=3", "A=1", "HOME=/h", "B=9"));
  options_free(&options);

  PARSE(WORDS("a"), WORDS("HERMIT_ENV_ALL=1", "X=1"));
  assert_env(WORDS("HERMIT_ENV_ALL=1", "X=1"));
  options_free(&options);
}

struct refusal
{
  const char *words[3];
  const char *text; /* a part of the message */
};

static void assert_refused(const struct refusal *cases, size_t count)
{
  for (size_t i = 0; i < count; i++)
  {
    struct words arguments = {{NULL}};
    for (size_t k = 0; k < 3; k++)
      arguments.word[k] = (char *) (uintptr_t) cases[i].words[k];
    int result = parse(&arguments, NULL);
    if (result != -EINVAL || strstr(message, cases[i].text) == NULL)
      fail_msg("%zu: %d '%s', expected '%s'", i, result, message, cases[i].text);
    assert_null(strchr(message, '\n'));
    assert_null(options.guest_env);
  }
}

static void refuses_wrong_mappings_and_limits(void **state)
{
  (void) state;
  static const struct refusal cases[] = {
      {{"--volume", "", "a"}, "option --volume: '' is not a mapping: write it like HOST:GUEST"},
      {{"--volume", "/a", "a"}, "option --volume: '/a' is not a mapping"},
      {{"--volume", ":/a", "a"}, "is not a mapping"},
      {{"--volume", "/a:", "a"}, "is not a mapping"},
      {{"--volume", "/a::ro", "a"}, "is not a mapping"},
      {{"--volume", "/a:/b:", "a"}, "is not a mapping"},
      {{"--volume", "/a:/b:rx", "a"}, "is not a mapping"},
      {{"--volume", "/a:/b:ro:rw", "a"}, "is not a mapping"},
      {{"--file-mapping", "/a:/b:RO", "a"}, "option --file-mapping: '/a:/b:RO' is not a mapping"},
      {{"--workdir", "", "a"}, "option --workdir: '' is no folder name"},
      {{"--initrd", "", "a"}, "option --initrd: '' is no file name"},
      {{"--core", "", "a"}, "option --core: '' is no file name"},
      {{"--hostname", "", "a"}, "option --hostname: '' is not a host name"},
      {{"--hostname", "a b", "a"}, "is not a host name"},
      {{"--hostname", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a"},
       "is not a host name"},
      {{"--ulimit", "", "a"}, "option --ulimit: '' is not a limit"},
      {{"--ulimit", "nofile", "a"}, "is not a limit"},
      {{"--ulimit", "nofile=", "a"}, "is not a limit"},
      {{"--ulimit", "nofile=1:", "a"}, "is not a limit"},
      {{"--ulimit", "nofile=1:2:3", "a"}, "is not a limit"},
      {{"--ulimit", "nofile=1k", "a"}, "is not a limit"},
      {{"--ulimit", "nofile=-2", "a"}, "is not a limit"},
      {{"--ulimit", "cpu=1", "a"}, "is not a limit"},
      {{"--ulimit", "nofile=99999999999999999999", "a"}, "is not a limit"},
      {{"--ulimit", "nofile=2:1", "a"}, "has a soft limit above the hard one"},
      {{"--ulimit", "stack=unlimited:1", "a"}, "has a soft limit above the hard one"},
      {{"--ulimit", "nofile=1:65537", "a"}, "is too much: at most 65536 open files"},
      {{"--ulimit", "nofile=65537:unlimited", "a"}, "is too much: at most 65536 open files"},
      {{"--ulimit", "stack=536870913", "a"}, "is too much: a stack has at most 536870912 bytes"},
  };
  assert_refused(cases, sizeof cases / sizeof *cases);
}

static void reads_times(void **state)
{
  (void) state;
  static const struct
  {
    char *word;
    uint64_t ns;
  } cases[] = {
      {"0", 0},
      {"1", 1000000000},
      {"2.5", 2500000000},
      {".25s", 250000000},
      {"1.", 1000000000},
      {"0.0000000019", 1},
      {"0.000000001999999999999999999999", 1},
      {"3s", 3000000000},
      {"1.5m", 90000000000},
      {"2h", 7200000000000},
      {"1d", 86400000000000},
      {"10000d", 864000000000000000},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    PARSE(WORDS("--timeout", cases[i].word, "--kill-after", cases[i].word, "a"), NULL);
    assert_int_equal(options.timeout_ns, cases[i].ns);
    assert_int_equal(options.kill_after_ns, cases[i].ns);
    options_free(&options);
  }
  PARSE(WORDS("a"), WORDS("UHYVE_TIMEOUT=3", "HERMIT_KILL_AFTER=2"));
  assert_int_equal(options.timeout_ns, 3000000000);
  assert_int_equal(options.kill_after_ns, 2000000000);
  options_free(&options);
}

static void refuses(void **state)
{
  (void) state;
  static const struct refusal cases[] = {
      {{"-m", "x", "a"}, "option --memory-size: 'x' is not a size"},
      {{"-m", "", "a"}, "is not a size"},
      {{"-m", "M", "a"}, "is not a size"},
      {{"-m", "1.5G", "a"}, "is not a size"},
      {{"-m", "-1", "a"}, "is not a size"},
      {{"-m", "+64M", "a"}, "is not a size"},
      {{"-m", " 64M", "a"}, "is not a size"},
      {{"-m", "64M ", "a"}, "is not a size"},
      {{"-m", "64X", "a"}, "is not a size"},
      {{"-m", "64Mi", "a"}, "is not a size"},
      {{"-m", "64MiBs", "a"}, "is not a size"},
      {{"-m", "0x4000000", "a"}, "is not a size"},
      {{"-m", "99999999999999999999", "a"}, "is not a size"},
      {{"-m", "17T", "a"}, "is too much"},
      {{"-m", "17592186044417", "a"}, "is too much"},
      {{"-m", "18446744073709551615", "a"}, "is too much"},
      {{"-m", "18014398509481984K", "a"}, "is too much"},
      {{"-m", "16777216T", "a"}, "is too much"},
      {{"-m", "16777215", "a"}, "is too little"},
      {{"-m", "512", "a"}, "a number without unit is bytes"},
      {{"-m", "0", "a"}, "is too little"},
      {{"--timeout", "", "a"}, "option --timeout: '' is not a time"},
      {{"--timeout", "-1", "a"}, "is not a time"},
      {{"--timeout", ".", "a"}, "is not a time"},
      {{"--timeout", "1ms", "a"}, "is not a time"},
      {{"--timeout", "10001d", "a"}, "is too long"},
      {{"--kill-after", "x", "a"}, "option --kill-after: 'x' is not a time"},
      {{"-c", "0", "a"}, "option --cpu-count: '0' is not a number of CPUs"},
      {{"-c", "1025", "a"}, "is not a number of CPUs"},
      {{"-c", "4294967297", "a"}, "is not a number of CPUs"},
      {{"-c", "two", "a"}, "is not a number of CPUs"},
      {{"-c", "2x", "a"}, "is not a number of CPUs"},
      {{"-c", "", "a"}, "is not a number of CPUs"},
      {{"--affinity", "", "a"}, "is not a list of CPUs"},
      {{"--affinity", "1,", "a"}, "is not a list of CPUs"},
      {{"--affinity", ",1", "a"}, "is not a list of CPUs"},
      {{"--affinity", "1-", "a"}, "is not a list of CPUs"},
      {{"--affinity", "1-2-3", "a"}, "is not a list of CPUs"},
      {{"--affinity", "1 2", "a"}, "is not a list of CPUs"},
      {{"--affinity", "a", "a"}, "option --affinity: 'a' is not a list"},
      {{"--affinity", "5-2", "a"}, "runs backwards"},
      {{"--affinity", "1024", "a"}, "names a CPU above 1023"},
      {{"--affinity", "0-18446744073709551615", "a"}, "names a CPU above 1023"},
      {{"--output", "", "a"}, "option --output: '' is no file name"},
      {{"--stats=xml", "a"}, "option --stats: 'xml' is not a form of statistics"},
      {{"--stats=", "a"}, "is not a form of statistics"},
      {{"-e", "", "a"}, "option --env: '' has no variable name"},
      {{"-e", "=x", "a"}, "option --env: '=x' has no variable name"},
      {{"-q", "a"}, "unknown option '-q'"},
      {{"-vq", "a"}, "unknown option '-q'"},
      {{"--nonsense", "a"}, "unknown or ambiguous option '--nonsense'"},
      {{"--t", "a"}, "unknown or ambiguous option '--t'"},
      {{"--a\nb", "a"}, "option '--a?b'"},
      {{"--thp=1", "a"}, "option --thp takes no value"},
      {{"--help=1", "a"}, "option --help takes no value"},
      {{"-m"}, "option --memory-size needs a value: --memory-size SIZE"},
      {{"--env"}, "option --env needs a value: --env NAME[=VALUE]"},
      {{"-v"}, "no program given: usage: uhyve [OPTION]... FILE [ARG]... (see uhyve --help)"},
      {{"--"}, "no program given"},
      {{NULL}, "no program given"},
  };
  assert_refused(cases, sizeof cases / sizeof *cases);
}

static void refuses_bad_variables(void **state)
{
  (void) state;
  static const char *const cases[][2] = {
      {"UHYVE_MEMORY_SIZE=x", "environment variable UHYVE_MEMORY_SIZE: 'x' is not a size"},
      {"HERMIT_MEM=1", "environment variable HERMIT_MEM: '1' is too little"},
      {"HERMIT_MEMORY_SIZE=1", "environment variable HERMIT_MEMORY_SIZE: '1'"},
      {"HERMIT_CPUS=0", "environment variable HERMIT_CPUS: '0' is not a number of CPUs"},
      {"UHYVE_CPU_COUNT=0", "environment variable UHYVE_CPU_COUNT: '0'"},
      {"UHYVE_STATS=2", "environment variable UHYVE_STATS: '2'"},
      {"UHYVE_THP=2", "environment variable UHYVE_THP: '2' is neither 0 nor 1"},
      {"UHYVE_KSM=x", "UHYVE_KSM"},
      {"UHYVE_ASLR=x", "UHYVE_ASLR"},
      {"UHYVE_NO_ASLR=x", "UHYVE_NO_ASLR"},
      {"UHYVE_ENV_ALL=x", "UHYVE_ENV_ALL"},
      {"UHYVE_TIMELINE=x", "UHYVE_TIMELINE"},
      {"UHYVE_VERBOSE=x", "UHYVE_VERBOSE: 'x' is not a number from 0 to 100"},
      {"UHYVE_VERBOSE=101", "UHYVE_VERBOSE"},
      {"UHYVE_AFFINITY=x", "UHYVE_AFFINITY"},
      {"UHYVE_VOLUMES=a:b\nc", "environment variable UHYVE_VOLUMES: 'a:b?c' is not a mapping"},
      {"UHYVE_ULIMIT=nofile=1\nx=2", "environment variable UHYVE_ULIMIT"},
      {"UHYVE_ENV=A=1\n=2", "environment variable UHYVE_ENV: '=2' has no variable name"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    char text[64];
    strcpy(text, cases[i][0]);
    int result = parse(WORDS("-e", "A=1", "a"), WORDS(text));
    if (result != -EINVAL || strstr(message, cases[i][1]) == NULL)
      fail_msg("%s: %d '%s', expected '%s'", cases[i][0], result, message, cases[i][1]);
    assert_null(options.guest_env);
  }
}

static void survives_long_values(void **state)
{
  (void) state;
  static char text[5000];
  memset(text, '\n', sizeof text - 1);
  assert_int_equal(parse(WORDS("-m", text, "a"), NULL), -EINVAL);
  assert_true(strlen(message) < 256);
  text[0] = '-';
  text[1] = '-';
  assert_int_equal(parse(WORDS(text, "a"), NULL), -EINVAL);
  assert_null(strchr(message, '\n'));
}

static void reads_isolation(void **state)
{
  (void) state;
  PARSE(WORDS("a"), NULL);
  assert_int_equal(options.isolation, ISOLATION_NORMAL);
  options_free(&options);
  PARSE(WORDS("--file-isolation", "strict", "a"), WORDS("UHYVE_FILE_ISOLATION=none"));
  assert_int_equal(options.isolation, ISOLATION_STRICT);
  options_free(&options);
  PARSE(WORDS("--file-isolation=none", "--file-isolation=normal", "a"), NULL);
  assert_int_equal(options.isolation, ISOLATION_NORMAL);
  options_free(&options);
  PARSE(WORDS("--file-isolation=none", "a"), NULL);
  assert_int_equal(options.isolation, ISOLATION_NONE);
  options_free(&options);
  PARSE(WORDS("a"), WORDS("UHYVE_FILE_ISOLATION=none", "HERMIT_FILE_ISOLATION=strict"));
  assert_int_equal(options.isolation, ISOLATION_NONE);
  options_free(&options);
  PARSE(WORDS("a"), WORDS("HERMIT_FILE_ISOLATION=strict"));
  assert_int_equal(options.isolation, ISOLATION_STRICT);
  options_free(&options);
  PARSE(WORDS("a"), WORDS("UHYVE_FILE_ISOLATION="));
  assert_int_equal(options.isolation, ISOLATION_NORMAL);
  options_free(&options);
  static const char *const wrong[] = {"", "STRICT", "strictly", "non", "none ", "0"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
  {
    assert_int_equal(parse(WORDS("--file-isolation", (char *) (uintptr_t) wrong[i], "a"), NULL),
                     -EINVAL);
    assert_non_null(strstr(message, "is not an isolation: none, normal or strict"));
  }
  assert_int_equal(parse(WORDS("a"), WORDS("HERMIT_FILE_ISOLATION=x")), -EINVAL);
  assert_non_null(strstr(message, "environment variable HERMIT_FILE_ISOLATION"));
  assert_int_equal(parse(WORDS("--file-isolation"), NULL), -EINVAL);
}

static void prints_help(void **state)
{
  (void) state;
  char *text = NULL;
  size_t len = 0;
  FILE *stream = open_memstream(&text, &len);
  options_print_help(stream);
  fclose(stream);
  static const char *const parts[] = {
      "Usage: uhyve [OPTION]... FILE [ARG]...\n",
      "\n  -m, --memory-size SIZE    memory",
      "\n      --stats[=json]        print",
      "\n  UHYVE_CPU_COUNT ",
      "--volume HOST:GUEST[:ro]\n",
      "as --volume, one per line\n",
      "as --env, one per line\n",
      "HERMIT_MEM and HERMIT_CPUS",
      "\n  125 ",
      "Example:",
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
  {
    if (strstr(text, parts[i]) == NULL)
      fail_msg("'%s' is missing", parts[i]);
  }
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
    assert_true(strlen(line) < 80);
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_defaults),
      cmocka_unit_test(reads_all_options),
      cmocka_unit_test(leaves_the_guest_its_arguments),
      cmocka_unit_test(reads_mappings),
      cmocka_unit_test(counts_mappings),
      cmocka_unit_test(reads_limits),
      cmocka_unit_test(stops_at_help_and_version),
      cmocka_unit_test(reads_sizes),
      cmocka_unit_test(counts_cpus),
      cmocka_unit_test(reads_the_environment),
      cmocka_unit_test(ranks_its_sources),
      cmocka_unit_test(makes_the_guest_environment),
      cmocka_unit_test(refuses_wrong_mappings_and_limits),
      cmocka_unit_test(reads_times),
      cmocka_unit_test(refuses),
      cmocka_unit_test(refuses_bad_variables),
      cmocka_unit_test(survives_long_values),
      cmocka_unit_test(reads_isolation),
      cmocka_unit_test(prints_help),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
