/* The chaos guest's calls that are nearly right: a good block with something wrong about it. */
#include <string.h>

#include "abuse.h"
#include "chaos.h"

extern const char nucleus_vector_stubs[] __asm__("__uhyve_nucleus_vector_stubs");

/* Where a block or a buffer must not lie, and the last places where it may. */
static uint64_t take_gpa(struct chance *chance)
{
  uint64_t memory_end = start_info->memory_gpa + start_info->memory_len_bytes;
  uint64_t attached_end = start_info->memory_gpa + start_info->memory_attached_bytes;
  const uint64_t ends[] = {
      0,
      UHYVE_IMAGE_BASE,
      start_info->page_tables_gpa,
      start_info->page_tables_gpa + start_info->page_tables_len_bytes,
      (uint64_t) nucleus_vector_stubs - start_info->image_gva + UHYVE_IMAGE_BASE,
      attached_end,
      memory_end,
      UHYVE_GPA_HOLE_BEGIN,
      UHYVE_GPA_HOLE_END,
      0xfee00000,
      UHYVE_WINDOW_BASE,
      1ull << 52,
      1ull << 63,
      arena_gpa(arena),
      arena_gpa(arena->data + DATA_BYTES),
  };
  uint64_t gpa = ends[chance_below(chance, sizeof(ends) / sizeof(ends[0]))];
  return gpa + chance_below(chance, 3) * 2048 - chance_below(chance, 3) * 2044;
}

static uint64_t take_wrong(struct chance *chance)
{
  return chance_one_in(chance, 2) ? take_gpa(chance) : (uint64_t) chance_special(chance);
}

#define FIRST_BYTES 40

/* One field, or all of it. What ends the guest does so with a status that nothing else has. */
static void spoil(struct chance *chance, uint8_t *block, enum call call)
{
  size_t bytes = block_bytes(call);
  uint64_t wrong = take_wrong(chance);
  /* What counts most comes first. */
  size_t reached = chance_one_in(chance, 2) && bytes > FIRST_BYTES ? FIRST_BYTES : bytes;
  if (chance_one_in(chance, 16))
  {
    for (size_t i = 0; i < bytes; i++)
      block[i] = (uint8_t) chance_next(chance);
  }
  else if (chance_one_in(chance, 2))
    memcpy(block + 4 * chance_below(chance, reached / 4), &wrong, 4);
  else
    memcpy(block + 8 * chance_below(chance, reached / 8), &wrong, 8);
  if (call == CALL_exit)
  {
    struct hc_exit *exit_block = (struct hc_exit *) block;
    exit_block->status = 42;
    if (exit_block->signal <= 64)
      exit_block->signal = 0;
  }
  /* A stop is for those who wake it. */
  if (call == CALL_signals)
    ((struct hc_signals *) block)->mask &= ~(1ull << 14);
}

static void fill_crash(struct chance *chance, struct hc_crash *block)
{
  memset(block, 0, sizeof(*block));
  block->cause = (uint32_t) chance_below(chance, 6);
  block->signal = (uint32_t) chance_below(chance, 66);
  block->vector = (uint32_t) chance_below(chance, 34);
  block->error_code = (uint32_t) chance_special(chance);
  block->fault_gva = take_gpa(chance);
  block->cpu = (uint32_t) chance_special(chance);
  block->message_len_bytes = (uint32_t) chance_below(chance, HC_MAX_MESSAGE_BYTES + 2);
  block->message_gpa = arena_gpa(arena->data);
  uint64_t registers[sizeof(block->regs) / 8];
  for (size_t i = 0; i < sizeof(registers) / 8; i++)
    registers[i] = take_wrong(chance);
  memcpy(&block->regs, registers, sizeof(registers));
}

/* Other instructions than the one, and ports that are nobody's. */
static void use_port(struct chance *chance)
{
  uint16_t port = (uint16_t) (HC_PORT_FIRST + chance_below(chance, 0x100));
  switch (chance_below(chance, 6))
  {
  case 0:
    __asm__ volatile("out %%al, %%dx" : : "d"(port), "a"(0));
    break;
  case 1:
    __asm__ volatile("out %%ax, %%dx" : : "d"(port), "a"(0));
    break;
  case 2:
    __asm__ volatile("in %%dx, %%eax" : : "d"(port) : "eax");
    break;
  case 3:
    __asm__ volatile("rep outsl"
                     :
                     : "d"(port), "S"(arena->data), "c"(chance_below(chance, 2000))
                     : "memory");
    break;
  case 4:
    __asm__ volatile("rep insl"
                     :
                     : "d"(port), "D"(arena->data), "c"(chance_below(chance, 2000))
                     : "memory");
    break;
  default:
    out(port, take_gpa(chance));
    break;
  }
}

void spoil_others(struct chance *chance, enum call call)
{
  unsigned int lane = (unsigned int) chance_below(chance, lane_count - 1);
  for (unsigned int i = 0; i < 200; i++)
  {
    spoil(chance, block_of(lane, call), call);
    for (unsigned int j = 0; j < 10; j++)
      __builtin_ia32_pause();
    fill_block(chance, lane, call);
  }
}

void break_rules(struct chance *chance, unsigned int lane)
{
  enum call call = (enum call) chance_below(chance, CALLS);
  uint8_t *block = block_of(lane, call);
  if (chance_one_in(chance, 12))
  {
    use_port(chance);
    return;
  }
  if (call == CALL_crash)
    fill_crash(chance, (struct hc_crash *) block);
  else if (is_survivable(call))
    fill_block(chance, lane, call);
  switch (chance_below(chance, 8))
  {
  case 0: /* elsewhere */
    out(port_of(call), take_gpa(chance));
    break;
  case 1: /* over the end of its page */
    out(port_of(call), (arena_gpa(block) & ~(PAGE_BYTES - 1ull)) + PAGE_BYTES - block_bytes(call) +
                           1 + chance_below(chance, block_bytes(call) - 1));
    break;
  case 2: /* another's block, which is another call's */
    block = block_of((unsigned int) chance_below(chance, lane_count),
                     (enum call) chance_below(chance, CALLS));
    if (call != CALL_exit && call != CALL_signals)
      out(port_of(call), arena_gpa(block));
    break;
  case 3: /* a null in the text */
    arena->lanes[lane].text[chance_below(chance, TEXT_BYTES)] = '\0';
    out(port_of(call), arena_gpa(block));
    break;
  default:
    spoil(chance, block, call);
    out(port_of(call), arena_gpa(block));
    break;
  }
}
