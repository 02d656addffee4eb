/* The command line: split into words as a shell does without its expansions. What stands behind a
 * word "--" is for the kernel library: env=NAME=VALUE, freq=MHz, log=quiet|normal|verbose. */
#include "arch/x86_64/boot/boot.h"

#define MOST_MHZ 100000

const char *boot_next_word(const char *at, char *word)
{
  char quote = '\0';
  while (*at == ' ' || *at == '\t')
    at++;
  if (*at == '\0')
    return NULL;
  for (; *at != '\0' && (quote != '\0' || (*at != ' ' && *at != '\t')); at++)
  {
    if (quote == '\0' && (*at == '"' || *at == '\''))
      quote = *at;
    else if (*at == quote)
      quote = '\0';
    else
      *word++ = *at;
  }
  *word = '\0';
  return at;
}

bool boot_is_word(const char *text, const char *word)
{
  const char *rest = boot_behind(text, word);
  return rest != NULL && *rest == '\0';
}

const char *boot_behind(const char *text, const char *prefix)
{
  while (*prefix != '\0')
  {
    if (*text++ != *prefix++)
      return NULL;
  }
  return text;
}

const char *boot_read_khz(const char *text, uint64_t unit_khz, uint64_t *khz)
{
  uint64_t value = 0;
  const char *begin = text;
  for (; *text >= '0' && *text <= '9' && value <= MOST_MHZ; text++)
    value = 10 * value + (uint64_t) (*text - '0');
  if (text == begin)
    return NULL;
  value *= unit_khz;
  if (*text == '.')
  {
    for (text++; *text >= '0' && *text <= '9'; text++)
    {
      unit_khz /= 10;
      value += unit_khz * (uint64_t) (*text - '0');
    }
  }
  *khz = value;
  return text;
}

static void read_frequency(struct boot_options *options, const char *text)
{
  const char *end = boot_read_khz(text, 1000, &options->tsc_khz);
  if (end == NULL || *end != '\0' || options->tsc_khz < 1000 ||
      options->tsc_khz > 1000ull * MOST_MHZ)
    boot_fail("freq= on the command line takes a number of MHz from 1 to 100000");
}

static void read_level(struct boot_options *options, const char *text)
{
  if (boot_is_word(text, "quiet"))
    options->log_level = BOOT_LOG_QUIET;
  else if (boot_is_word(text, "normal"))
    options->log_level = BOOT_LOG_NORMAL;
  else if (boot_is_word(text, "verbose"))
    options->log_level = BOOT_LOG_VERBOSE;
  else
    boot_fail("log= on the command line takes quiet, normal or verbose");
}

static char word[BOOT_COMMAND_BYTES];

void boot_read_options(struct boot_options *options, const struct boot_facts *facts)
{
  const char *at = facts->command_line;
  bool is_ours = false;
  while ((at = boot_next_word(at, word)) != NULL)
  {
    const char *text;
    if (!is_ours)
      is_ours = boot_is_word(word, "--");
    else if ((text = boot_behind(word, "freq=")) != NULL)
      read_frequency(options, text);
    else if ((text = boot_behind(word, "log=")) != NULL)
      read_level(options, text);
    else if (boot_behind(word, "env=") == NULL)
      boot_fail("an unknown word behind -- on the command line: env=NAME=VALUE, freq=MHz and "
                "log=quiet|normal|verbose are known");
  }
}
