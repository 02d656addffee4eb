/* Serves hypercalls: one table of ports, blocks and handlers. */
#ifndef UHYVE_HYPERCALL_TABLE_H
#define UHYVE_HYPERCALL_TABLE_H

#include <stdint.h>

#include "vm.h"

#define HYPERCALL_PORTS ((HC_PORT_END - HC_PORT_FIRST) / HC_PORT_STEP)

enum hypercall_verdict
{
  HYPERCALL_CONTINUE, /* back into the guest */
  HYPERCALL_END,      /* the guest has ended, vm->end says how */
  HYPERCALL_BROKEN,   /* the guest broke the interface; the message says how */
};

/* Serves the call behind an `out` to port with this block. Takes any numbers. Blocks as the call
 * does. */
enum hypercall_verdict hypercall_serve(struct vm *vm, unsigned int cpu, uint16_t port,
                                       uint64_t block_gpa, char message[static 256]);

/* Name of the call behind a port, or null. */
const char *hypercall_name(uint16_t port);

#endif
