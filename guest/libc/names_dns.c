/* The messages of the domain name system (RFC 1035). What a reply says is bounded here. */
#include <netdb.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "libc/names.h"

#define HEADER_BYTES   12
#define QUESTION_BYTES (HEADER_BYTES + NAMES_BYTES + 4)
#define MOST_LABEL     63
#define MOST_JUMPS     64
#define NAME_NOT_THERE 3
#define CLASS_INTERNET 1
#define TYPE_ALIAS     5

/* ---- Asking ---- */

/* A name in its labels: how many bytes, 0: it is none. */
static size_t put_name(unsigned char *to, const char *name)
{
  size_t at = 0;
  while (*name != '\0')
  {
    size_t len = strcspn(name, ".");
    if (len == 0 || len > MOST_LABEL || at + len + 2 > NAMES_BYTES - 1)
      return 0;
    to[at++] = (unsigned char) len;
    memcpy(to + at, name, len);
    at += len;
    name += len;
    if (*name == '.')
      name++;
  }
  to[at++] = 0;
  return at;
}

/* The question's length, or 0. */
static size_t make_question(unsigned char question[QUESTION_BYTES], const char *name, int type)
{
  /* One question; recursion is wanted. */
  const unsigned char header[HEADER_BYTES] = {0, 0, 1, 0, 0, 1};
  memcpy(question, header, sizeof(header));
  if (getentropy(question, 2) != 0)
    return 0;
  size_t name_bytes = put_name(question + HEADER_BYTES, name);
  if (name_bytes == 0)
    return 0;
  unsigned char *end = question + HEADER_BYTES + name_bytes;
  end[0] = 0;
  end[1] = (unsigned char) type;
  end[2] = 0;
  end[3] = CLASS_INTERNET;
  return HEADER_BYTES + name_bytes + 4;
}

/* ---- Reading ---- */

struct reading
{
  const unsigned char *bytes;
  size_t len_bytes;
  size_t at;
  char owner[NAMES_BYTES]; /* whose records count: the name that was asked for, or its last alias */
};

static unsigned int number_at(const struct reading *reading, size_t at)
{
  return (unsigned int) reading->bytes[at] << 8 | reading->bytes[at + 1];
}

/* A name that may go on elsewhere: false if it is broken. text may be null. */
static bool read_name(struct reading *reading, char text[NAMES_BYTES])
{
  size_t at = reading->at;
  size_t text_bytes = 0;
  bool has_jumped = false;
  for (int jumps = 0; jumps < MOST_JUMPS && at < reading->len_bytes;)
  {
    unsigned int len = reading->bytes[at];
    if ((len & 0xc0) == 0xc0)
    {
      if (at + 1 >= reading->len_bytes)
        return false;
      if (!has_jumped)
        reading->at = at + 2;
      has_jumped = true;
      at = number_at(reading, at) & 0x3fff;
      jumps++;
      continue;
    }
    if (len > MOST_LABEL || at + 1 + len > reading->len_bytes || text_bytes + len + 2 > NAMES_BYTES)
      return false;
    if (len == 0)
    {
      if (!has_jumped)
        reading->at = at + 1;
      if (text != NULL)
        text[text_bytes > 0 ? text_bytes - 1 : 0] = '\0';
      return true;
    }
    if (text != NULL)
    {
      /* As text they would be another name. */
      if (memchr(reading->bytes + at + 1, '.', len) != NULL ||
          memchr(reading->bytes + at + 1, '\0', len) != NULL)
        return false;
      memcpy(text + text_bytes, reading->bytes + at + 1, len);
      text[text_bytes + len] = '.';
    }
    text_bytes += len + 1;
    at += 1 + len;
  }
  return false;
}

/* One record: false at the end, or where it is broken. Those of other names are passed over. */
static bool read_record(struct reading *reading, int type, struct names_found *found)
{
  char owner[NAMES_BYTES];
  if (!read_name(reading, owner) || reading->at + 10 > reading->len_bytes)
    return false;
  unsigned int record_type = number_at(reading, reading->at);
  size_t data_bytes = number_at(reading, reading->at + 8);
  reading->at += 10;
  if (data_bytes > reading->len_bytes - reading->at)
    return false;
  size_t at = reading->at;
  reading->at += data_bytes;
  if (strcasecmp(owner, reading->owner) != 0)
    return true;
  if (record_type == DNS_A && type == DNS_A && data_bytes == 4)
    names_add(found, AF_INET, reading->bytes + at);
  else if (record_type == DNS_AAAA && type == DNS_AAAA && data_bytes == 16)
    names_add(found, AF_INET6, reading->bytes + at);
  else if (record_type == TYPE_ALIAS || (record_type == DNS_PTR && type == DNS_PTR))
  {
    struct reading data = *reading;
    data.at = at;
    if (!read_name(&data, found->canonical))
      return false;
    /* What belongs to an alias comes behind it; of pointers only the first one counts. */
    strlcpy(reading->owner, record_type == TYPE_ALIAS ? found->canonical : "", NAMES_BYTES);
  }
  return true;
}

static int read_reply(struct reading *reading, int type, struct names_found *found)
{
  if (reading->len_bytes < HEADER_BYTES)
    return EAI_FAIL;
  if ((reading->bytes[3] & 0xf) == NAME_NOT_THERE)
    return EAI_NONAME;
  unsigned int questions = number_at(reading, 4);
  unsigned int answers = number_at(reading, 6);
  int count = found->count;
  reading->at = HEADER_BYTES;
  for (; questions > 0; questions--)
  {
    if (!read_name(reading, NULL))
      return EAI_FAIL;
    reading->at += 4;
  }
  while (answers > 0 && read_record(reading, type, found))
    answers--;
  bool is_found = type == DNS_PTR ? reading->owner[0] == '\0' : found->count > count;
  return is_found ? 0 : EAI_NODATA;
}

int dns_find(const struct names_config *config, const char *name, int type,
             struct names_found *found)
{
  unsigned char question[QUESTION_BYTES];
  unsigned char reply[DNS_REPLY_BYTES];
  size_t question_bytes = make_question(question, name, type);
  if (question_bytes == 0)
    return EAI_NONAME;
  int result = dns_exchange(config, question, question_bytes, reply);
  if (result < 0)
    return result;
  struct reading reading = {.bytes = reply, .len_bytes = (size_t) result};
  size_t name_bytes = strlcpy(reading.owner, name, sizeof(reading.owner));
  if (name_bytes > 0 && reading.owner[name_bytes - 1] == '.')
    reading.owner[name_bytes - 1] = '\0';
  return read_reply(&reading, type, found);
}
