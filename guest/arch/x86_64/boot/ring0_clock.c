/* How fast the processor's counters run, against the PIT (Intel 8254, channel 2); and the time of
 * day, of the real-time clock (Motorola MC146818). */
#include "arch/x86_64/boot/boot.h"

#define PIT_HZ             1193182u
#define PIT_CHANNEL_2      0x42
#define PIT_COMMAND        0x43
#define PIT_MODE_0         0xb0 /* channel 2, low and high byte, interrupt on terminal count */
#define PORT_B             0x61
#define PORT_B_GATE        1
#define PORT_B_SPEAKER     2
#define PORT_B_OUTPUT      0x20

#define MEASURE_TICKS      (PIT_HZ / 50) /* 20 ms */

#define APIC_GPA           0xfee00000ull
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_COUNT   0x390
#define APIC_TIMER_DIVISOR 0x3e0
#define APIC_LVT_TIMER     0x320
#define APIC_MASKED        0x10000u

static uint32_t *apic(uint32_t offset)
{
  return boot_pointer(APIC_GPA + offset);
}

static void read_frequencies(struct boot_clock *clock)
{
  volatile uint32_t *initial = apic(APIC_TIMER_INITIAL);
  const volatile uint32_t *count = apic(APIC_TIMER_COUNT);
  *(volatile uint32_t *) apic(APIC_TIMER_DIVISOR) = 0xa; /* 128 */
  *(volatile uint32_t *) apic(APIC_LVT_TIMER) = APIC_MASKED;
  uint8_t port = boot_in8(PORT_B) & (uint8_t) ~(PORT_B_SPEAKER | PORT_B_GATE);
  boot_out8(PORT_B, port);
  boot_out8(PIT_COMMAND, PIT_MODE_0);
  boot_out8(PIT_CHANNEL_2, MEASURE_TICKS & 0xff);
  boot_out8(PIT_CHANNEL_2, MEASURE_TICKS >> 8);
  boot_out8(PORT_B, port | PORT_B_GATE);
  *initial = UINT32_MAX;
  uint64_t begin_tsc = __builtin_ia32_rdtsc();
  while ((boot_in8(PORT_B) & PORT_B_OUTPUT) == 0)
    ;
  uint64_t tsc = __builtin_ia32_rdtsc() - begin_tsc;
  uint64_t ticks = UINT32_MAX - *count;
  *initial = 0;
  boot_out8(PORT_B, port);
  clock->tsc_khz = tsc * PIT_HZ / MEASURE_TICKS / 1000;
  clock->apic_khz = ticks * PIT_HZ / MEASURE_TICKS / 1000;
  if (clock->tsc_khz == 0 || clock->apic_khz == 0)
    boot_fail("the processor's clocks do not run");
}

/* ---- Time of day ---- */

#define RTC_INDEX    0x70
#define RTC_DATA     0x71
#define RTC_UPDATING 0x80 /* register A */
#define RTC_BINARY   0x04 /* register B */
#define RTC_24_HOURS 0x02

struct rtc_time
{
  uint8_t seconds, minutes, hours, day, month, year;
};

static uint8_t rtc(uint8_t number)
{
  boot_out8(RTC_INDEX, number);
  return boot_in8(RTC_DATA);
}

static struct rtc_time read_rtc_once(void)
{
  while ((rtc(0x0a) & RTC_UPDATING) != 0)
    ;
  return (struct rtc_time){rtc(0), rtc(2), rtc(4), rtc(7), rtc(8), rtc(9)};
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

static uint64_t read_rtc_ns(void)
{
  struct rtc_time time, again = read_rtc_once();
  do
  {
    time = again;
    again = read_rtc_once();
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

void boot_read_clock(struct boot_clock *clock)
{
  read_frequencies(clock);
  clock->realtime_ns = read_rtc_ns();
  clock->tsc_base = __builtin_ia32_rdtsc();
}
