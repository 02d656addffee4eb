/* What the boot says on the serial console: as much as the command line asks for, each line with
 * the CPU and the time since the start. */
#include "arch/x86_64/boot/boot.h"

static struct
{
  enum boot_log_level level;
  unsigned int cpu;
  uint64_t begin_tsc;
  uint64_t tsc_khz; /* 0: not known yet */
} state;

void boot_log_begin(uint64_t begin_tsc)
{
  state.begin_tsc = begin_tsc;
}

void boot_log_set_level(enum boot_log_level level)
{
  state.level = level;
}

void boot_log_set_clock(uint64_t tsc_khz)
{
  state.tsc_khz = tsc_khz;
}

void boot_log_set_cpu(unsigned int cpu)
{
  state.cpu = cpu;
}

void boot_write_log(struct uhyve_start_info *info)
{
  info->boot_tsc = state.begin_tsc;
  info->log_level = state.level;
}

static void print_padded(uint64_t number, const char *fill, uint64_t least)
{
  for (; least > 1 && number < least; least /= 10)
    boot_print(fill);
  boot_print_number(number, 10);
}

/* "[    1.234567] CPU 0: " */
void boot_log_prefix(void)
{
  uint64_t us = 0;
  if (state.tsc_khz != 0)
    us = (__builtin_ia32_rdtsc() - state.begin_tsc) * 1000 / state.tsc_khz;
  boot_print("[");
  print_padded(us / 1000000, " ", 10000);
  boot_print(".");
  print_padded(us % 1000000, "0", 100000);
  boot_print("] CPU ");
  boot_print_number(state.cpu, 10);
  boot_print(": ");
}

void boot_print_format(const char *format, va_list values)
{
  char character[2] = {0};
  for (; *format != '\0'; format++)
  {
    if (*format != '%')
    {
      character[0] = *format;
      boot_print(character);
      continue;
    }
    bool is_long = *++format == 'l';
    if (is_long)
      format++;
    if (*format == 's')
      boot_print(va_arg(values, const char *));
    else
      boot_print_number(is_long ? va_arg(values, unsigned long) : va_arg(values, unsigned int),
                        *format == 'x' ? 16 : 10);
  }
}

void boot_log(enum boot_log_level level, const char *format, ...)
{
  va_list values;
  if (level > state.level)
    return;
  boot_log_prefix();
  va_start(values, format);
  boot_print_format(format, values);
  va_end(values);
  boot_print("\n");
}

void boot_log_cpus(const struct boot_cpus *cpus)
{
  if (cpus->found_by == NULL)
    boot_log(BOOT_LOG_QUIET, "neither ACPI nor MP tables name CPUs: one is used");
  else
    boot_log(BOOT_LOG_NORMAL, cpus->count == 1 ? "%u CPU, found by %s" : "%u CPUs, found by %s",
             cpus->count, cpus->found_by);
  if (cpus->beyond_most != 0)
    boot_log(BOOT_LOG_QUIET, "%u more CPUs are left out: at most %u", cpus->beyond_most,
             BOOT_MOST_CPUS);
  if (cpus->out_of_reach != 0)
    boot_log(BOOT_LOG_QUIET, "%u CPUs are left out: local APICs above 254 take x2APIC mode",
             cpus->out_of_reach);
  for (unsigned int i = 0; i < cpus->count; i++)
    boot_log(BOOT_LOG_VERBOSE, "CPU %u is local APIC %u", i, cpus->apic_ids[i]);
}

void boot_log_facts(const struct boot_facts *facts, const struct boot_cpus *cpus,
                    const struct boot_clock *clock)
{
  uint64_t bytes = 0;
  for (unsigned int i = 0; i < facts->ram_count; i++)
  {
    const struct boot_ram *ram = &facts->ram[i];
    bytes += ram->end_gpa - ram->begin_gpa;
    boot_log(BOOT_LOG_VERBOSE, "memory from 0x%lx to 0x%lx", ram->begin_gpa, ram->end_gpa);
  }
  if (facts->ram_left_out != 0)
    boot_log(BOOT_LOG_QUIET, "%u small pieces of memory are left out: at most %u",
             facts->ram_left_out, BOOT_MOST_RAM);
  boot_log(BOOT_LOG_NORMAL, "started by %s, %lu KiB of memory", facts->protocol, bytes / 1024);
  boot_log_cpus(cpus);
  boot_log(BOOT_LOG_NORMAL, "local APIC in %s mode", boot_apic_is_x2apic() ? "x2APIC" : "xAPIC");
  if (clock->apic_khz == 0)
    boot_log(BOOT_LOG_NORMAL, "timer: deadlines of the TSC");
  else
    boot_log(BOOT_LOG_NORMAL, "timer: %lu kHz, with divisor 128", clock->apic_khz);
}

static void log_place(const char *what, uint64_t begin_gpa, uint64_t len_bytes)
{
  boot_log(BOOT_LOG_VERBOSE, "%s at 0x%lx, %lu KiB", what, begin_gpa, len_bytes / 1024);
}

void boot_log_layout(const struct boot_layout *layout)
{
  log_place("image", layout->image_gpa, layout->image_bytes);
  if (layout->image_gva != layout->image_gpa)
    boot_log(BOOT_LOG_VERBOSE, "it is mapped at 0x%lx", layout->image_gva);
  if (layout->initrd_bytes != 0)
    log_place("initrd", layout->initrd_gpa, layout->initrd_bytes);
  log_place("data of CPUs and start information", layout->boot_gpa, layout->boot_bytes);
  log_place("page tables", layout->tables_gpa, layout->tables_bytes);
  log_place("main stack", layout->stack_gpa, layout->stack_bytes);
  log_place("free memory", layout->memory_gpa, layout->memory_bytes);
}
