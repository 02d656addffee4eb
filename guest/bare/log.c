/* What lines of the log begin with in ring 3. */
#include "bare/log.h"

#include "arch/x86_64/cpu.h"
#include "bare/console.h"
#include "start_info.h"

bool bare_log_is_on(enum bare_log_level level)
{
  return level <= start_info->log_level;
}

static void print_padded(uint64_t number, const char *fill, uint64_t least)
{
  for (; least > 1 && number < least; least /= 10)
    console_print(fill);
  console_print_number(number, 10);
}

static uint32_t this_cpu(void)
{
  uint32_t was_masked = cpu_mask_save();
  uint32_t cpu = cpu_this()->area.cpu;
  cpu_mask_restore(was_masked);
  return cpu;
}

/* "[    1.234567] CPU 0: " */
bool bare_log_begin(enum bare_log_level level)
{
  if (!bare_log_is_on(level))
    return false;
  uint64_t us = (cpu_tsc() - start_info->boot_tsc) * 1000 / start_info->tsc_khz;
  console_print("[");
  print_padded(us / 1000000, " ", 10000);
  console_print(".");
  print_padded(us % 1000000, "0", 100000);
  console_print("] CPU ");
  console_print_number(this_cpu(), 10);
  console_print(": ");
  return true;
}
