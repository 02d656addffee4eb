/* What the files of the virtual manager share: its lock, and what is done under it. */
#ifndef GUEST_MM_VIRTUAL_STATE_H
#define GUEST_MM_VIRTUAL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/mapping.h"
#include "mm/paging.h"

/* Takes the lock, masked; the stack is brought in first. Returns what virtual_unlock() restores. */
uint32_t virtual_lock(void);
void virtual_unlock(uint32_t was_masked);

/* Whether this CPU has the lock. */
bool virtual_lock_is_ours(void);

/* Takes the lock when there are spare nodes for any call. Returns whether there are; *was_masked is
 * set then. */
bool virtual_lock_with_nodes(uint32_t *was_masked);

/* ---- Page tables that mappings may still need (virtual_tables.c) ---- */

/* A change of mappings or page tables in a range: to be begun before and ended after. */
struct table_account
{
  uint64_t begin;
  uint64_t end;
  uint64_t needed_before;
};

void table_account_begin(struct table_account *account, uint64_t begin, uint64_t end);

/* Whether the pool has the tables that all committed mappings as they are now may need. */
bool table_account_fits(const struct table_account *account);
void table_account_end(const struct table_account *account);

/* Whether that many tables can be taken that are promised to nobody. */
bool tables_spare(uint64_t tables);

/* ---- Frames that are no longer mapped (virtual_frames.c) ---- */

/* Unmaps what of the mapping lies in the range. Returns the bytes of memory that were there. */
uint64_t frames_unmap(const struct mapping *mapping, uint64_t begin, uint64_t end);

/* Has CPUs forget what was unmapped since the last call, and frees it. */
void frames_release(void);

/* Before frames become executable, and after: the window must not offer to write them. -ENOMEM with
 * nothing changed. The caller flushes. */
int frames_seal(uint64_t gpa, uint64_t len_bytes, bool *flush);
void frames_unseal(uint64_t gpa, uint64_t len_bytes);

#endif
