/* tar archives: ustar, with the long names of GNU tar and of pax. */
#include <string.h>

#include "fs/initrd.h"

#define BLOCK_BYTES 512ul

struct tar_header
{
  char name[100];
  char mode[8];
  char user[8];
  char group[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[6]; /* "ustar" and a null, or GNU tar's "ustar  " */
  char version[2];
  char user_name[32];
  char group_name[32];
  char major[8];
  char minor[8];
  char prefix[155];
  char unused[12];
};

_Static_assert(sizeof(struct tar_header) == BLOCK_BYTES, "the format");

/* A piece of the archive. */
struct text
{
  const char *begin; /* null: not given */
  size_t len;
};

/* What entries of other kinds have said about the next one. */
struct given
{
  struct text path;
  struct text link;
  struct text size;
};

static const struct tar_header *header_at(const struct initrd *initrd, size_t at)
{
  return (const struct tar_header *) (initrd->bytes + at);
}

static struct text text_of(const char *begin, size_t len)
{
  return (struct text){begin, strnlen(begin, len)};
}

/* Octal, or binary where the first bit is set. False: no number. */
static bool number_of(const char *field, size_t len, uint64_t *number)
{
  size_t i = 0;
  *number = 0;
  if ((field[0] & 0x80) != 0)
  {
    *number = (unsigned char) field[0] & 0x3f;
    for (i = 1; i < len; i++)
    {
      if (*number >> 55 != 0)
        return false;
      *number = *number << 8 | (unsigned char) field[i];
    }
    return (field[0] & 0x40) == 0;
  }
  while (i < len && field[i] == ' ')
    i++;
  while (i < len && field[i] >= '0' && field[i] <= '7')
    *number = *number << 3 | (uint64_t) (field[i++] - '0');
  return i == len || field[i] == ' ' || field[i] == '\0';
}

static bool decimal_of(struct text text, uint64_t *number)
{
  *number = 0;
  for (size_t i = 0; i < text.len; i++)
  {
    if (text.begin[i] < '0' || text.begin[i] > '9' || *number > UINT64_MAX / 16)
      return false;
    *number = *number * 10 + (uint64_t) (text.begin[i] - '0');
  }
  return text.len > 0;
}

/* The sum of all bytes, the field itself as spaces; old programs took bytes as signed. */
static bool checksum_fits(const struct tar_header *header)
{
  uint64_t wanted;
  const char *bytes = (const char *) header;
  size_t field = offsetof(struct tar_header, checksum);
  uint64_t sum = 0;
  int64_t signed_sum = 0;
  for (size_t i = 0; i < BLOCK_BYTES; i++)
  {
    char byte = i >= field && i < field + sizeof(header->checksum) ? ' ' : bytes[i];
    sum += (unsigned char) byte;
    signed_sum += (signed char) byte;
  }
  return number_of(header->checksum, sizeof(header->checksum), &wanted) &&
         (wanted == sum || (int64_t) wanted == signed_sum);
}

static bool is_zero(const struct tar_header *header)
{
  const char *bytes = (const char *) header;
  for (size_t i = 0; i < BLOCK_BYTES; i++)
  {
    if (bytes[i] != 0)
      return false;
  }
  return true;
}

bool initrd_is_tar(const struct initrd *initrd)
{
  return initrd->len_bytes >= BLOCK_BYTES &&
         (is_zero(header_at(initrd, 0)) || checksum_fits(header_at(initrd, 0)));
}

/* Records "LENGTH KEY=VALUE\n"; LENGTH counts all of it. */
static bool take_pax(struct initrd *initrd, const char *data, size_t len_bytes, struct given *given)
{
  while (len_bytes > 0)
  {
    const char *space = memchr(data, ' ', len_bytes);
    uint64_t record;
    if (space == NULL || !decimal_of((struct text){data, (size_t) (space - data)}, &record) ||
        record > len_bytes || record < (uint64_t) (space - data) + 2 || data[record - 1] != '\n')
      return initrd_fail(initrd, "an extended header is broken");
    struct text line = {space + 1, (size_t) record - (size_t) (space - data) - 2};
    const char *equals = memchr(line.begin, '=', line.len);
    if (equals == NULL)
      return initrd_fail(initrd, "an extended header is broken");
    struct text key = {line.begin, (size_t) (equals - line.begin)};
    struct text value = {equals + 1, line.len - key.len - 1};
    if (key.len == 4 && memcmp(key.begin, "path", 4) == 0)
      given->path = value;
    else if (key.len == 8 && memcmp(key.begin, "linkpath", 8) == 0)
      given->link = value;
    else if (key.len == 4 && memcmp(key.begin, "size", 4) == 0)
      given->size = value;
    else if (key.len > 11 && memcmp(key.begin, "GNU.sparse.", 11) == 0)
      return initrd_fail(initrd, "sparse files are not understood: make it without --sparse");
    data += record;
    len_bytes -= record;
  }
  return true;
}

/* The name where no other header has given one: prefix '/' name in the format of POSIX. */
static struct text name_of(const struct tar_header *header, char *buffer)
{
  struct text name = text_of(header->name, sizeof(header->name));
  struct text prefix = text_of(header->prefix, sizeof(header->prefix));
  if (memcmp(header->magic, "ustar", 6) != 0 || prefix.len == 0)
    return name;
  memcpy(buffer, prefix.begin, prefix.len);
  buffer[prefix.len] = '/';
  memcpy(buffer + prefix.len + 1, name.begin, name.len);
  return (struct text){buffer, prefix.len + 1 + name.len};
}

static mode_t kind_of(char type)
{
  switch (type)
  {
  case '2':
    return S_IFLNK;
  case '3':
    return S_IFCHR;
  case '4':
    return S_IFBLK;
  case '5':
    return S_IFDIR;
  case '6':
    return S_IFIFO;
  default:
    return S_IFREG;
  }
}

static bool take_status(const struct tar_header *header, struct stat *status)
{
  uint64_t mode;
  uint64_t user;
  uint64_t group;
  uint64_t mtime;
  memset(status, 0, sizeof(*status));
  if (!number_of(header->mode, sizeof(header->mode), &mode) ||
      !number_of(header->user, sizeof(header->user), &user) ||
      !number_of(header->group, sizeof(header->group), &group) ||
      !number_of(header->mtime, sizeof(header->mtime), &mtime))
    return false;
  status->st_mode = (mode & 07777) | kind_of(header->type);
  status->st_uid = (uid_t) user;
  status->st_gid = (gid_t) group;
  status->st_mtim.tv_sec = (time_t) mtime;
  return true;
}

static bool add(struct initrd *initrd, const struct tar_header *header, const struct given *given,
                const char *data, uint64_t len_bytes)
{
  char buffer[sizeof(header->prefix) + 1 + sizeof(header->name)];
  struct stat status;
  struct text name = given->path.begin != NULL ? given->path : name_of(header, buffer);
  struct text link =
      given->link.begin != NULL ? given->link : text_of(header->link, sizeof(header->link));
  if (header->type == '1')
    return initrd_add_link(initrd, name.begin, name.len, link.begin, link.len);
  if (!take_status(header, &status))
    return initrd_fail(initrd, "an entry has a broken header");
  /* Before there was a type for folders. */
  if (S_ISREG(status.st_mode) && name.len > 0 && name.begin[name.len - 1] == '/')
    status.st_mode = (status.st_mode & 07777) | S_IFDIR;
  if (S_ISLNK(status.st_mode))
    return initrd_add(initrd, name.begin, name.len, &status, link.begin, link.len);
  if (!S_ISREG(status.st_mode))
    len_bytes = 0;
  return initrd_add(initrd, name.begin, name.len, &status, data, (size_t) len_bytes);
}

/* Other kinds than those of POSIX and the long names are left to the programs that know them. */
static bool take_entry(struct initrd *initrd, const struct tar_header *header, struct given *given,
                       const char *data, uint64_t len_bytes)
{
  switch (header->type)
  {
  case 'L':
    given->path = text_of(data, (size_t) len_bytes);
    return true;
  case 'K':
    given->link = text_of(data, (size_t) len_bytes);
    return true;
  case 'x':
    return take_pax(initrd, data, (size_t) len_bytes, given);
  case 'g':
  case 'V':
    return true;
  case 'S':
    return initrd_fail(initrd, "sparse files are not understood: make it without --sparse");
  default:
    break;
  }
  if (header->type != '\0' && (header->type < '0' || header->type > '7'))
    return initrd_fail(initrd, "it has an entry of a kind that is not known");
  bool good = add(initrd, header, given, data, len_bytes);
  *given = (struct given){0};
  return good;
}

/* Links have a size in some archives, but no data. */
static bool has_data(char type)
{
  return type != '1' && type != '2';
}

bool initrd_read_tar(struct initrd *initrd)
{
  struct given given = {0};
  for (;;)
  {
    const struct tar_header *header = header_at(initrd, initrd->at);
    uint64_t len_bytes;
    if (!initrd_has(initrd, initrd->at, BLOCK_BYTES))
      return false;
    if (is_zero(header))
      return true;
    if (!checksum_fits(header))
      return initrd_fail(initrd, "a header's checksum is wrong");
    if (given.size.begin != NULL && header->type != 'x'
            ? !decimal_of(given.size, &len_bytes)
            : !number_of(header->size, sizeof(header->size), &len_bytes))
      return initrd_fail(initrd, "an entry has a broken header");
    if (!has_data(header->type))
      len_bytes = 0;
    size_t data_at = initrd->at + BLOCK_BYTES;
    if (!initrd_has(initrd, data_at, len_bytes) ||
        !take_entry(initrd, header, &given, (const char *) initrd->bytes + data_at, len_bytes))
      return false;
    initrd->at = data_at + (size_t) ((len_bytes + BLOCK_BYTES - 1) & ~(BLOCK_BYTES - 1));
  }
}
