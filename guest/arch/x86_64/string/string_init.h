/* Choice of the memory functions' code paths by what the CPU offers. */
#ifndef STRING_INIT_H
#define STRING_INIT_H

#include "arch/x86_64/cpu_features.h"

/*
 * Looks at what the CPU offers and switches memcpy, memmove, memset and memcmp to the fastest paths
 * it can run. Until then they use the SSE2 baseline, which every x86-64 CPU has. Call it early at
 * boot, after XCR0 has its final value and while only one vCPU runs. Never fails, never blocks.
 */
void string_init(const struct cpu_features *features);

#endif
