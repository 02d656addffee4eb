/* Checks the numbers that assembly uses against the C headers; no code. */
#include "layout.h"

#include <stddef.h>

#include "arch/x86_64/context.h"
#include "arch/x86_64/trap.h"
#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"
#include "percpu.h"

#define CHECK(constant, type, member) \
  _Static_assert((constant) == offsetof(struct type, member), #constant)

CHECK(CPU_UPCALL_AREA, uhyve_nucleus_cpu, upcall_area_gva);
CHECK(CPU_UPCALL_ENTRY, uhyve_nucleus_cpu, upcall_entry_gva);
CHECK(CPU_UPCALL_STACK, uhyve_nucleus_cpu, upcall_stack_gva);
CHECK(CPU_TLB_GENERATION, uhyve_nucleus_cpu, tlb_generation_gva);
CHECK(CPU_TABLES_BYTES, uhyve_nucleus_cpu, page_tables_len_bytes);
CHECK(AREA_SELF, uhyve_upcall_area, self_gva);
CHECK(AREA_MASKED, uhyve_upcall_area, masked);
CHECK(AREA_ACTIVE, uhyve_upcall_area, active);
CHECK(AREA_PENDING, uhyve_upcall_area, pending);
CHECK(AREA_WAS_MASKED, uhyve_upcall_area, was_masked);
CHECK(AREA_RIP, uhyve_upcall_area, rip);
CHECK(AREA_RSP, uhyve_upcall_area, rsp);
CHECK(AREA_RFLAGS, uhyve_upcall_area, rflags);
CHECK(AREA_EXCEPTION, uhyve_upcall_area, exception);
CHECK(AREA_ERROR_CODE, uhyve_upcall_area, error_code);
CHECK(AREA_FAULT_GVA, uhyve_upcall_area, fault_gva);
CHECK(AREA_PENDING_VECTORS, uhyve_upcall_area, pending_vectors);
CHECK(AREA_TLB_SEEN, uhyve_upcall_area, tlb_seen);
CHECK(AREA_NUCLEUS_CALLS, uhyve_upcall_area, counters.nucleus_calls);
CHECK(AREA_TABLE_ENTRIES, uhyve_upcall_area, table_entries);
CHECK(PERCPU_CURRENT, percpu, current);
CHECK(CONTEXT_RSP, context, rsp);
CHECK(CONTEXT_MXCSR, context, mxcsr);
CHECK(CONTEXT_FCW, context, fcw);
CHECK(TRAP_RBX, trap_frame, registers.rbx);
CHECK(TRAP_RBP, trap_frame, registers.rbp);
CHECK(TRAP_R12, trap_frame, registers.r12);
CHECK(TRAP_RIP, trap_frame, rip);
CHECK(TRAP_RSP, trap_frame, rsp);
CHECK(TRAP_RFLAGS, trap_frame, rflags);
CHECK(START_MARK_RING3, uhyve_start_info, mark_tsc);

_Static_assert(CPU_BYTES == sizeof(struct uhyve_nucleus_cpu), "ends the page of its stack");
_Static_assert(AREA_ACTIVE == AREA_MASKED + 4, "upcall.S clears both with one store");
_Static_assert(offsetof(struct trap_frame, registers.rdi) == 48, "context_return");
_Static_assert(offsetof(struct trap_frame, registers.r15) == 112, "context_return");
_Static_assert(WRITE_ENTRIES == UHYVE_TABLE_ENTRIES && TABLES_BASE == UHYVE_TABLES_BASE, "numbers");
_Static_assert(VECTOR_IPI_FIRST == UHYVE_VECTOR_TIMER && VECTOR_IPI_END == UHYVE_VECTOR_END,
               "numbers");
_Static_assert(SELECTOR_TSS == UHYVE_SEL_TSS, "numbers");
_Static_assert(PORT_NUCLEUS_FAILURE == HC_PORT_NUCLEUS_FAILURE, "numbers");
