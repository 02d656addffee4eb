/* cpio archives in the "newc" format, with or without checksums. */
#include <string.h>

#include "fs/initrd.h"
#include "mm/kernel_heap.h"

/* "070701" or "070702" and these fields, of 8 hexadecimal digits each. */
enum field
{
  CPIO_INODE,
  CPIO_MODE,
  CPIO_USER,
  CPIO_GROUP,
  CPIO_LINKS,
  CPIO_MTIME,
  CPIO_SIZE,
  CPIO_MAJOR,
  CPIO_MINOR,
  CPIO_DEVICE_MAJOR,
  CPIO_DEVICE_MINOR,
  CPIO_NAME_SIZE,
  CPIO_CHECKSUM,
  CPIO_FIELDS
};

#define MAGIC_BYTES  6ul
#define DIGITS       8ul
#define HEADER_BYTES (MAGIC_BYTES + CPIO_FIELDS * DIGITS)
#define ALIGN_BYTES  4ul
#define LAST_NAME    "TRAILER!!!"

struct entry
{
  uint32_t field[CPIO_FIELDS];
  const char *name;
  size_t name_len;
  const unsigned char *data;
  size_t next; /* where the next one begins */
};

/* A file that has further names; only the last has the data. */
struct linked
{
  struct linked *next;
  uint32_t inode, major, minor;
  const char *name;
  size_t name_len;
};

static bool is_magic(const unsigned char *bytes)
{
  return memcmp(bytes, "07070", 5) == 0 && (bytes[5] == '1' || bytes[5] == '2');
}

bool initrd_is_cpio(const struct initrd *initrd)
{
  return initrd->len_bytes >= MAGIC_BYTES && is_magic(initrd->bytes);
}

static bool number_of(const unsigned char *digits, uint32_t *number)
{
  *number = 0;
  for (size_t i = 0; i < DIGITS; i++)
  {
    unsigned char digit = digits[i];
    uint32_t value;
    if (digit >= '0' && digit <= '9')
      value = digit - '0';
    else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
      value = (digit | 0x20u) - 'a' + 10;
    else
      return false;
    *number = *number << 4 | value;
  }
  return true;
}

static size_t aligned(size_t at)
{
  return (at + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1);
}

static bool read_entry(struct initrd *initrd, size_t at, struct entry *entry)
{
  const unsigned char *header = initrd->bytes + at;
  if (!initrd_has(initrd, at, HEADER_BYTES))
    return false;
  if (!is_magic(header))
    return initrd_fail(initrd, "an entry has a broken header");
  for (size_t i = 0; i < CPIO_FIELDS; i++)
  {
    if (!number_of(header + MAGIC_BYTES + i * DIGITS, &entry->field[i]))
      return initrd_fail(initrd, "an entry has a broken header");
  }
  size_t name_at = at + HEADER_BYTES;
  size_t name_bytes = entry->field[CPIO_NAME_SIZE];
  if (!initrd_has(initrd, name_at, name_bytes))
    return false;
  entry->name = (const char *) initrd->bytes + name_at;
  if (name_bytes == 0 || entry->name[name_bytes - 1] != '\0')
    return initrd_fail(initrd, "an entry has a bad name");
  entry->name_len = strlen(entry->name);
  size_t data_at = aligned(name_at + name_bytes);
  if (!initrd_has(initrd, data_at, entry->field[CPIO_SIZE]))
    return false;
  entry->data = initrd->bytes + data_at;
  entry->next = aligned(data_at + entry->field[CPIO_SIZE]);
  return true;
}

static bool is_last(const struct entry *entry)
{
  return entry->name_len == sizeof(LAST_NAME) - 1 &&
         memcmp(entry->name, LAST_NAME, sizeof(LAST_NAME)) == 0;
}

static bool checksum_fits(const struct initrd *initrd, const struct entry *entry)
{
  uint32_t sum = 0;
  if (initrd->bytes[initrd->at + MAGIC_BYTES - 1] != '2' ||
      !S_ISREG((mode_t) entry->field[CPIO_MODE]))
    return true;
  for (size_t i = 0; i < entry->field[CPIO_SIZE]; i++)
    sum += entry->data[i];
  return sum == entry->field[CPIO_CHECKSUM] || entry->field[CPIO_SIZE] == 0;
}

static bool is_same_file(const struct entry *entry, const struct entry *other)
{
  return entry->field[CPIO_INODE] == other->field[CPIO_INODE] &&
         entry->field[CPIO_MAJOR] == other->field[CPIO_MAJOR] &&
         entry->field[CPIO_MINOR] == other->field[CPIO_MINOR] &&
         S_ISREG((mode_t) other->field[CPIO_MODE]);
}

/* Where the data of a file with several names are. */
static bool find_data(struct initrd *initrd, struct entry *entry)
{
  struct entry other = *entry;
  while (other.field[CPIO_SIZE] == 0)
  {
    if (!read_entry(initrd, other.next, &other))
      return false;
    if (is_last(&other))
      return true;
    if (!is_same_file(entry, &other))
      other.field[CPIO_SIZE] = 0;
  }
  entry->data = other.data;
  entry->field[CPIO_SIZE] = other.field[CPIO_SIZE];
  return true;
}

static bool add(struct initrd *initrd, const struct entry *entry)
{
  struct stat status = {0};
  status.st_mode = (mode_t) entry->field[CPIO_MODE];
  status.st_uid = entry->field[CPIO_USER];
  status.st_gid = entry->field[CPIO_GROUP];
  status.st_mtim.tv_sec = entry->field[CPIO_MTIME];
  bool has_data = S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
  return initrd_add(initrd, entry->name, entry->name_len, &status, entry->data,
                    has_data ? entry->field[CPIO_SIZE] : 0);
}

static bool add_linked(struct initrd *initrd, struct entry *entry, struct linked **first)
{
  struct linked *linked = *first;
  while (linked != NULL &&
         (linked->inode != entry->field[CPIO_INODE] || linked->major != entry->field[CPIO_MAJOR] ||
          linked->minor != entry->field[CPIO_MINOR]))
    linked = linked->next;
  if (linked != NULL)
    return initrd_add_link(initrd, entry->name, entry->name_len, linked->name, linked->name_len);
  linked = kernel_allocate(sizeof(*linked));
  if (linked == NULL)
    return initrd_fail(initrd, "there is not enough memory for its files");
  *linked = (struct linked){.next = *first,
                            .inode = entry->field[CPIO_INODE],
                            .major = entry->field[CPIO_MAJOR],
                            .minor = entry->field[CPIO_MINOR],
                            .name = entry->name,
                            .name_len = entry->name_len};
  *first = linked;
  return find_data(initrd, entry) && add(initrd, entry);
}

static bool read_all(struct initrd *initrd, struct linked **first)
{
  for (;;)
  {
    struct entry entry = {0};
    if (!read_entry(initrd, initrd->at, &entry))
      return false;
    if (is_last(&entry))
      return true;
    if (!checksum_fits(initrd, &entry))
      return initrd_fail(initrd, "a file's checksum is wrong");
    bool has_more_names = S_ISREG((mode_t) entry.field[CPIO_MODE]) && entry.field[CPIO_LINKS] > 1;
    size_t next = entry.next;
    if (!(has_more_names ? add_linked(initrd, &entry, first) : add(initrd, &entry)))
      return false;
    initrd->at = next;
  }
}

bool initrd_read_cpio(struct initrd *initrd)
{
  struct linked *first = NULL;
  bool good = read_all(initrd, &first);
  while (first != NULL)
  {
    struct linked *next = first->next;
    kernel_free(first, sizeof(*first));
    first = next;
  }
  return good;
}
