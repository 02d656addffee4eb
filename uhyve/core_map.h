/* What a guest has mapped for its program: ranges of guest-virtual memory, from its page tables. */
#ifndef UHYVE_CORE_MAP_H
#define UHYVE_CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest_memory.h"

/* Fewer than fit in the header of an ELF file. */
#define CORE_MAP_RANGES_MAX 32768

struct core_range
{
  uint64_t gva;
  uint64_t len_bytes;
  uint32_t flags; /* PF_R, PF_W, PF_X of <elf.h> */
};

struct core_map
{
  struct core_range *list; /* owned; by rising address, none overlap */
  size_t count;
  uint64_t len_bytes; /* of all */
  bool is_cut;        /* there is more: more ranges, tables or bytes than make sense */
};

/* Finds what ring 3 may access below end_gva. The guest may have written anything into its page
 * tables: what is found is at most most_bytes. Returns 0 or -ENOMEM; then there is nothing to free.
 */
int core_map_read(struct core_map *map, const struct guest_memory *memory, uint64_t root_gpa,
                  uint64_t end_gva, uint64_t most_bytes);

void core_map_free(struct core_map *map);

#endif
