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
#define UHYVE_INTERFACE_VERSION 6

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
  X(watch, 0x1040, struct hc_watch, "have an interrupt when a descriptor is ready")             \
  X(file_open, 0x1048, struct hc_file_open, "open a file of a mapping")                         \
  X(file_read, 0x1050, struct hc_file_io, "read from a file at an offset")                      \
  X(file_write, 0x1058, struct hc_file_io, "write to a file at an offset, or its end")          \
  X(file_control, 0x1060, struct hc_file_control, "what else there is to do with an open file") \
  X(file_list, 0x1068, struct hc_file_list, "read entries of an open folder")                   \
  X(path, 0x1070, struct hc_path, "act on a file of a mapping by its name")                     \
  X(terminal, 0x1078, struct hc_terminal, "settings of a terminal")                             \
  X(signals, 0x1080, struct hc_signals, "signals from outside")                                 \
  X(time_zone, 0x1088, struct hc_time_zone, "the rule of a time zone")

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
  int32_t status;  /* IN: as given to exit(); the low 8 bits reach the caller of uhyve */
  uint32_t signal; /* IN: 0, or the guest ends by this signal, of 1 to 64, without a report */
};

#define HC_WAIT_FOREVER UINT32_MAX

/* write and read: what moves is the concatenation of the segments, in order, of which one call
 * moves 16 MiB at most. A write of at most 4096 bytes to a pipe moves all or nothing. */
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

/* What a stream is watched for. The end of input and an error count as any. */
enum hc_event
{
  HC_EVENT_READ = 0,  /* there is something to be read */
  HC_EVENT_WRITE = 1, /* there is room to write to, in a pipe 4096 bytes */
  HC_EVENT_ERROR = 2, /* an error, the other end is gone, or urgent data */
  HC_EVENT_LOOK = 3,  /* nothing: the result is what poll(2) says now, POLLIN and so on */
};

/* As soon as the event is there, perhaps before the call returns, the CPU that made the call gets
 * the interrupt UHYVE_VECTOR_STREAM, once. A further call for the same stream and event before that
 * takes the place of the one before. The event may have gone again when the guest looks. */
struct hc_watch
{
  int32_t fd;     /* IN: the guest's standard stream: 0, 1 or 2 */
  uint32_t event; /* IN: enum hc_event */
  int64_t result; /* OUT: 0, or what was asked for, or a negative errno */
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

/* ---- Files ----
 *
 * A file is named by the mapping it belongs to, an index into the start information's list, and a
 * path in there without a leading '/'; the empty path is the mapping itself. A path is the
 * concatenation of two segments (so that it may cross a page), of at most HC_MAX_PATH_BYTES,
 * without a terminating null. It never leads out of its mapping: absolute symbolic links and '..'
 * end at the mapping's root, as openat2(2) has it with RESOLVE_IN_ROOT.
 *
 * An open file is a handle, which is no descriptor of the host: 0, 1 and 2 are the standard streams
 * and always there. Flags and modes are Linux's for x86-64. The guest applies its umask. S_ISUID
 * and S_ISGID are left out of modes that it gives to files. */

#define HC_MAX_PATH_BYTES 4095

/* Linux's struct stat for x86-64. */
struct hc_stat
{
  uint64_t dev;
  uint64_t ino;
  uint64_t nlink;
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
  uint32_t reserved;
  uint64_t rdev;
  int64_t size_bytes;
  int64_t block_bytes;
  int64_t blocks; /* of 512 bytes */
  int64_t atime_s, atime_ns;
  int64_t mtime_s, mtime_ns;
  int64_t ctime_s, ctime_ns;
  int64_t reserved_after[3];
};

/* Only regular files and folders are opened: others give -ENXIO, but with O_PATH. */
struct hc_file_open
{
  uint32_t mapping; /* IN */
  uint32_t flags;   /* IN: O_* of open(2) */
  uint32_t mode;    /* IN */
  uint32_t reserved;
  struct hc_segment path[2]; /* IN */
  int64_t result;            /* OUT: the handle, or a negative errno */
  struct hc_stat stat;       /* OUT */
};

/* The offset of handles 0 to 2 that are shared with other processes: read and write there, and
 * move it. */
#define HC_OFFSET_OF_STREAM (-1)

/* For a write: at the end of the file, as O_APPEND has it. */
#define HC_OFFSET_OF_END (-2)

/* Handles 0 to 2 must be regular files on the host. What is opened with O_APPEND is written at its
 * end in any case. One call moves 16 MiB at most. */
struct hc_file_io
{
  int32_t handle;    /* IN */
  uint32_t segments; /* IN: used entries of segment[], at most HC_MAX_SEGMENTS */
  int64_t offset;    /* IN: in bytes, or HC_OFFSET_OF_STREAM or HC_OFFSET_OF_END; OUT: of a write at
                        the end: the end after it */
  int64_t result;    /* OUT: bytes moved, or a negative errno */
  struct hc_segment segment[HC_MAX_SEGMENTS]; /* IN */
};

/* Mode, owner and times stay (-EROFS) of files of a mapping that is read-only, and of a standard
 * stream that is open for reading only. */
enum hc_file_operation
{
  HC_FILE_CLOSE = 0,     /* not for handles 0 to 2 */
  HC_FILE_STAT = 1,      /* fills stat */
  HC_FILE_TRUNCATE = 2,  /* argument[0]: length */
  HC_FILE_SYNC = 3,      /* argument[0]: 1: data only */
  HC_FILE_MODE = 4,      /* argument[0]: mode */
  HC_FILE_OWNER = 5,     /* argument[0], [1]: user and group, -1: as it is */
  HC_FILE_TIMES = 6,     /* argument[0..3]: access s, ns, modification s, ns; as utimensat(2) */
  HC_FILE_SEEK = 7,      /* argument[0], [1]: offset and whence, as lseek(2); moves the offset of
                            handles 0 to 2 only, for others: SEEK_DATA and SEEK_HOLE */
  HC_FILE_LOCK = 8,      /* argument[0..3]: F_RDLCK, F_WRLCK or F_UNLCK; whence (SEEK_SET or
                            SEEK_END); start; length, as F_SETLK of fcntl(2): never waits; -ENOLCK:
                            there are 4096 */
  HC_FILE_LOCK_TEST = 9, /* the same, as F_GETLK; the answer in argument[], [4]: the owner */
  HC_FILE_ALLOCATE = 10, /* argument[0], [1]: offset and length, as posix_fallocate(3) */
  HC_FILE_SPACE = 11,    /* fills the first bytes of stat with struct hc_space, as fstatvfs(3) */
  HC_FILE_FLAGS = 12,    /* argument[0]: -1, or O_APPEND or 0 to be set, not for handles 0 to 2; the
                            flags as F_GETFL has them in argument[0] */
  HC_FILE_OPERATIONS
};

struct hc_space
{
  uint64_t block_bytes, fragment_bytes, blocks, blocks_free, blocks_available;
  uint64_t files, files_free, files_available, id, flags, name_max;
};

struct hc_file_control
{
  int32_t handle;      /* IN */
  uint32_t operation;  /* IN: enum hc_file_operation */
  int64_t argument[5]; /* IN: what is set; OUT: what is asked */
  int64_t result;      /* OUT: 0 (seek: the offset), or a negative errno */
  struct hc_stat stat; /* OUT */
};

/* Entries as getdents64(2) has them. */
struct hc_file_list
{
  int32_t handle; /* IN */
  uint32_t reserved;
  int64_t position;          /* IN: 0 or the d_off of an entry: goes on behind that */
  int64_t result;            /* OUT: bytes, 0 at the end, or a negative errno */
  struct hc_segment segment; /* IN */
};

enum hc_path_operation
{
  HC_PATH_STAT = 0,     /* argument[0]: 1: a symbolic link itself. To buffer: struct hc_stat */
  HC_PATH_ACCESS = 1,   /* argument[0]: R_OK, W_OK, X_OK */
  HC_PATH_READLINK = 2, /* to buffer; result: bytes */
  HC_PATH_UNLINK = 3,
  HC_PATH_RMDIR = 4,
  HC_PATH_MKDIR = 5,     /* argument[0]: mode */
  HC_PATH_SYMLINK = 6,   /* other: what the link says */
  HC_PATH_LINK = 7,      /* path becomes a name of other; argument[0]: 1: other may be a symbolic
                            link that is followed. Both in one mapping, else -EXDEV */
  HC_PATH_RENAME = 8,    /* other becomes path; argument[0]: flags of renameat2(2) */
  HC_PATH_MODE = 9,      /* argument[0]: mode */
  HC_PATH_OWNER = 10,    /* argument[0..2]: user, group, 1: of a symbolic link itself */
  HC_PATH_TIMES = 11,    /* argument[0..3]: as HC_FILE_TIMES; [4]: 1: of a symbolic link itself */
  HC_PATH_TRUNCATE = 12, /* argument[0]: length */
  HC_PATH_SPACE = 13,    /* to buffer: struct hc_space */
  HC_PATH_EXPLAIN = 14,  /* an open() of path, an absolute one of the guest that no mapping has, has
                            failed with ENOENT: if the host has such a file, says once on standard
                            error how to map it. mapping is ignored */
  HC_PATH_OPERATIONS
};

struct hc_path
{
  uint32_t operation;     /* IN: enum hc_path_operation */
  uint32_t mapping;       /* IN */
  uint32_t other_mapping; /* IN */
  uint32_t reserved;
  int64_t argument[5];        /* IN */
  struct hc_segment path[2];  /* IN */
  struct hc_segment other[2]; /* IN */
  struct hc_segment buffer;   /* IN: where more than a number goes to */
  int64_t result;             /* OUT: 0 or more, or a negative errno */
};

/* ---- Terminal, signals, time zone ---- */

enum hc_terminal_operation
{
  HC_TERMINAL_GET = 0,
  HC_TERMINAL_SET = 1,  /* argument: TCSANOW, TCSADRAIN, TCSAFLUSH. -EAGAIN: output is still on its
                           way, for the last two */
  HC_TERMINAL_SIZE = 2, /* rows, columns, x_pixels, y_pixels out */
  HC_TERMINAL_SET_SIZE = 3,
  HC_TERMINAL_FLUSH = 4, /* argument: as tcflush(3) */
  HC_TERMINAL_DRAIN = 5, /* 0, or -EAGAIN: output is still on its way */
  HC_TERMINAL_FLOW = 6,  /* argument: as tcflow(3) */
  HC_TERMINAL_BREAK = 7,
  HC_TERMINAL_WAITING = 8,    /* result: bytes to be read, also of a pipe (FIONREAD) */
  HC_TERMINAL_FOREGROUND = 9, /* result: 1 if the guest has the terminal that it was started from,
                                 0 if another job has; -ENOTTY: it is not that terminal */
  HC_TERMINAL_OPERATIONS
};

struct hc_terminal
{
  int32_t fd;                                 /* IN: the guest's standard stream: 0, 1 or 2 */
  uint32_t operation;                         /* IN: enum hc_terminal_operation */
  int32_t argument;                           /* IN */
  uint16_t rows, columns, x_pixels, y_pixels; /* IN: what is set; OUT: what is asked */
  uint32_t reserved;
  uint32_t input_flags; /* IN: from here on as struct termios of C libraries; OUT: as IN */
  uint32_t output_flags, control_flags, local_flags;
  uint8_t line;
  uint8_t characters[35];
  uint32_t input_speed, output_speed;
  uint32_t reserved_after;
  int64_t result; /* OUT: 0 or more, or a negative errno; -ENOTTY, -EINTR */
};

enum hc_signals_operation
{
  HC_SIGNALS_CATCH = 0,   /* mask: further ones that the guest sees to itself from now on: they come
                              as the interrupt UHYVE_VECTOR_SIGNAL at CPU 0. All others do to the
                              monitor what they do to a process. Those of faults are never caught */
  HC_SIGNALS_TAKE = 1,    /* mask out: those that have come; they count as taken */
  HC_SIGNALS_STOP = 2,    /* mask: one of SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: stops until SIGCONT;
                             -ETIME: its time is over */
  HC_SIGNALS_IGNORE = 3,  /* mask: those that come to nothing from now on, until they are caught */
  HC_SIGNALS_DEFAULT = 4, /* mask: those that the guest leaves to the monitor again */
  HC_SIGNALS_OPERATIONS
};

/* Bit n - 1 stands for signal n. */
struct hc_signals
{
  uint32_t operation; /* IN: enum hc_signals_operation */
  uint32_t reserved;
  uint64_t mask;   /* IN: what is set; OUT: what is asked */
  uint64_t sender; /* OUT: of TAKE: process, low half, and user of the last one; 0: not known */
  int64_t result;  /* OUT: 0 or a negative errno */
};

#define HC_TIME_ZONE_BYTES 64

/* The rule for times from now on, as TZ has it in POSIX: "CET-1CEST,M3.5.0,M10.5.0/3". */
struct hc_time_zone
{
  uint8_t name[HC_TIME_ZONE_BYTES]; /* IN: of a zone ("Europe/Berlin"), ended by null; empty: the
                                    host's own. OUT: the rule */
  int64_t result; /* OUT: 0 or a negative errno; -ENOENT: there is no such zone; -EACCES: the
                   program's note does not say UHYVE_NEEDS_TIME_ZONES */
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
_Static_assert(sizeof(struct hc_stat) == 144 && offsetof(struct hc_stat, size_bytes) == 48, "ABI");
_Static_assert(sizeof(struct hc_file_open) == 200, "ABI");
_Static_assert(sizeof(struct hc_file_io) == 248, "ABI");
_Static_assert(sizeof(struct hc_space) == 88, "ABI");
_Static_assert(sizeof(struct hc_file_control) == 200, "ABI");
_Static_assert(sizeof(struct hc_file_list) == 40, "ABI");
_Static_assert(sizeof(struct hc_path) == 144, "ABI");
_Static_assert(sizeof(struct hc_terminal) == 96, "ABI");
_Static_assert(sizeof(struct hc_signals) == 32, "ABI");
_Static_assert(sizeof(struct hc_time_zone) == 72, "ABI");
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
