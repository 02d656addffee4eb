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

/* Takes the lock for a call that adds mappings. False, without it: there is no memory for the
 * record of them. */
bool virtual_lock_to_add(uint32_t *was_masked);

/* Takes the lock for a call that splits mappings at both ends of the range at most. Those are the
 * calls that give memory back: without memory they make do with the nodes that are left, and need
 * none where ends of mappings are. False, without the lock, when that is not enough. */
bool virtual_lock_to_split(uint64_t begin, uint64_t end, uint32_t *was_masked);

/* Unmaps all in the range; there are nodes for the splits. Returns the bytes that need no longer be
 * committed. */
uint64_t unmap_locked(uint64_t begin, uint64_t end);

/* Frees the memory of mappings that stay. Returns the bytes that need no longer be committed. */
uint64_t discard_locked(uint64_t begin, uint64_t end);

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
void frames_unseal(uint64_t gpa, uint64_t len_bytes, bool *flush);

#endif
