/* Walks the guest's page tables from the lowest address up. They may be any nonsense: tables that
 * lie outside of the memory are left out, and loops end by the number of tables that are looked at.
 */
#include "core_map.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page_tables.h"

#define ENTRIES     512
#define TOP_SHIFT   39
#define FIRST_ROOM  64
#define FREE_TABLES 4096 /* that are looked at, besides those that the memory may need */

struct walk
{
  struct core_map *map;
  const struct guest_memory *memory;
  uint64_t end_gva;
  uint64_t most_bytes;
  uint64_t tables_left;
  size_t room;
  int error;
};

static bool is_over(const struct walk *walk)
{
  return walk->error != 0 || walk->map->is_cut;
}

static void add_range(struct walk *walk, const struct core_range *range)
{
  struct core_map *map = walk->map;
  if (map->list == NULL || map->count == walk->room)
  {
    size_t more = walk->room == 0 ? FIRST_ROOM : 2 * walk->room;
    struct core_range *list = realloc(map->list, more * sizeof(list[0]));
    if (list == NULL)
    {
      walk->error = -ENOMEM;
      return;
    }
    map->list = list;
    walk->room = more;
  }
  map->list[map->count++] = *range;
}

static void add_page(struct walk *walk, const struct core_range *page)
{
  struct core_map *map = walk->map;
  struct core_range *last = map->count > 0 ? &map->list[map->count - 1] : NULL;
  bool is_next =
      last != NULL && last->flags == page->flags && last->gva + last->len_bytes == page->gva;
  if (page->len_bytes > walk->most_bytes - map->len_bytes ||
      (!is_next && map->count == CORE_MAP_RANGES_MAX))
  {
    map->is_cut = true;
    return;
  }
  map->len_bytes += page->len_bytes;
  if (is_next)
    last->len_bytes += page->len_bytes;
  else
    add_range(walk, page);
}

/* Rights that all levels give. */
static uint64_t rights_below(uint64_t rights, uint64_t entry)
{
  return (rights & entry & (PTE_WRITABLE | PTE_USER)) | ((rights | entry) & PTE_NX);
}

static void walk_table(struct walk *walk, uint64_t table_gpa, uint64_t gva, unsigned int shift,
                       uint64_t rights);

static void walk_entry(struct walk *walk, uint64_t entry, uint64_t gva, unsigned int shift,
                       uint64_t rights)
{
  rights = rights_below(rights, entry);
  if ((entry & PTE_PRESENT) == 0 || (rights & PTE_USER) == 0)
    return;
  bool is_page = shift == 12 || ((entry & PTE_LARGE) != 0 && shift <= 30);
  if (!is_page)
  {
    walk_table(walk, entry & PTE_ADDRESS, gva, shift - 9, rights);
    return;
  }
  uint64_t len_bytes = 1ull << shift;
  uint64_t gpa = entry & PTE_ADDRESS & ~(len_bytes - 1);
  if (guest_memory_hva(walk->memory, gpa, len_bytes) == NULL)
    return;
  const struct core_range page = {
      .gva = gva,
      .len_bytes = len_bytes,
      .flags = PF_R | ((rights & PTE_WRITABLE) != 0 ? (uint32_t) PF_W : 0) |
               ((rights & PTE_NX) == 0 ? (uint32_t) PF_X : 0),
  };
  add_page(walk, &page);
}

/* NOLINTNEXTLINE(misc-no-recursion): four levels */
static void walk_table(struct walk *walk, uint64_t table_gpa, uint64_t gva, unsigned int shift,
                       uint64_t rights)
{
  const uint8_t *table = guest_memory_hva(walk->memory, table_gpa, GUEST_PAGE_BYTES);
  if (table == NULL)
    return;
  if (walk->tables_left == 0)
  {
    walk->map->is_cut = true;
    return;
  }
  walk->tables_left--;
  /* The upper half of the address space is nobody's. */
  unsigned int count = shift == TOP_SHIFT ? ENTRIES / 2 : ENTRIES;
  for (unsigned int i = 0; i < count && !is_over(walk); i++)
  {
    uint64_t entry;
    uint64_t entry_gva = gva + ((uint64_t) i << shift);
    if (entry_gva >= walk->end_gva)
      return;
    memcpy(&entry, table + i * sizeof(entry), sizeof(entry));
    walk_entry(walk, entry, entry_gva, shift, rights);
  }
}

int core_map_read(struct core_map *map, const struct guest_memory *memory, uint64_t root_gpa,
                  uint64_t end_gva, uint64_t most_bytes)
{
  *map = (struct core_map){.count = 0};
  struct walk walk = {
      .map = map,
      .memory = memory,
      .end_gva = end_gva,
      .most_bytes = most_bytes,
      .tables_left = 2 * (guest_memory_size(memory) / GUEST_LARGE_BYTES) + FREE_TABLES,
  };
  walk_table(&walk, root_gpa, 0, TOP_SHIFT, PTE_WRITABLE | PTE_USER);
  if (walk.error != 0)
    core_map_free(map);
  return walk.error;
}

void core_map_free(struct core_map *map)
{
  free(map->list);
  *map = (struct core_map){.count = 0};
}
