/* What a CPU did in ring 3 when it was stopped. */
#ifndef UHYVE_STOPPED_CPU_H
#define UHYVE_STOPPED_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "hypercalls/hypercalls.h"

struct vm;

struct stopped_cpu
{
  bool known;                    /* KVM has told the registers */
  struct hc_registers registers; /* of ring 3; from the nucleus rax, rcx and rdx may be its own */
  uint64_t area_gva;             /* struct uhyve_upcall_area, right above the upcall stack */
};

/* The general registers of a vCPU that does not run, as they are; as it last left the guest. */
struct hc_registers stopped_cpu_registers(const struct vm *vm, unsigned int cpu);

/* When no CPU runs any more. */
void stopped_cpu_read(const struct vm *vm, unsigned int cpu, struct stopped_cpu *stopped);

/* The vector registers: an XSAVE area as the host's processor has it, of `len_bytes` at most; they
 * are whatever code ran last. Returns how many bytes that are, or 0. */
uint32_t stopped_cpu_vectors(const struct vm *vm, unsigned int cpu, void *area, uint32_t len_bytes);

#endif
