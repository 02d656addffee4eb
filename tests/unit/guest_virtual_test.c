/* The virtual manager on real page tables and a real physical manager, in memory of the host,
 * against a simple model: an array of pages. */
#include "mm/virtual.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/page_tables.h"
#include "hosted/memory.h"
#include "mm/address.h"
#include "mm/mapping.h"
#include "mm/physical.h"
#include "start_info.h"
#include "unit_test.h"

#define PAGE       FRAME_BYTES
#define LARGE      LARGE_FRAME_BYTES
#define MEMORY_GPA 0x800000ul
#define MEMORY     (64ul << 20)
#define POOL_GPA   0x400000ul
#define POOL_MAX   256u
#define AREA_PAGES 8192u
#define AREA_GVA   (UHYVE_MAP_BASE + (1ul << 30) - AREA_PAGES / 2 * PAGE)

static uint64_t pool[POOL_MAX][512];
static unsigned int flushes;

struct model_page
{
  bool mapped;
  bool reserved;
  unsigned int rights;
  uint64_t value;
};

static struct model_page model[AREA_PAGES];

const uint64_t *table_at(uint64_t table_gpa)
{
  uint64_t table = (table_gpa - POOL_GPA) / PAGE;
  assert_true(table_gpa >= POOL_GPA && table < start_info->page_tables_len_bytes / PAGE);
  return pool[table];
}

uint64_t *table_buffer(void)
{
  assert_true(cpu_is_masked());
  return cpu_this()->area.table_entries;
}

/* Others look up without a lock. */
void table_write(uint64_t table_gpa, unsigned int index, unsigned int count, bool last)
{
  (void) last;
  const uint64_t *entries = cpu_this()->area.table_entries;
  assert_true(count > 0 && count <= UHYVE_TABLE_ENTRIES && index + count <= 512);
  for (unsigned int i = 0; i < count; i++)
    __atomic_store_n(&pool[(table_gpa - POOL_GPA) / PAGE][index + i], entries[i], __ATOMIC_RELEASE);
}

bool table_has_huge_pages(void)
{
  return false;
}

/* address_of_gpa() of the host is not in the window, whose rights the page tables have. */
static unsigned int window_rights(uint64_t gpa)
{
  return paging_translate((uint64_t) address_of_gpa(gpa)).rights;
}

/* A frame, and what TLBs know at most of the window's rights to it: those of the last flush. */
static uint64_t watched_gpa = PHYSICAL_NONE;
static unsigned int rights_flushed;

void paging_flush(void)
{
  assert_true(cpu_is_masked());
  flushes++;
  if (watched_gpa != PHYSICAL_NONE)
    rights_flushed = window_rights(watched_gpa);
}

static void set_up(uint64_t tables)
{
  hosted_memory_start(MEMORY_GPA, MEMORY, 8ul << 20);
  start_info->page_table_root_gpa = POOL_GPA;
  start_info->page_tables_gpa = POOL_GPA;
  start_info->page_tables_len_bytes = tables * PAGE;
  start_info->page_tables_used_bytes = PAGE;
  uint64_t window = (uint64_t) address_of_gpa(MEMORY_GPA);
  cpu_mask_interrupts();
  assert_int_equal(paging_map(window, MEMORY_GPA, MEMORY, PAGING_READ | PAGING_WRITE, LARGE), 0);
  cpu_unmask_interrupts();
}

static unsigned int below(unsigned int bound)
{
  return (unsigned int) random() % bound;
}

static uint64_t gva_of(unsigned int page)
{
  return AREA_GVA + page * PAGE;
}

static uint64_t *word_at(uint64_t gva)
{
  struct paging_page page = paging_translate(gva);
  assert_true(page.mapped);
  return address_of_gpa(page.gpa + (gva & (page.page_bytes - 1)));
}

static void touch(unsigned int page, bool memory_lasts)
{
  static const unsigned int accesses[] = {PAGING_READ, PAGING_WRITE, PAGING_EXECUTE};
  unsigned int access = accesses[below(3)];
  struct model_page *expected = &model[page];
  uint64_t gva = gva_of(page) + 8ul * below(512);
  struct paging_page at = paging_translate(gva);
  enum virtual_fault_result result = FAULT_MAPPED;
  if ((at.rights & access) == 0)
    result = virtual_fault(gva, access);
  if (!expected->mapped)
  {
    assert_int_equal(result, FAULT_NOT_MAPPED);
    return;
  }
  if ((expected->rights & access) == 0)
  {
    assert_int_equal(result, FAULT_FORBIDDEN);
    return;
  }
  if (result == FAULT_NO_MEMORY &&
      (!expected->reserved || (expected->rights & PAGING_EXECUTE) != 0))
  {
    assert_false(memory_lasts);
    return;
  }
  assert_int_equal(result, FAULT_MAPPED);
  at = paging_translate(gva);
  assert_int_equal(at.rights, expected->rights);
  uint64_t *word = word_at(gva_of(page));
  assert_int_equal(*word, expected->value);
  assert_int_equal(window_rights(at.gpa + (gva & (at.page_bytes - 1))) & PAGING_WRITE,
                   (expected->rights & PAGING_EXECUTE) != 0 ? 0 : PAGING_WRITE);
  if (access == PAGING_WRITE)
    *word = expected->value = (uint64_t) random() + 1;
}

static void random_range(unsigned int *first, unsigned int *count)
{
  static const unsigned int limits[] = {4, 40, 700, 4000};
  *first = below(AREA_PAGES);
  *count = 1 + below(limits[below(4)]);
  if (below(3) == 0)
  {
    *first -= *first % 512;
    *count = (*count + 511) / 512 * 512;
  }
  if (*count > AREA_PAGES - *first)
    *count = AREA_PAGES - *first;
}

static unsigned int random_rights(void)
{
  static const unsigned int all[] = {PAGING_NONE, PAGING_READ, PAGING_READ | PAGING_WRITE,
                                     PAGING_READ | PAGING_WRITE, PAGING_READ | PAGING_EXECUTE};
  return all[below(5)];
}

static void forget(unsigned int first, unsigned int count)
{
  for (unsigned int i = first; i < first + count; i++)
    model[i] = (struct model_page){.mapped = false};
}

static void unmap(unsigned int first, unsigned int count)
{
  assert_int_equal(virtual_unmap(gva_of(first), count * PAGE), 0);
  forget(first, count);
}

static bool any_mapped(unsigned int first, unsigned int count)
{
  for (unsigned int i = first; i < first + count; i++)
  {
    if (model[i].mapped)
      return true;
  }
  return false;
}

static bool all_mapped(unsigned int first, unsigned int count)
{
  for (unsigned int i = first; i < first + count; i++)
  {
    if (!model[i].mapped)
      return false;
  }
  return true;
}

static void map(unsigned int first, unsigned int count, bool memory_lasts)
{
  static const unsigned int kinds[] = {
      0, 0, 0, VIRTUAL_NO_RESERVE, VIRTUAL_SMALL_PAGES, VIRTUAL_POPULATE};
  unsigned int flags = kinds[below(6)] | (below(2) == 0 ? VIRTUAL_FIXED : VIRTUAL_FIXED_VACANT);
  unsigned int rights = random_rights();
  uint64_t gva = gva_of(first);
  int error = virtual_map(&gva, count * PAGE, PAGE, rights, flags);
  if ((flags & VIRTUAL_FIXED_VACANT) != 0 && any_mapped(first, count) && error != -ENOMEM)
  {
    assert_int_equal(error, -EEXIST);
    return;
  }
  if (error != 0)
  {
    assert_int_equal(error, -ENOMEM);
    assert_false(memory_lasts);
    if ((flags & VIRTUAL_FIXED) != 0)
      unmap(first, count); /* what was there may have gone or not */
    return;
  }
  assert_int_equal(gva, gva_of(first));
  for (unsigned int i = first; i < first + count; i++)
    model[i] = (struct model_page){
        .mapped = true, .reserved = (flags & VIRTUAL_NO_RESERVE) == 0, .rights = rights};
}

static void protect(unsigned int first, unsigned int count, bool memory_lasts)
{
  unsigned int rights = random_rights();
  int error = virtual_protect(gva_of(first), count * PAGE, rights);
  if (!all_mapped(first, count))
  {
    assert_int_equal(error, -ENOMEM);
    return;
  }
  if (error != 0)
  {
    assert_int_equal(error, -ENOMEM);
    assert_false(memory_lasts);
    unmap(first, count); /* a part of it may have changed */
    return;
  }
  for (unsigned int i = first; i < first + count; i++)
    model[i].rights = rights;
}

static void discard(unsigned int first, unsigned int count)
{
  int error = virtual_discard(gva_of(first), count * PAGE);
  assert_int_equal(error, all_mapped(first, count) ? 0 : -ENOMEM);
  for (unsigned int i = first; i < first + count; i++)
    model[i].value = 0;
}

static void random_heap_end(void)
{
  static uint64_t end = UHYVE_HEAP_BASE;
  uint64_t new_end = UHYVE_HEAP_BASE + below(16u << 20);
  if (virtual_set_heap_end(new_end) != 0)
    return;
  for (uint64_t gva = UHYVE_HEAP_BASE; gva < new_end; gva += LARGE / 2)
  {
    assert_int_equal(virtual_fault(gva, PAGING_WRITE), FAULT_MAPPED);
    /* What was above the end, but for its page, is gone. */
    if (gva >= ((end + PAGE - 1) & ~(PAGE - 1)))
      assert_int_equal(*word_at(gva), 0);
    *word_at(gva) = gva;
  }
  end = new_end;
}

/* In pages of the area that no other thread uses. */
static void random_step(unsigned int begin, unsigned int end, bool memory_lasts)
{
  unsigned int first;
  unsigned int count;
  do
    random_range(&first, &count);
  while (first < begin || first + count > end);
  switch (below(8))
  {
  case 0:
  case 1:
    map(first, count, memory_lasts);
    break;
  case 2:
    if (below(2) == 0)
      unmap(first, count);
    break;
  case 3:
    protect(first, count, memory_lasts);
    break;
  case 4:
    if (below(3) == 0)
      discard(first, count);
    break;
  default:
    for (unsigned int i = 0; i < 20; i++)
      touch(first + below(count), memory_lasts);
  }
}

static struct physical_usage usage_before;

/* All is free again; but nodes of the record, and tables above those of small pages, stay. */
static void check_all_is_free(void)
{
  assert_int_equal(virtual_unmap(UHYVE_MAP_BASE, UHYVE_MAP_END - UHYVE_MAP_BASE), 0);
  forget(0, AREA_PAGES);
  assert_int_equal(virtual_set_heap_end(UHYVE_HEAP_BASE), 0);
  assert_int_equal(mapping_count(), 0);
  struct physical_usage usage = physical_usage();
  uint64_t kept_bytes = usage.committed_bytes - usage_before.committed_bytes;
  assert_true(kept_bytes < LARGE);
  assert_true(usage.free_clean_bytes + usage.free_used_bytes + kept_bytes + LARGE >
              usage.attached_bytes);
  /* A table that was promised and is no longer would be missing. */
  assert_true(paging_tables_left() > 8);
  uint64_t gva = AREA_GVA;
  assert_int_equal(virtual_map(&gva, PAGE, PAGE, PAGING_READ, VIRTUAL_FIXED_VACANT), 0);
  assert_int_equal(virtual_unmap(gva, PAGE), 0);
}

static void test_random(void **state)
{
  (void) state;
  srandom(42);
  for (unsigned int step = 0; step < 20000; step++)
  {
    random_step(0, AREA_PAGES, true);
    if (step % 50 == 0)
      random_heap_end();
  }
  for (unsigned int i = 0; i < AREA_PAGES; i++)
    touch(i, true);
  check_all_is_free();
}

static uint64_t tables_held[POOL_MAX];
static unsigned int tables_held_count;

/* Takes tables until so many are left. */
static void leave_tables(uint64_t left)
{
  cpu_mask_interrupts();
  while (paging_tables_left() > left)
    tables_held[tables_held_count++] = table_take(true);
  while (paging_tables_left() < left && tables_held_count > 0)
    table_give(tables_held[--tables_held_count]);
  cpu_unmask_interrupts();
}

/* With little memory and few page tables calls fail, and nothing else does. */
static void test_scarce(void **state)
{
  (void) state;
  struct physical_usage usage = physical_usage();
  uint64_t most = ((usage.total_bytes - usage.committed_bytes) & ~(LARGE - 1)) - 5 * LARGE;
  uint64_t gva = 0;
  bool flush = false;
  cpu_mask_interrupts();
  paging_trim(UHYVE_HEAP_BASE, UHYVE_MAP_END - UHYVE_HEAP_BASE, &flush);
  cpu_unmask_interrupts();
  leave_tables(most / LARGE - 1);
  assert_int_equal(virtual_map(&gva, most, PAGE, PAGING_READ, 0), -ENOMEM);
  leave_tables(most / LARGE + 8);
  assert_int_equal(virtual_map(&gva, most, PAGE, PAGING_READ, 0), 0);
  for (unsigned int step = 0; step < 20000; step++)
    random_step(0, AREA_PAGES, false);
  leave_tables(POOL_MAX);
  check_all_is_free();
}

/* One small page in each large page's span and each GiB, one after the other: the tables of those
 * before are found again. */
static void test_tables_are_found_again(void **state)
{
  (void) state;
  for (uint64_t step = LARGE; step <= 1ul << 30; step *= 512)
  {
    for (unsigned int i = 0; i < 2 * POOL_MAX; i++)
    {
      uint64_t gva = UHYVE_MAP_BASE + (1ul << 40) + i * step;
      unsigned int flags = VIRTUAL_FIXED_VACANT | (i % 2 == 0 ? VIRTUAL_NO_RESERVE : 0u);
      assert_int_equal(virtual_map(&gva, PAGE, PAGE, PAGING_READ, flags), 0);
      assert_int_equal(virtual_fault(gva, PAGING_READ), FAULT_MAPPED);
      assert_int_equal(virtual_unmap(gva, PAGE), 0);
    }
  }
  /* The same in one mapping that keeps nothing. */
  uint64_t gva = 0;
  assert_int_equal(
      virtual_map(&gva, 1ul << 40, PAGE, PAGING_READ | PAGING_WRITE, VIRTUAL_NO_RESERVE), 0);
  for (unsigned int i = 0; i < 2 * POOL_MAX; i++)
  {
    assert_int_equal(virtual_fault(gva + i * LARGE, PAGING_WRITE), FAULT_MAPPED);
    assert_int_equal(virtual_discard(gva + i * LARGE, LARGE / 2), 0);
  }
  check_all_is_free();
}

#define THREADS 4u

static void *run_thread(void *argument)
{
  unsigned int index = *(unsigned int *) argument;
  /* Neighbours share page tables. */
  unsigned int begin = 100 + index * (AREA_PAGES / THREADS - 100);
  for (unsigned int step = 0; step < 3000; step++)
    random_step(begin, begin + AREA_PAGES / THREADS - 100, true);
  return NULL;
}

static void test_threads(void **state)
{
  (void) state;
  pthread_t threads[THREADS];
  unsigned int index[THREADS];
  for (unsigned int i = 0; i < THREADS; i++)
  {
    index[i] = i;
    assert_int_equal(pthread_create(&threads[i], NULL, run_thread, &index[i]), 0);
  }
  for (unsigned int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  check_all_is_free();
}

/* As many threads as there are wait for one page: they get the same. */
static void *touch_one(void *argument)
{
  uint64_t gva = *(uint64_t *) argument;
  for (unsigned int i = 0; i < 64; i++)
  {
    assert_int_equal(virtual_fault(gva + i * LARGE / 8, PAGING_WRITE), FAULT_MAPPED);
    __atomic_fetch_add(word_at(gva + i * LARGE / 8), 1, __ATOMIC_SEQ_CST);
  }
  return NULL;
}

static void test_same_page(void **state)
{
  (void) state;
  for (unsigned int round = 0; round < 50; round++)
  {
    uint64_t gva = 0;
    assert_int_equal(virtual_map(&gva, 8 * LARGE, round % 2 == 0 ? LARGE : PAGE,
                                 PAGING_READ | PAGING_WRITE,
                                 round % 3 == 0 ? VIRTUAL_SMALL_PAGES : 0),
                     0);
    pthread_t threads[THREADS];
    for (unsigned int i = 0; i < THREADS; i++)
      assert_int_equal(pthread_create(&threads[i], NULL, touch_one, &gva), 0);
    for (unsigned int i = 0; i < THREADS; i++)
      pthread_join(threads[i], NULL);
    for (unsigned int i = 0; i < 64; i++)
      assert_int_equal(*word_at(gva + i * LARGE / 8), THREADS);
    assert_int_equal(virtual_unmap(gva, 8 * LARGE), 0);
  }
  check_all_is_free();
}

/* Commits all that is left but rest_bytes. Returns how much. */
static uint64_t commit_all(uint64_t rest_bytes)
{
  uint64_t bytes = 0;
  for (uint64_t piece = LARGE; piece >= PAGE; piece /= 2)
  {
    while (physical_commit(piece) == 0)
      bytes += piece;
  }
  physical_uncommit(rest_bytes);
  return bytes - rest_bytes;
}

/* Memory can be given back when there is none for the record of what is split. */
static void test_gives_back_without_memory(void **state)
{
  (void) state;
  unsigned int data = PAGING_READ | PAGING_WRITE;
  uint64_t large_gva = AREA_GVA + (8ul << 30);
  assert_int_equal(virtual_set_heap_end(UHYVE_HEAP_BASE + 3 * LARGE), 0);
  assert_int_equal(
      virtual_map(&large_gva, 4ul << 30, PAGE, data, VIRTUAL_FIXED | VIRTUAL_NO_RESERVE), 0);
  uint64_t held_bytes = commit_all(0);
  unsigned int mapped = 0;
  int error = 0;
  while (error == 0)
  {
    uint64_t gva = gva_of(4 * mapped);
    error = virtual_map(&gva, 3 * PAGE, PAGE, data, VIRTUAL_FIXED | VIRTUAL_NO_RESERVE);
    mapped += error == 0;
  }
  assert_int_equal(error, -ENOMEM);
  assert_in_range(mapped, 1, AREA_PAGES / 4 - 1);
  /* Holes, until there is no node. */
  unsigned int holes = 0;
  while (holes < mapped && virtual_unmap(gva_of(4 * holes + 1), PAGE) == 0)
    holes++;
  assert_in_range(holes, 4, mapped - 2);
  if (mapping_spare_nodes() == 1)
    assert_int_equal(virtual_protect(gva_of(4 * holes), PAGE, PAGING_READ), 0);
  assert_int_equal(mapping_spare_nodes(), 0);
  assert_int_equal(virtual_protect(gva_of(4 * mapped - 4), PAGE, PAGING_READ), -ENOMEM);
  assert_int_equal(virtual_unmap(large_gva, 4ul << 30), 0);
  assert_int_equal(virtual_protect(gva_of(4 * holes), 3 * PAGE, PAGING_READ), 0);
  assert_int_equal(virtual_unmap(gva_of(4 * holes), 3 * PAGE), 0);
  assert_int_equal(virtual_set_heap_end(UHYVE_HEAP_BASE + LARGE), 0);
  assert_int_equal(virtual_set_heap_end(UHYVE_HEAP_BASE), 0);
  physical_uncommit(held_bytes);
  check_all_is_free();
}

/* What is replaced gives its memory to what replaces it. */
static void test_replaces_without_memory(void **state)
{
  (void) state;
  unsigned int data = PAGING_READ | PAGING_WRITE;
  uint64_t gva = 0;
  assert_int_equal(virtual_map(&gva, 8 * LARGE, PAGE, data, VIRTUAL_POPULATE), 0);
  *word_at(gva + LARGE) = 42;
  uint64_t held_bytes = commit_all(LARGE);
  uint64_t committed_bytes = physical_usage().committed_bytes;
  uint64_t place = gva;
  assert_int_equal(virtual_map(&place, 8 * LARGE, PAGE, data, VIRTUAL_FIXED), 0);
  assert_int_equal(physical_usage().committed_bytes, committed_bytes);
  assert_int_equal(virtual_fault(gva + LARGE, PAGING_READ), FAULT_MAPPED);
  assert_int_equal(*word_at(gva + LARGE), 0);
  /* In part; more than there is leaves what was there. */
  *word_at(gva + LARGE) = 43;
  assert_int_equal(virtual_map(&place, 10 * LARGE, PAGE, data, VIRTUAL_FIXED), -ENOMEM);
  assert_int_equal(*word_at(gva + LARGE), 43);
  place = gva + 7 * LARGE + LARGE / 2;
  assert_int_equal(virtual_map(&place, LARGE, PAGE, data, VIRTUAL_FIXED), 0);
  assert_int_equal(physical_usage().committed_bytes, committed_bytes + LARGE / 2);
  place = gva;
  assert_int_equal(virtual_map(&place, LARGE, PAGE, PAGING_NONE, VIRTUAL_FIXED), 0);
  assert_int_equal(physical_usage().committed_bytes, committed_bytes - LARGE / 2);
  physical_uncommit(held_bytes);
  check_all_is_free();
}

/* No TLB may still think that the window must not write where code was. */
static void test_flushes_what_was_code(void **state)
{
  (void) state;
  for (unsigned int round = 0; round < 2; round++)
  {
    uint64_t gva = 0;
    assert_int_equal(virtual_map(&gva, PAGE, PAGE, PAGING_READ | PAGING_EXECUTE, 0), 0);
    assert_int_equal(virtual_fault(gva, PAGING_EXECUTE), FAULT_MAPPED);
    watched_gpa = paging_translate(gva).gpa;
    rights_flushed = window_rights(watched_gpa);
    assert_int_equal(rights_flushed & PAGING_WRITE, 0);
    if (round == 0)
      assert_int_equal(virtual_protect(gva, PAGE, PAGING_READ | PAGING_WRITE), 0);
    else
      assert_int_equal(virtual_unmap(gva, PAGE), 0);
    assert_int_equal(rights_flushed & PAGING_WRITE, PAGING_WRITE);
    watched_gpa = PHYSICAL_NONE;
    assert_int_equal(virtual_unmap(gva, PAGE), 0);
  }
}

/* Memory without a promise of tables stays in small pages: to split a large one takes a table. */
static void test_joins_what_is_reserved(void **state)
{
  (void) state;
  unsigned int data = PAGING_READ | PAGING_WRITE;
  for (unsigned int round = 0; round < 2; round++)
  {
    uint64_t gva = 0;
    bool zeroed;
    /* As if small pages had come in order. */
    assert_int_equal(physical_commit(LARGE), 0);
    assert_int_equal(virtual_map(&gva, LARGE, LARGE, data, round == 0 ? VIRTUAL_NO_RESERVE : 0), 0);
    uint64_t gpa = physical_allocate(LARGE, LARGE, &zeroed);
    assert_int_not_equal(gpa, PHYSICAL_NONE);
    cpu_mask_interrupts();
    assert_int_equal(paging_map(gva, gpa, LARGE, data, PAGE), 0);
    cpu_unmask_interrupts();
    assert_int_equal(virtual_protect(gva + 3 * PAGE, PAGE, PAGING_READ), 0);
    assert_int_equal(virtual_protect(gva + 3 * PAGE, PAGE, data), 0);
    assert_int_equal(paging_translate(gva).page_bytes, round == 0 ? PAGE : LARGE);
    assert_int_equal(virtual_unmap(gva, LARGE), 0);
    if (round != 0)
      physical_uncommit(LARGE);
  }
}

static uint64_t frames_held[MEMORY / PAGE];
static unsigned int frames_held_count;

static void free_held(unsigned int count)
{
  while (count-- > 0)
    physical_free(frames_held[--frames_held_count], PAGE);
}

/* Takes all frames but so many, which hold old contents. */
static void hold_frames(unsigned int rest)
{
  bool zeroed;
  uint64_t gpa;
  while ((gpa = physical_allocate(PAGE, PAGE, &zeroed)) != PHYSICAL_NONE)
  {
    memset(address_of_gpa(gpa), 0x55, PAGE);
    frames_held[frames_held_count++] = gpa;
  }
  free_held(rest);
}

#define RACERS 8u

static pthread_barrier_t race_start;

static void *touch_last(void *argument)
{
  uint64_t gva = *(uint64_t *) argument;
  pthread_barrier_wait(&race_start);
  for (unsigned int i = 0; i < 8; i++)
    assert_int_equal(virtual_fault(gva + i * LARGE / 8, PAGING_WRITE), FAULT_MAPPED);
  return NULL;
}

/* When all memory is promised, one promise serves as many as touch it at once. */
static void test_last_page_for_many(void **state)
{
  (void) state;
  for (unsigned int round = 0; round < 20; round++)
  {
    uint64_t gva = 0;
    assert_int_equal(virtual_map(&gva, LARGE, LARGE, PAGING_READ | PAGING_WRITE, 0), 0);
    uint64_t rest_bytes = commit_all(0);
    hold_frames(LARGE / PAGE);
    pthread_t threads[RACERS];
    assert_int_equal(pthread_barrier_init(&race_start, NULL, RACERS), 0);
    for (unsigned int i = 0; i < RACERS; i++)
      assert_int_equal(pthread_create(&threads[i], NULL, touch_last, &gva), 0);
    for (unsigned int i = 0; i < RACERS; i++)
      pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&race_start);
    for (uint64_t at = 0; at < LARGE; at += PAGE)
    {
      assert_int_equal(virtual_fault(gva + at, PAGING_WRITE), FAULT_MAPPED);
      assert_int_equal(*word_at(gva + at), 0);
    }
    free_held(frames_held_count);
    physical_uncommit(rest_bytes);
    assert_int_equal(virtual_unmap(gva, LARGE), 0);
  }
  check_all_is_free();
}

static void test_errors(void **state)
{
  (void) state;
  uint64_t gva = 0;
  unsigned int data = PAGING_READ | PAGING_WRITE;
  assert_int_equal(virtual_map(&gva, 0, PAGE, data, 0), -EINVAL);
  assert_int_equal(virtual_map(&gva, PAGE + 1, PAGE, data, 0), -EINVAL);
  assert_int_equal(virtual_map(&gva, PAGE, 3 * PAGE, data, 0), -EINVAL);
  assert_int_equal(virtual_map(&gva, PAGE, PAGE, data | PAGING_EXECUTE, 0), -EACCES);
  assert_int_equal(virtual_map(&gva, 8ul << 40, PAGE, PAGING_NONE, 0), -ENOMEM);
  assert_int_equal(virtual_map(&gva, 2 * MEMORY, PAGE, data, 0), -ENOMEM);
  assert_int_equal(virtual_unmap(UHYVE_HEAP_BASE, PAGE), -EINVAL);
  assert_int_equal(virtual_unmap(UHYVE_MAP_END - PAGE, 2 * PAGE), -EINVAL);
  assert_int_equal(virtual_set_heap_end(UHYVE_HEAP_BASE - 1), -EINVAL);
  assert_int_equal(virtual_fault(UHYVE_MAP_BASE, PAGING_READ), FAULT_NOT_MAPPED);
  gva = 0;
  assert_int_equal(virtual_map(&gva, 5 * PAGE, 1ul << 30, data, 0), 0);
  assert_int_equal(gva % (1ul << 30), 0);
  assert_int_equal(virtual_rights(gva, 5 * PAGE), data);
  assert_true(virtual_is_mapped(gva, 5 * PAGE));
  assert_false(virtual_is_mapped(gva, 6 * PAGE));
  assert_int_equal(virtual_unmap(gva, 5 * PAGE), 0);
}

int main(void)
{
  set_up(POOL_MAX);
  usage_before = physical_usage();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_joins_what_is_reserved),
      cmocka_unit_test(test_flushes_what_was_code),
      cmocka_unit_test(test_gives_back_without_memory),
      cmocka_unit_test(test_last_page_for_many),
      cmocka_unit_test(test_replaces_without_memory),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_scarce),
      cmocka_unit_test(test_tables_are_found_again),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_same_page),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
