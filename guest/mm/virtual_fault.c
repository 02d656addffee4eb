/* Page faults: brings memory in on first touch. Runs in upcalls. */
#include <stddef.h>

#include "arch/x86_64/page_zero.h"
#include "crash.h"
#include "mm/address.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "mm/virtual_state.h"

/* A fault and a call of the nucleus cost more than to map some neighbours along: so many, or as
 * many as one call takes where memory is touched in order. */
#define AROUND_BYTES       (64ul << 10)
#define AROUND_ORDER_BYTES (256ul << 10)

/* For memory that was promised no tables: one at each level below the root. */
#define TABLES_FOR_A_PAGE 3

/* What one fault brings in. */
struct fill
{
  uint64_t begin;
  uint64_t len_bytes;
  unsigned int rights;
  unsigned int flags;
  bool clear_table; /* an empty table of small pages is in the large page's way */
};

static bool permits(unsigned int rights, unsigned int access)
{
  return (rights & access) == access;
}

/* Whether nothing of the large page's span is mapped. */
static bool span_is_empty(uint64_t span)
{
  struct paging_page page;
  for (uint64_t gva = span; gva < span + LARGE_FRAME_BYTES; gva += page.page_bytes)
  {
    page = paging_translate(gva);
    if (page.mapped)
      return false;
    if (page.page_bytes >= LARGE_FRAME_BYTES)
      return true;
  }
  return true;
}

static bool plan_large(const struct mapping *mapping, uint64_t gva, struct fill *fill)
{
  uint64_t span = gva & ~(LARGE_FRAME_BYTES - 1);
  if ((mapping->flags & (VIRTUAL_NO_RESERVE | VIRTUAL_SMALL_PAGES)) != 0 ||
      (mapping->rights & PAGING_EXECUTE) != 0 || mapping->range.begin > span ||
      mapping->range.end - span < LARGE_FRAME_BYTES || !span_is_empty(span))
    return false;
  fill->begin = span;
  fill->len_bytes = LARGE_FRAME_BYTES;
  fill->clear_table = paging_translate(span).page_bytes < LARGE_FRAME_BYTES;
  return true;
}

static bool is_hole(uint64_t gva)
{
  return !paging_translate(gva).mapped;
}

/* The page and those beside it in its aligned block that are missing too. The block is longer where
 * what is in front of it is there. */
static void plan_around(const struct mapping *mapping, uint64_t gva, uint64_t limit_bytes,
                        struct fill *fill)
{
  uint64_t low = gva & ~(AROUND_BYTES - 1);
  uint64_t high = low + AROUND_BYTES;
  if (limit_bytes >= AROUND_ORDER_BYTES && low > mapping->range.begin &&
      !is_hole(low - FRAME_BYTES))
    high = (low & ~(AROUND_ORDER_BYTES - 1)) + AROUND_ORDER_BYTES;
  uint64_t begin = gva & ~(FRAME_BYTES - 1);
  uint64_t end = begin + FRAME_BYTES;
  if (low < mapping->range.begin)
    low = mapping->range.begin;
  if (high > mapping->range.end)
    high = mapping->range.end;
  while (begin > low && is_hole(begin - FRAME_BYTES))
    begin -= FRAME_BYTES;
  while (end < high && is_hole(end))
    end += FRAME_BYTES;
  fill->begin = begin;
  fill->len_bytes = end - begin;
  fill->clear_table = false;
}

static void plan_page(uint64_t gva, struct fill *fill)
{
  fill->begin = gva & ~(FRAME_BYTES - 1);
  fill->len_bytes = FRAME_BYTES;
  fill->clear_table = false;
}

/* Takes frames for a large page, else for the pages around, else for one. */
static uint64_t allocate(const struct mapping *mapping, uint64_t gva, uint64_t limit_bytes,
                         struct fill *fill, bool *zeroed)
{
  uint64_t gpa = PHYSICAL_NONE;
  fill->rights = mapping->rights;
  fill->flags = mapping->flags;
  if (limit_bytes > AROUND_BYTES && plan_large(mapping, gva, fill))
    gpa = physical_allocate(LARGE_FRAME_BYTES, LARGE_FRAME_BYTES, zeroed);
  if (gpa != PHYSICAL_NONE)
    return gpa;
  if (limit_bytes >= AROUND_BYTES)
  {
    plan_around(mapping, gva, limit_bytes, fill);
    gpa = physical_allocate(fill->len_bytes, FRAME_BYTES, zeroed);
  }
  if (gpa != PHYSICAL_NONE)
    return gpa;
  plan_page(gva, fill);
  return physical_allocate(FRAME_BYTES, FRAME_BYTES, zeroed);
}

/* Whether the plan can still be carried out after the lock was released. */
static bool still_fits(const struct fill *fill)
{
  struct mapping *mapping = mapping_at(fill->begin);
  if (mapping == NULL || mapping->range.end - fill->begin < fill->len_bytes ||
      mapping->rights != fill->rights || mapping->flags != fill->flags)
    return false;
  if (fill->len_bytes == LARGE_FRAME_BYTES)
    return span_is_empty(fill->begin) &&
           fill->clear_table == (paging_translate(fill->begin).page_bytes < LARGE_FRAME_BYTES);
  for (uint64_t offset = 0; offset < fill->len_bytes; offset += FRAME_BYTES)
  {
    if (!is_hole(fill->begin + offset))
      return false;
  }
  return true;
}

/* Maps frames of zeros. False: there are not enough page tables. */
static bool map_fill(const struct fill *fill, uint64_t gpa)
{
  if ((fill->flags & VIRTUAL_NO_RESERVE) != 0 && !tables_spare(TABLES_FOR_A_PAGE))
    return false;
  bool flush = false;
  if ((fill->rights & PAGING_EXECUTE) != 0 && frames_seal(gpa, fill->len_bytes, &flush) != 0)
    return false;
  struct table_account account;
  table_account_begin(&account, fill->begin, fill->begin + fill->len_bytes);
  if (fill->clear_table)
    paging_unmap(fill->begin, fill->len_bytes, NULL, NULL, &flush);
  if (flush)
    paging_flush();
  if (paging_map(fill->begin, gpa, fill->len_bytes, fill->rights, fill->len_bytes) != 0)
    panic("no page table for committed memory");
  table_account_end(&account);
  return true;
}

/* What a fault has found out under the lock. */
enum attempt
{
  ATTEMPT_DONE,
  ATTEMPT_FAILED, /* *result says how */
  ATTEMPT_COMMIT, /* memory must be committed first */
  ATTEMPT_ZERO,   /* the frames taken must be zeroed first */
};

struct fault
{
  uint64_t gva;
  unsigned int access;
  uint64_t limit_bytes;     /* of what to bring in */
  uint64_t committed_bytes; /* for memory that is committed as it comes */
  uint64_t gpa;
  struct fill fill;
  enum virtual_fault_result result;
};

static enum attempt failed(struct fault *fault, enum virtual_fault_result result)
{
  fault->result = result;
  return ATTEMPT_FAILED;
}

/* Maps the frames, or gives them back. */
static enum attempt finish(struct fault *fault)
{
  if (!map_fill(&fault->fill, fault->gpa))
  {
    physical_free(fault->gpa, fault->fill.len_bytes);
    return failed(fault, FAULT_NO_MEMORY);
  }
  if ((fault->fill.flags & VIRTUAL_NO_RESERVE) != 0)
    fault->committed_bytes -= fault->fill.len_bytes;
  return ATTEMPT_DONE;
}

/* While frames are zeroed without the lock, other CPUs take more for the same promise. So these get
 * a second one, if there is memory for it. What is committed as it comes has its own. */
static bool may_zero_later(const struct fill *fill)
{
  return (fill->flags & VIRTUAL_NO_RESERVE) != 0 || physical_try_commit(fill->len_bytes);
}

static enum attempt attempt(struct fault *fault)
{
  struct mapping *mapping = mapping_at(fault->gva);
  if (mapping == NULL)
    return failed(fault, FAULT_NOT_MAPPED);
  if ((mapping->flags & VIRTUAL_BEYOND) != 0)
    return failed(fault, FAULT_BEYOND);
  if (!permits(mapping->rights, fault->access))
    return failed(fault, FAULT_FORBIDDEN);
  /* Another CPU was faster, or this one has forgotten only now what was not allowed before. */
  if (!is_hole(fault->gva))
    return ATTEMPT_DONE;
  if ((mapping->flags & VIRTUAL_NO_RESERVE) != 0 && fault->committed_bytes < fault->limit_bytes)
  {
    if (fault->limit_bytes > AROUND_BYTES)
      fault->limit_bytes = AROUND_BYTES;
    return ATTEMPT_COMMIT;
  }
  bool zeroed = false;
  fault->gpa = allocate(mapping, fault->gva, fault->limit_bytes, &fault->fill, &zeroed);
  if (fault->gpa == PHYSICAL_NONE)
    return failed(fault, FAULT_NO_MEMORY);
  if (zeroed)
    return finish(fault);
  if (may_zero_later(&fault->fill))
    return ATTEMPT_ZERO;
  page_zero(address_of_gpa(fault->gpa), fault->fill.len_bytes);
  return finish(fault);
}

static bool commit(struct fault *fault)
{
  while (physical_commit(fault->limit_bytes) != 0)
  {
    if (fault->limit_bytes == FRAME_BYTES)
      return false;
    fault->limit_bytes = FRAME_BYTES;
  }
  fault->committed_bytes += fault->limit_bytes;
  return true;
}

/* Zeroes the frames without the lock, then looks whether they are still wanted. */
static enum attempt zero_and_finish(struct fault *fault)
{
  page_zero(address_of_gpa(fault->gpa), fault->fill.len_bytes);
  uint32_t was_masked = virtual_lock();
  enum attempt outcome = ATTEMPT_ZERO;
  if (still_fits(&fault->fill))
    outcome = finish(fault);
  else
    physical_free(fault->gpa, fault->fill.len_bytes);
  virtual_unlock(was_masked);
  if ((fault->fill.flags & VIRTUAL_NO_RESERVE) == 0)
    physical_uncommit(fault->fill.len_bytes);
  return outcome;
}

enum virtual_fault_result virtual_fault(uint64_t gva, unsigned int access)
{
  struct fault fault = {
      .gva = gva, .access = access, .limit_bytes = LARGE_FRAME_BYTES, .result = FAULT_MAPPED};
  enum attempt outcome;
  /* Code that holds the lock touches nothing of ours: a crash that is reported beats a wait without
   * end. */
  if (virtual_lock_is_ours())
    return FAULT_NOT_MAPPED;
  do
  {
    uint32_t was_masked = virtual_lock();
    outcome = attempt(&fault);
    virtual_unlock(was_masked);
    if (outcome == ATTEMPT_COMMIT && !commit(&fault))
      outcome = failed(&fault, FAULT_NO_MEMORY);
    else if (outcome == ATTEMPT_ZERO)
      outcome = zero_and_finish(&fault);
  } while (outcome == ATTEMPT_COMMIT || outcome == ATTEMPT_ZERO);
  if (fault.committed_bytes > 0)
    physical_uncommit(fault.committed_bytes);
  return fault.result;
}
