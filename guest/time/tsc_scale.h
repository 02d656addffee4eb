/* Converts between TSC cycles and nanoseconds without drift or overflow. */
#ifndef GUEST_TIME_TSC_SCALE_H
#define GUEST_TIME_TSC_SCALE_H

#include <stdint.h>

/* ns = cycles * ns_per_cycle >> 48; products are 128 bits. */
struct tsc_scale
{
  uint64_t ns_per_cycle;
};

/* tsc_khz: at least 16. */
static inline struct tsc_scale tsc_scale_make(uint64_t tsc_khz)
{
  return (struct tsc_scale){
      .ns_per_cycle = (uint64_t) (((unsigned __int128) 1000000 << 48) / tsc_khz),
  };
}

static inline uint64_t tsc_scale_to_ns(const struct tsc_scale *scale, uint64_t cycles)
{
  return (uint64_t) (((unsigned __int128) cycles * scale->ns_per_cycle) >> 48);
}

/* Rounds up, so that a deadline never comes before its time; saturates. */
static inline uint64_t tsc_scale_from_ns(const struct tsc_scale *scale, uint64_t ns)
{
  unsigned __int128 cycles =
      (((unsigned __int128) ns << 48) + scale->ns_per_cycle - 1) / scale->ns_per_cycle;
  return cycles > INT64_MAX ? INT64_MAX : (uint64_t) cycles;
}

#endif
