/* How fast the processor's time stamp counter runs: by what the command line says, what the
 * processor or the hypervisor says of it, the name of the processor, or else against the PIT (Intel
 * 8254, channel 0). CPUID: Intel SDM vol. 2A (June 2023), table 3-8. */
#include "arch/x86_64/boot/boot.h"
#include <cpuid.h>

#define CPUID_1_ECX_HYPERVISOR 0x80000000u
#define CPUID_HYPERVISOR       0x40000000u
#define CPUID_HYPERVISOR_TIME  0x40000010u
#define CPUID_BRAND_LAST       0x80000004u
#define CPUID_POWER            0x80000007u
#define POWER_EDX_CONSTANT_TSC 0x100u
#define SIGNATURE_HYPER_V      0x7263694du /* "Micr": its leaves mean something else */

#define PIT_HZ                 1193182u
#define PIT_CHANNEL            0x40
#define PIT_COMMAND            0x43
#define PIT_MODE_0             0x30 /* low and high byte, output rises on terminal count */
#define PIT_READ_STATUS        0xe2 /* read-back command */
#define PIT_STATUS_OUTPUT      0x80

#define MEASURE_TICKS          (PIT_HZ / 50) /* 20 ms */
#define MEASURE_TRIES          50
#define MEASURE_FAULT          500 /* a part of the time that may be unsure */
#define LEAST_CYCLES           (1ull << 16)
#define MOST_CYCLES            (1ull << 32)

struct leaf
{
  uint32_t eax, ebx, ecx, edx;
};

static struct leaf cpuid(uint32_t number)
{
  struct leaf leaf;
  __cpuid_count(number, 0, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);
  return leaf;
}

static bool has_hypervisor(void)
{
  return (cpuid(1).ecx & CPUID_1_ECX_HYPERVISOR) != 0;
}

/* ---- What is said of it ---- */

/* Of the processors that do not say it: SDM vol. 3B, 19.7.3. */
static uint32_t crystal_hz(void)
{
  uint32_t eax = cpuid(1).eax;
  uint32_t model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
  if ((eax >> 8 & 0xf) != 6)
    return 0;
  if (model == 0x4e || model == 0x5e || model == 0x8e || model == 0x9e)
    return 24000000;
  if (model == 0x55)
    return 25000000;
  return model == 0x5c ? 19200000 : 0;
}

static uint64_t khz_of_crystal(void)
{
  if (cpuid(0).eax < 0x15)
    return 0;
  struct leaf leaf = cpuid(0x15);
  uint64_t hz = leaf.ecx != 0 ? leaf.ecx : crystal_hz();
  return leaf.eax != 0 && leaf.ebx != 0 ? hz * leaf.ebx / leaf.eax / 1000 : 0;
}

static uint64_t khz_of_base(void)
{
  return cpuid(0).eax >= 0x16 ? (cpuid(0x16).eax & 0xffff) * 1000ull : 0;
}

static uint64_t khz_of_hypervisor(void)
{
  if (!has_hypervisor())
    return 0;
  struct leaf leaf = cpuid(CPUID_HYPERVISOR);
  if (leaf.eax < CPUID_HYPERVISOR_TIME || leaf.ebx == SIGNATURE_HYPER_V)
    return 0;
  return cpuid(CPUID_HYPERVISOR_TIME).eax;
}

/* "Intel(R) Core(TM)2 Duo CPU     T7700  @ 2.40GHz" */
static uint64_t khz_of_name(void)
{
  char name[49] = {0};
  uint64_t khz = 0;
  if (cpuid(0x80000000).eax < CPUID_BRAND_LAST)
    return 0;
  for (unsigned int i = 0; i < 3; i++)
  {
    struct leaf leaf = cpuid(CPUID_BRAND_LAST - 2 + i);
    const uint32_t words[4] = {leaf.eax, leaf.ebx, leaf.ecx, leaf.edx};
    for (unsigned int byte = 0; byte < 16; byte++)
      name[16 * i + byte] = (char) (words[byte / 4] >> 8 * (byte % 4));
  }
  const char *at = name;
  while (*at != '\0' && *at != '@')
    at++;
  while (*at == '@' || *at == ' ')
    at++;
  const char *unit = boot_read_khz(at, 1000000, &khz);
  if (unit == NULL)
    return 0;
  if (boot_behind(unit, "GHz") != NULL)
    return khz;
  return boot_behind(unit, "MHz") != NULL ? khz / 1000 : 0;
}

/* ---- Measured ---- */

/* Between how many cycles the PIT has taken from its start to its end, none of which is seen as it
 * happens: a virtual CPU may be away at each. */
struct measure
{
  uint64_t least, most;
};

/* False: it does not run. */
static bool measure_once(struct measure *measure)
{
  boot_out8(PIT_COMMAND, PIT_MODE_0);
  boot_out8(PIT_CHANNEL, MEASURE_TICKS & 0xff);
  uint64_t before_tsc = __builtin_ia32_rdtsc();
  boot_out8(PIT_CHANNEL, MEASURE_TICKS >> 8);
  uint64_t begin_tsc = __builtin_ia32_rdtsc();
  uint64_t not_over_tsc, look_tsc = begin_tsc, end_tsc = begin_tsc;
  bool is_over;
  do
  {
    not_over_tsc = look_tsc; /* when the last look began that did not see the end */
    look_tsc = end_tsc;
    boot_out8(PIT_COMMAND, PIT_READ_STATUS);
    is_over = (boot_in8(PIT_CHANNEL) & PIT_STATUS_OUTPUT) != 0;
    end_tsc = __builtin_ia32_rdtsc();
    /* A look that began in time says nothing if the CPU was away in it. */
  } while (!is_over && look_tsc - begin_tsc < MOST_CYCLES);
  *measure = (struct measure){not_over_tsc - begin_tsc, end_tsc - before_tsc};
  return is_over && measure->most >= LEAST_CYCLES;
}

/* Each measurement has something to say of the others, too. */
static uint64_t khz_by_pit(void)
{
  struct measure all = {0, UINT64_MAX}, one;
  for (int i = 0; i < MEASURE_TRIES && all.least + all.least / MEASURE_FAULT < all.most; i++)
  {
    if (!measure_once(&one))
      return 0;
    all.least = one.least > all.least ? one.least : all.least;
    all.most = one.most < all.most ? one.most : all.most;
  }
  return (all.least + all.most) / 2 * PIT_HZ / MEASURE_TICKS / 1000;
}

/* ---- In which order ---- */

uint64_t boot_find_tsc_khz(const struct boot_options *options, const char **method)
{
  uint64_t khz = options->tsc_khz;
  *method = "the command line";
  if (khz != 0)
    return khz;
  *method = "CPUID leaf 0x15";
  if ((khz = khz_of_crystal()) != 0)
    return khz;
  *method = "CPUID leaf 0x16";
  if ((khz = khz_of_base()) != 0)
    return khz;
  *method = "the hypervisor's CPUID leaf 0x40000010";
  if ((khz = khz_of_hypervisor()) != 0)
    return khz;
  uint64_t name_khz = khz_of_name();
  *method = "the processor's name";
  if (name_khz != 0 && !has_hypervisor())
    return name_khz;
  /* A hypervisor may give a name of another processor than the one whose counter runs. */
  uint64_t pit_khz = khz_by_pit();
  if (name_khz != 0 &&
      (pit_khz == 0 || (pit_khz > name_khz - name_khz / 16 && pit_khz < name_khz + name_khz / 16)))
    return name_khz;
  *method = "measuring against the PIT";
  if (pit_khz == 0)
    boot_fail("nothing tells how fast the processor's counter runs: freq=MHz behind -- on the "
              "command line does");
  return pit_khz;
}

bool boot_tsc_is_constant(void)
{
  return cpuid(0x80000000).eax >= CPUID_POWER &&
         (cpuid(CPUID_POWER).edx & POWER_EDX_CONSTANT_TSC) != 0;
}
