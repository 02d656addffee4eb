/* The virtual manager: changes the rights of what is mapped. */
#include <errno.h>

#include "crash.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "mm/virtual_state.h"

/* In mapping.flags only while commit_mappings() runs. */
#define FLAG_FRESH (1u << 31)

static bool lacks_commit(const struct mapping *mapping)
{
  return !mapping->committed && (mapping->flags & VIRTUAL_NO_RESERVE) == 0;
}

/* What a range must have committed before it gets rights. */
static uint64_t uncommitted_bytes(uint64_t begin, uint64_t end)
{
  uint64_t bytes = 0;
  for (struct mapping *mapping = mapping_from(begin); mapping != NULL && mapping->range.begin < end;
       mapping = mapping_next(mapping))
  {
    uint64_t from = mapping->range.begin > begin ? mapping->range.begin : begin;
    uint64_t to = mapping->range.end < end ? mapping->range.end : end;
    if (lacks_commit(mapping))
      bytes += to - from;
  }
  return bytes;
}

/* Takes the mark of new ones off again. */
static int settle_mappings(uint64_t begin, uint64_t end, bool keep)
{
  int error = keep ? 0 : -ENOMEM;
  for (struct mapping *mapping = mapping_from(begin); mapping != NULL && mapping->range.begin < end;
       mapping = mapping_next(mapping))
  {
    if ((mapping->flags & FLAG_FRESH) == 0)
      continue;
    mapping->flags &= ~FLAG_FRESH;
    mapping->committed = keep;
    uint64_t len_bytes = mapping->range.end - mapping->range.begin;
    if (keep && paging_prepare(mapping->range.begin, len_bytes, LARGE_FRAME_BYTES) != 0)
      panic("page tables that were counted are not there");
  }
  return error;
}

/* Marks what is committed now. Returns -ENOMEM with nothing changed when there are not enough page
 * tables. */
static int commit_mappings(uint64_t begin, uint64_t end)
{
  struct table_account account;
  table_account_begin(&account, begin, end);
  for (struct mapping *mapping = mapping_from(begin); mapping != NULL && mapping->range.begin < end;
       mapping = mapping_next(mapping))
  {
    if (!lacks_commit(mapping))
      continue;
    mapping->committed = true;
    mapping->flags |= FLAG_FRESH;
  }
  int error = settle_mappings(begin, end, table_account_fits(&account));
  table_account_end(&account);
  return error;
}

/* Takes the window's right to write from all frames of a mapping, or gives it back. */
static int seal_mapping(const struct mapping *mapping, uint64_t end, bool seal, bool *flush)
{
  struct paging_page page;
  for (uint64_t gva = mapping->range.begin; gva < end; gva = (gva | (page.page_bytes - 1)) + 1)
  {
    page = paging_translate(gva);
    if (!page.mapped)
      continue;
    if (!seal)
      frames_unseal(page.gpa, page.page_bytes, flush);
    else if (frames_seal(page.gpa, page.page_bytes, flush) != 0)
    {
      seal_mapping(mapping, gva, false, flush);
      return -ENOMEM;
    }
  }
  return 0;
}

static void protect_pages(const struct mapping *mapping, unsigned int rights, bool *flush)
{
  if (paging_protect(mapping->range.begin, mapping->range.end - mapping->range.begin, rights,
                     flush) != 0)
    panic("no page table for a part of a large page");
}

static void flush_now(bool *flush)
{
  if (*flush)
    paging_flush();
  *flush = false;
}

/* Nobody may write to code, by neither address: what was writable is forgotten by all TLBs before
 * pages become executable, and the other way round. */
static int change_rights(struct mapping *mapping, unsigned int rights, bool *flush)
{
  bool executed = (mapping->rights & PAGING_EXECUTE) != 0;
  bool executes = (rights & PAGING_EXECUTE) != 0;
  if (executed != executes)
  {
    protect_pages(mapping, rights & PAGING_READ & mapping->rights, flush);
    if (executed)
      flush_now(flush);
    if (seal_mapping(mapping, mapping->range.end, executes, flush) != 0)
    {
      protect_pages(mapping, mapping->rights, flush);
      return -ENOMEM;
    }
    flush_now(flush);
  }
  protect_pages(mapping, rights, flush);
  mapping->rights = rights;
  return 0;
}

/* Small pages around an end of the range may have the same rights again. */
static void join_pages(uint64_t gva, bool *flush)
{
  struct mapping *mapping = mapping_at(gva);
  uint64_t span = gva & ~(LARGE_FRAME_BYTES - 1);
  if (mapping != NULL && (mapping->flags & (VIRTUAL_SMALL_PAGES | VIRTUAL_NO_RESERVE)) == 0 &&
      mapping->range.begin <= span && mapping->range.end - span >= LARGE_FRAME_BYTES &&
      paging_translate(gva).page_bytes == FRAME_BYTES)
    paging_join(gva, flush);
}

static int protect_locked(uint64_t begin, uint64_t end, unsigned int rights)
{
  mapping_split(begin);
  mapping_split(end);
  int error = rights == PAGING_NONE ? 0 : commit_mappings(begin, end);
  struct table_account account;
  table_account_begin(&account, begin, end);
  bool flush = false;
  for (struct mapping *mapping = mapping_from(begin);
       error == 0 && mapping != NULL && mapping->range.begin < end; mapping = mapping_next(mapping))
  {
    if (mapping->rights != rights)
      error = change_rights(mapping, rights, &flush);
  }
  mapping_merge(begin, end);
  join_pages(begin, &flush);
  join_pages(end - 1, &flush);
  flush_now(&flush);
  table_account_end(&account);
  return error;
}

int virtual_protect(uint64_t gva, uint64_t len_bytes, unsigned int rights)
{
  if (((gva | len_bytes) & (FRAME_BYTES - 1)) != 0)
    return -EINVAL;
  if ((rights & PAGING_WRITE) != 0 && (rights & PAGING_EXECUTE) != 0)
    return -EACCES;
  if (gva + len_bytes < gva)
    return -ENOMEM;
  if (rights != PAGING_NONE)
    rights |= PAGING_READ;
  uint64_t end = gva + len_bytes;
  uint64_t committed_bytes = 0;
  int error = 0;
  while (error == 0)
  {
    uint32_t was_masked;
    if (!virtual_lock_to_split(gva, end, &was_masked))
    {
      error = -ENOMEM;
      break;
    }
    uint64_t bytes = rights == PAGING_NONE ? 0 : uncommitted_bytes(gva, end);
    if (!mapping_covers(gva, end))
      error = -ENOMEM;
    else if (bytes == committed_bytes)
    {
      error = len_bytes == 0 ? 0 : protect_locked(gva, end, rights);
      if (error == 0 || uncommitted_bytes(gva, end) == 0)
        committed_bytes = 0; /* the mappings have it */
      virtual_unlock(was_masked);
      break;
    }
    virtual_unlock(was_masked);
    physical_uncommit(committed_bytes);
    committed_bytes = 0;
    if (error == 0 && (error = physical_commit(bytes)) == 0)
      committed_bytes = bytes;
  }
  physical_uncommit(committed_bytes);
  return error;
}
