/* Folders of the ram file system: a hash table finds names, an array lists them in the order in
 * which they came. */
#include <errno.h>
#include <string.h>

#include "fs/ram.h"

#define FIRST_COUNT 8u

static uint32_t hash_of(const char *name, size_t len)
{
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char) name[i]) * 16777619u;
  return hash ^ hash >> 15;
}

static size_t entry_bytes(size_t name_len)
{
  return sizeof(struct ram_entry) + name_len + 1;
}

static struct ram_entry **bucket_of(const struct ram_folder *folder, uint32_t hash)
{
  return &folder->buckets[hash & (folder->bucket_count - 1)];
}

struct ram_entry *ram_folder_find(const struct ram_folder *folder, const char *name, size_t len)
{
  if (folder->bucket_count == 0)
    return NULL;
  uint32_t hash = hash_of(name, len);
  struct ram_entry *entry = *bucket_of(folder, hash);
  while (entry != NULL &&
         (entry->hash != hash || entry->name_len != len || memcmp(entry->name, name, len) != 0))
    entry = entry->next;
  return entry;
}

/* Twice as many buckets, as far as memory lasts: false if there are none. */
static bool grow_buckets(struct ram_folder *folder)
{
  uint32_t count = folder->bucket_count > 0 ? folder->bucket_count * 2 : FIRST_COUNT;
  struct ram_entry **buckets = ram_allocate(count * sizeof(struct ram_entry *), true);
  if (buckets == NULL)
    return folder->bucket_count > 0;
  struct ram_entry **old = folder->buckets;
  uint32_t old_count = folder->bucket_count;
  folder->buckets = buckets;
  folder->bucket_count = count;
  for (uint32_t i = 0; i < old_count; i++)
  {
    struct ram_entry *next;
    for (struct ram_entry *entry = old[i]; entry != NULL; entry = next)
    {
      next = entry->next;
      struct ram_entry **bucket = bucket_of(folder, entry->hash);
      entry->next = *bucket;
      *bucket = entry;
    }
  }
  ram_free(old, old_count * sizeof(struct ram_entry *));
  return true;
}

/* Room for one slot: empty ones go if they are half of all, else the array is doubled. */
static bool make_slot(struct ram_folder *folder)
{
  if (folder->slots_used < folder->slots_size)
    return true;
  struct ram_slot *slots = folder->slots;
  uint32_t size = folder->slots_size;
  if (folder->count >= size / 2)
  {
    size = size > 0 ? size * 2 : FIRST_COUNT;
    slots = ram_allocate(size * sizeof(*slots), false);
    if (slots == NULL)
      return false;
  }
  uint32_t used = 0;
  for (uint32_t i = 0; i < folder->slots_used; i++)
    if (folder->slots[i].entry != NULL)
      slots[used++] = folder->slots[i];
  if (slots != folder->slots)
    ram_free(folder->slots, folder->slots_size * sizeof(*slots));
  folder->slots = slots;
  folder->slots_size = size;
  folder->slots_used = used;
  return true;
}

/* The first slot with a cookie of at least this; slots_used: none. */
static uint32_t find_slot(const struct ram_folder *folder, uint64_t cookie)
{
  uint32_t begin = 0;
  uint32_t end = folder->slots_used;
  while (begin < end)
  {
    uint32_t middle = begin + (end - begin) / 2;
    if (folder->slots[middle].cookie < cookie)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

int ram_folder_add(struct ram_folder *folder, const char *name, size_t len, struct ram_node *node)
{
  if (!make_slot(folder) || (folder->count >= folder->bucket_count && !grow_buckets(folder)))
    return -ENOSPC;
  struct ram_entry *entry = ram_allocate(entry_bytes(len), false);
  if (entry == NULL)
    return -ENOSPC;
  if (folder->last_cookie < RAM_FIRST_COOKIE)
    folder->last_cookie = RAM_FIRST_COOKIE;
  entry->node = node;
  entry->cookie = folder->last_cookie++;
  entry->hash = hash_of(name, len);
  entry->name_len = (uint32_t) len;
  memcpy(entry->name, name, len);
  entry->name[len] = '\0';
  struct ram_entry **bucket = bucket_of(folder, entry->hash);
  entry->next = *bucket;
  *bucket = entry;
  folder->slots[folder->slots_used++] = (struct ram_slot){entry->cookie, entry};
  folder->count++;
  return 0;
}

void ram_folder_remove(struct ram_folder *folder, struct ram_entry *entry)
{
  struct ram_entry **at = bucket_of(folder, entry->hash);
  while (*at != entry)
    at = &(*at)->next;
  *at = entry->next;
  folder->slots[find_slot(folder, entry->cookie)].entry = NULL;
  folder->count--;
  while (folder->slots_used > 0 && folder->slots[folder->slots_used - 1].entry == NULL)
    folder->slots_used--;
  ram_free(entry, entry_bytes(entry->name_len));
}

struct ram_entry *ram_folder_next(const struct ram_folder *folder, uint64_t cookie)
{
  uint32_t slot = find_slot(folder, cookie);
  while (slot < folder->slots_used && folder->slots[slot].entry == NULL)
    slot++;
  return slot < folder->slots_used ? folder->slots[slot].entry : NULL;
}

void ram_folder_free(struct ram_folder *folder)
{
  ram_free(folder->buckets, folder->bucket_count * sizeof(struct ram_entry *));
  ram_free(folder->slots, folder->slots_size * sizeof(struct ram_slot));
}
