/* The time of the processor's counters, and the time of day, of the real-time clock (Motorola
 * MC146818). */
#include "arch/x86_64/boot/boot.h"

#define APIC_MASKED     0x10000u
#define MEASURE_PART_MS 10

/* The rate of the local APIC's timer with its divisor of 128. */
static uint64_t measure_apic_khz(uint64_t tsc_khz)
{
  boot_apic_enable();
  boot_apic_write(BOOT_APIC_LVT_TIMER, APIC_MASKED | UHYVE_VECTOR_TIMER);
  boot_apic_write(BOOT_APIC_TIMER_INITIAL, UINT32_MAX);
  uint64_t first = boot_apic_read(BOOT_APIC_TIMER_COUNT);
  uint64_t begin_tsc = __builtin_ia32_rdtsc(), cycles, count;
  do
  {
    count = boot_apic_read(BOOT_APIC_TIMER_COUNT);
    cycles = __builtin_ia32_rdtsc() - begin_tsc;
  } while (cycles < MEASURE_PART_MS * tsc_khz);
  boot_apic_write(BOOT_APIC_TIMER_INITIAL, 0);
  uint64_t khz = (first - count) * tsc_khz / cycles;
  if (khz == 0)
    boot_fail("the timer of the local APIC does not run");
  return khz;
}

/* ---- Time of day ---- */

#define RTC_INDEX    0x70
#define RTC_DATA     0x71
#define RTC_UPDATING 0x80 /* register A */
#define RTC_BINARY   0x04 /* register B */
#define RTC_24_HOURS 0x02
#define RTC_MOST_MS  20

struct rtc_time
{
  uint8_t seconds, minutes, hours, day, month, year;
};

static uint8_t rtc(uint8_t number)
{
  boot_out8(RTC_INDEX, number);
  return boot_in8(RTC_DATA);
}

/* False: there is none, for an update takes 2 ms. */
static bool read_rtc_once(struct rtc_time *time, uint64_t tsc_khz)
{
  uint64_t begin_tsc = __builtin_ia32_rdtsc();
  while ((rtc(0x0a) & RTC_UPDATING) != 0)
  {
    if (__builtin_ia32_rdtsc() - begin_tsc > RTC_MOST_MS * tsc_khz)
      return false;
  }
  *time = (struct rtc_time){rtc(0), rtc(2), rtc(4), rtc(7), rtc(8), rtc(9)};
  return true;
}

static bool is_same(const struct rtc_time *a, const struct rtc_time *b)
{
  return a->seconds == b->seconds && a->minutes == b->minutes && a->hours == b->hours &&
         a->day == b->day && a->month == b->month && a->year == b->year;
}

static unsigned int of_bcd(uint8_t value, bool is_binary)
{
  return is_binary ? value : 10u * (value >> 4) + (value & 15);
}

/* Days since 1970 of a day of the Gregorian calendar, with years that begin in March. */
static uint64_t days_of(unsigned int year, unsigned int month, unsigned int day)
{
  uint64_t y = month <= 2 ? year - 1 : year;
  uint64_t m = month <= 2 ? month + 9 : month - 3;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* 0: there is no clock. */
static uint64_t read_rtc_ns(uint64_t tsc_khz)
{
  struct rtc_time time, again;
  if (!read_rtc_once(&again, tsc_khz))
    return 0;
  do
  {
    time = again;
    if (!read_rtc_once(&again, tsc_khz))
      return 0;
  } while (!is_same(&time, &again));
  uint8_t kind = rtc(0x0b);
  bool is_binary = (kind & RTC_BINARY) != 0;
  unsigned int hours = of_bcd(time.hours & 0x7f, is_binary);
  if ((kind & RTC_24_HOURS) == 0)
    hours = hours % 12 + ((time.hours & 0x80) != 0 ? 12 : 0);
  uint64_t days = days_of(2000 + of_bcd(time.year, is_binary), of_bcd(time.month, is_binary),
                          of_bcd(time.day, is_binary));
  uint64_t seconds = days * 86400 + hours * 3600ull + of_bcd(time.minutes, is_binary) * 60ull +
                     of_bcd(time.seconds, is_binary);
  return seconds * 1000000000ull;
}

void boot_read_clock(struct boot_clock *clock, const struct boot_options *options)
{
  const char *method;
  clock->tsc_khz = boot_find_tsc_khz(options, &method);
  boot_log_set_clock(clock->tsc_khz);
  boot_log(BOOT_LOG_NORMAL, "TSC: %lu kHz by %s, its rate %s", clock->tsc_khz, method,
           boot_tsc_is_constant() ? "is constant" : "is not said to be constant");
  clock->apic_khz = boot_apic_has_deadline() ? 0 : measure_apic_khz(clock->tsc_khz);
  clock->realtime_ns = read_rtc_ns(clock->tsc_khz);
  if (clock->realtime_ns == 0)
    boot_log(BOOT_LOG_NORMAL, "no real-time clock: the time of day begins in 1970");
  clock->tsc_base = __builtin_ia32_rdtsc();
}
