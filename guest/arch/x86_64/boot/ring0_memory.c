/* Which memory there is: a loader's map in order. Memory that overlaps or touches is one piece, and
 * where the map also has something else there is none. */
#include "arch/x86_64/boot/boot.h"

/* The window, in which all memory is mapped, ends with the lower half of all addresses. */
#define WINDOW_END_GPA (0x800000000000ull - UHYVE_WINDOW_BASE)

static struct boot_ram cut(uint64_t begin_gpa, uint64_t len_bytes)
{
  if (begin_gpa > WINDOW_END_GPA)
    begin_gpa = WINDOW_END_GPA;
  if (len_bytes > WINDOW_END_GPA - begin_gpa)
    len_bytes = WINDOW_END_GPA - begin_gpa;
  return (struct boot_ram){begin_gpa, begin_gpa + len_bytes};
}

static void take_out(struct boot_facts *facts, unsigned int index)
{
  facts->ram_count--;
  for (unsigned int i = index; i < facts->ram_count; i++)
    facts->ram[i] = facts->ram[i + 1];
}

/* If there are too many, the smallest is left out. */
static void put_in(struct boot_facts *facts, unsigned int index, struct boot_ram piece)
{
  unsigned int smallest = 0;
  for (unsigned int i = facts->ram_count; i > index; i--)
    facts->ram[i] = facts->ram[i - 1];
  facts->ram[index] = piece;
  facts->ram_count++;
  if (facts->ram_count <= BOOT_MOST_RAM)
    return;
  for (unsigned int i = 1; i < facts->ram_count; i++)
  {
    if (facts->ram[i].end_gpa - facts->ram[i].begin_gpa <
        facts->ram[smallest].end_gpa - facts->ram[smallest].begin_gpa)
      smallest = i;
  }
  facts->ram_left_out++;
  take_out(facts, smallest);
}

void boot_add_ram(struct boot_facts *facts, uint64_t begin_gpa, uint64_t len_bytes)
{
  struct boot_ram piece = cut(begin_gpa, len_bytes);
  unsigned int i = 0;
  if (piece.begin_gpa == piece.end_gpa)
    return;
  while (i < facts->ram_count && facts->ram[i].end_gpa < piece.begin_gpa)
    i++;
  while (i < facts->ram_count && facts->ram[i].begin_gpa <= piece.end_gpa)
  {
    if (facts->ram[i].begin_gpa < piece.begin_gpa)
      piece.begin_gpa = facts->ram[i].begin_gpa;
    if (facts->ram[i].end_gpa > piece.end_gpa)
      piece.end_gpa = facts->ram[i].end_gpa;
    take_out(facts, i);
  }
  put_in(facts, i, piece);
}

void boot_remove_ram(struct boot_facts *facts, uint64_t begin_gpa, uint64_t len_bytes)
{
  const struct boot_ram other = cut(begin_gpa, len_bytes);
  unsigned int i = 0;
  while (i < facts->ram_count)
  {
    const struct boot_ram piece = facts->ram[i];
    if (other.begin_gpa == other.end_gpa || piece.end_gpa <= other.begin_gpa ||
        piece.begin_gpa >= other.end_gpa)
    {
      i++;
      continue;
    }
    take_out(facts, i);
    if (other.end_gpa < piece.end_gpa)
      put_in(facts, i, (struct boot_ram){other.end_gpa, piece.end_gpa});
    if (piece.begin_gpa < other.begin_gpa)
      put_in(facts, i, (struct boot_ram){piece.begin_gpa, other.begin_gpa});
  }
}

void boot_round_ram(struct boot_facts *facts)
{
  unsigned int i = 0;
  while (i < facts->ram_count)
  {
    struct boot_ram *piece = &facts->ram[i];
    piece->begin_gpa = (piece->begin_gpa + BOOT_PAGE_BYTES - 1) & ~(BOOT_PAGE_BYTES - 1);
    piece->end_gpa &= ~(BOOT_PAGE_BYTES - 1);
    if (piece->begin_gpa < piece->end_gpa)
      i++;
    else
      take_out(facts, i);
  }
}
