/* The hypercalls between guest and monitor: one table of numbers, argument blocks and their layout.
 *
 * A call is an `out %eax, %dx` to the call's port with the guest-physical address of its argument
 * block in %rdi (all 64 bits count). The block lies within one page. The monitor copies it once,
 * checks the copy, acts, and copies the result back. A result is a count or a negative errno with
 * Linux's number. A block, number or size that breaks these rules ends the guest with status 126.
 *
 * Both sides include this header and nothing else of each other. Numbers are never reused.
 * docs/hypercalls.md is generated from the table and the comments in this file.
 */
#ifndef UHYVE_HYPERCALLS_H
#define UHYVE_HYPERCALLS_H

#include <stddef.h>
#include <stdint.h>

/* Version of everything in hypercalls/; a monitor runs guests of its own version only. */
#define UHYVE_INTERFACE_VERSION 3

/* Ports ring 3 of a guest may write to; the I/O permission bitmap opens just these. */
#define HC_PORT_FIRST 0x1000
#define HC_PORT_END   0x1100 /* exclusive */
#define HC_PORT_STEP  8

/* The nucleus reports its own failure here, from ring 0 only: the exception frame
 * (struct hc_nucleus_frame) is at %rsp, the general registers are those of the failure. */
#define HC_PORT_NUCLEUS_FAILURE 0xf8

/*   name   port    block              purpose */
#define HYPERCALLS(X)                                                                           \
  X(exit, 0x1000, struct hc_exit, "end the guest with a status; does not return")               \
  X(write, 0x1008, struct hc_io, "write a scatter list to a descriptor")                        \
  X(read, 0x1010, struct hc_io, "read from a descriptor into a scatter list")                   \
  X(crash, 0x1018, struct hc_crash, "end the guest by a signal and report it; does not return") \
  X(memory, 0x1020, struct hc_memory, "attach more of the reserved memory")                     \
  X(discard, 0x1028, struct hc_discard, "give memory back to the host")                         \
  X(yield, 0x1030, struct hc_yield, "let the host run something else on this CPU")              \
  X(clock, 0x1038, struct hc_clock, "keep the start information's clock in step from now on")   \
  X(watch, 0x1040, struct hc_watch, "have an interrupt when a descriptor is ready")

/* A piece of guest memory, contiguous in guest-physical memory. */
struct hc_segment
{
  uint64_t gpa;
  uint64_t len_bytes;
};

#define HC_MAX_SEGMENTS 14

/* Bytes of the text that goes with a crash. */
#define HC_MAX_MESSAGE_BYTES 256

struct hc_exit
{
  int32_t status; /* IN: as given to exit(); the low 8 bits reach the caller of uhyve */
  uint32_t reserved;
};

#define HC_WAIT_FOREVER UINT32_MAX

/* write and read: what moves is the concatenation of the segments, in order. A write of at most
 * 4096 bytes to a pipe moves all or nothing. */
struct hc_io
{
  int32_t fd;        /* IN: the guest's standard stream: 0, 1 or 2 */
  uint32_t segments; /* IN: used entries of segment[], at most HC_MAX_SEGMENTS */
  int64_t result;   /* OUT: bytes moved (less than asked is no error), or a negative errno; -EAGAIN:
                       the stream had nothing, or no room, for so long as the call may wait */
  uint32_t wait_us; /* IN: how long it may, or HC_WAIT_FOREVER; the CPU takes no interrupt then */
  uint32_t reserved;
  struct hc_segment segment[HC_MAX_SEGMENTS]; /* IN */
};

/* What a stream is watched for. The end of input and an error count as both. */
enum hc_event
{
  HC_EVENT_READ = 0,  /* there is something to be read */
  HC_EVENT_WRITE = 1, /* there is room to write to, in a pipe 4096 bytes */
};

/* As soon as the event is there, perhaps before the call returns, the CPU that made the call gets
 * the interrupt UHYVE_VECTOR_STREAM, once. A further call for the same stream and event before that
 * takes the place of the one before. The event may have gone again when the guest looks. */
struct hc_watch
{
  int32_t fd;     /* IN: the guest's standard stream: 0, 1 or 2 */
  uint32_t event; /* IN: enum hc_event */
  int64_t result; /* OUT: 0 or a negative errno */
};

/* General registers as the interrupted code had them, in the order of x86 encoding. */
struct hc_registers
{
  uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rip, rflags;
};

/* Why a guest ends by a crash: what the report's first line says. */
enum hc_crash_cause
{
  HC_CRASH_EXCEPTION = 1,      /* a processor exception: vector, error_code, fault_gva are valid */
  HC_CRASH_SIGNAL = 2,         /* the program raised a signal itself, as abort() does */
  HC_CRASH_STACK_OVERFLOW = 3, /* a page fault in a stack's guard page */
  HC_CRASH_KERNEL = 4,         /* the kernel library found itself broken: status 126 */
};

struct hc_crash
{
  uint32_t cause;             /* IN: enum hc_crash_cause */
  uint32_t signal;            /* IN: Linux's signal number, 1 to 64 */
  uint32_t vector;            /* IN: exception vector */
  uint32_t error_code;        /* IN: of the exception, 0 for one that has none */
  uint64_t fault_gva;         /* IN: CR2 of a page fault */
  uint32_t cpu;               /* IN: index of the CPU it happened on */
  uint32_t message_len_bytes; /* IN: of the text at message_gpa, at most HC_MAX_MESSAGE_BYTES */
  uint64_t message_gpa;       /* IN: what the kernel library has to say, no newline */
  struct hc_registers regs;   /* IN */
};

/* A guest starts with a part of its memory; the rest is attached when it needs it, for KVM takes
 * time and memory for every page of a slot. What is attached is mapped in the window. */
struct hc_memory
{
  uint64_t memory_bytes; /* IN: how much of its memory the guest wants; OUT: how much it has now,
                            both counted as memory_attached_bytes of the start information */
  int64_t result;        /* OUT: 0 or a negative errno; -ENOMEM: more than is reserved */
};

/* The guest does not need what is in these pages: the host takes them back. They stay the guest's,
 * and read as zero when they are touched again. */
struct hc_discard
{
  uint32_t segments; /* IN: used entries of segment[], at most HC_MAX_SEGMENTS */
  uint32_t reserved;
  int64_t result;                             /* OUT: 0 or a negative errno */
  struct hc_segment segment[HC_MAX_SEGMENTS]; /* IN: whole pages of 4 KiB, of its free memory */
};

struct hc_yield
{
  int64_t result; /* OUT: 0 */
};

/* From the first such call on the monitor follows the host's CLOCK_REALTIME and writes what
 * changes into struct uhyve_clock. Further calls have no effect. */
struct hc_clock
{
  int64_t result; /* OUT: 0 or a negative errno */
};

/* At %rsp when the nucleus reports its failure; from rip on it is what the processor pushed. */
struct hc_nucleus_frame
{
  uint64_t vector;
  uint64_t error_code;
  uint64_t rip, cs, rflags, rsp, ss;
};

/* Blocks are aligned to this and no larger, so that none crosses a page. */
#define HC_BLOCK_ALIGN 256

_Static_assert(sizeof(struct hc_exit) == 8, "ABI");
_Static_assert(sizeof(struct hc_segment) == 16, "ABI");
_Static_assert(sizeof(struct hc_io) == 248 && offsetof(struct hc_io, segment) == 24, "ABI");
_Static_assert(sizeof(struct hc_registers) == 144, "ABI");
_Static_assert(sizeof(struct hc_crash) == 184 && offsetof(struct hc_crash, regs) == 40, "ABI");
_Static_assert(sizeof(struct hc_memory) == 16, "ABI");
_Static_assert(sizeof(struct hc_discard) == 240 && offsetof(struct hc_discard, segment) == 16,
               "ABI");
_Static_assert(sizeof(struct hc_yield) == 8, "ABI");
_Static_assert(sizeof(struct hc_clock) == 8, "ABI");
_Static_assert(sizeof(struct hc_watch) == 16, "ABI");
_Static_assert(sizeof(struct hc_nucleus_frame) == 56, "ABI");

#define HC_CHECK_SIZE_(name, port, block, purpose)                                               \
  _Static_assert(sizeof(block) <= HC_BLOCK_ALIGN, "a hypercall's block must fit its alignment"); \
  _Static_assert((port) >= HC_PORT_FIRST && (port) < HC_PORT_END && (port) % HC_PORT_STEP == 0,  \
                 "a hypercall's port must be inside the range");
HYPERCALLS(HC_CHECK_SIZE_)
#undef HC_CHECK_SIZE_

#define HC_PORT_(name, port, block, purpose) HC_##name = (port),
enum hc_port
{
  HYPERCALLS(HC_PORT_)
};
#undef HC_PORT_

#endif
