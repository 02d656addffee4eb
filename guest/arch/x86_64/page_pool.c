/* The pool of page tables: what the monitor left over, and what was given back. */
#include "arch/x86_64/page_tables.h"
#include "start_info.h"

/* Tables taken from the untouched rest of the pool: all zeros, but where there is no monitor. */
static uint64_t fresh_taken;

/* Tables given back, the first of them here: to note them costs no call of the nucleus. */
#define AT_HAND_MAX 32u
static uint64_t at_hand[AT_HAND_MAX];
static unsigned int at_hand_count;

/* The others: the first entry of each, not present, has the address of the next. */
static uint64_t given_first = NO_TABLE;
static uint64_t given_count;

static uint64_t fresh_left(void)
{
  return (start_info->page_tables_len_bytes - start_info->page_tables_used_bytes) / TABLE_BYTES -
         fresh_taken;
}

uint64_t paging_tables_left(void)
{
  return fresh_left() + at_hand_count + given_count;
}

void table_write_one(uint64_t table_gpa, unsigned int index, uint64_t entry)
{
  table_buffer()[0] = entry;
  table_write(table_gpa, index, 1, false);
}

/* Writes zeros where there are none. */
static void clear(uint64_t table_gpa)
{
  const uint64_t *table = table_at(table_gpa);
  for (unsigned int i = 0; i < ENTRIES_IN_TABLE; i++)
  {
    if (table[i] == 0)
      continue;
    unsigned int count = ENTRIES_IN_TABLE - i;
    if (count > UHYVE_TABLE_ENTRIES)
      count = UHYVE_TABLE_ENTRIES;
    while (table[i + count - 1] == 0)
      count--;
    uint64_t *buffer = table_buffer();
    for (unsigned int j = 0; j < count; j++)
      buffer[j] = 0;
    table_write(table_gpa, i, count, false);
    i += count - 1;
  }
}

static uint64_t take_given(void)
{
  if (at_hand_count > 0)
    return at_hand[--at_hand_count];
  uint64_t table_gpa = given_first;
  if (table_gpa != NO_TABLE)
  {
    uint64_t link = table_at(table_gpa)[0];
    given_first = link == 0 ? NO_TABLE : entry_gpa(link);
    given_count--;
  }
  return table_gpa;
}

uint64_t table_take(bool zeroed)
{
  /* A caller that writes all of it spares a fresh one. */
  uint64_t table_gpa = !zeroed || fresh_left() == 0 ? take_given() : NO_TABLE;
  if (table_gpa != NO_TABLE)
  {
    if (zeroed)
      clear(table_gpa);
    return table_gpa;
  }
  if (fresh_left() == 0)
    return NO_TABLE;
  table_gpa = start_info->page_tables_gpa + start_info->page_tables_used_bytes +
              fresh_taken++ * TABLE_BYTES;
  if (zeroed && start_info->is_bare != 0)
    clear(table_gpa);
  return table_gpa;
}

void table_give(uint64_t table_gpa)
{
  if (at_hand_count < AT_HAND_MAX)
  {
    at_hand[at_hand_count++] = table_gpa;
    return;
  }
  table_write_one(table_gpa, 0, given_first == NO_TABLE ? 0 : given_first);
  given_first = table_gpa;
  given_count++;
}
