/* The record of mappings: which ranges of addresses are taken, and with what rights.
 *
 * Not safe for several CPUs by itself: the virtual manager's lock guards it. Nodes come from
 * blocks that are added beforehand, so that no call allocates. */
#ifndef GUEST_MM_MAPPING_H
#define GUEST_MM_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/range_tree.h"

struct mapping
{
  struct range range;  /* first: the tree's node is the mapping */
  unsigned int rights; /* of enum paging_rights */
  unsigned int flags;  /* VIRTUAL_NO_RESERVE, VIRTUAL_SMALL_PAGES, VIRTUAL_BEYOND */
  bool committed;      /* there are frames and page tables for all of it */
};

/* Makes spare nodes of memory; how many there are. */
void mapping_add_nodes(struct mapping *nodes, size_t count);
size_t mapping_spare_nodes(void);

/* How many there are. */
size_t mapping_count(void);

/* The mapping that the address is in, or null; the first that ends behind it, or null. */
struct mapping *mapping_at(uint64_t gva);
struct mapping *mapping_from(uint64_t gva);

/* The one with the next higher addresses, or null. */
struct mapping *mapping_next(struct mapping *mapping);

/* Whether mappings cover all of the range. */
bool mapping_covers(uint64_t begin, uint64_t end);

/* What of the range is committed. */
uint64_t mapping_committed_bytes(uint64_t begin, uint64_t end);

/* Adds one where there is none, from a spare node. */
void mapping_insert(uint64_t begin, uint64_t end, unsigned int rights, unsigned int flags,
                    bool committed);

/* Makes the address the end of one mapping and the begin of the next, if it is within one. Takes a
 * spare node then. */
void mapping_split(uint64_t gva);

/* Joins equal neighbours in and around the range. */
void mapping_merge(uint64_t begin, uint64_t end);

/* Removes one; its node is spare then. */
void mapping_remove(struct mapping *mapping);

#endif
