/* A guest's start without the monitor: what its parts tell each other. All of it runs in ring 0
 * with the first 4 GiB at their own addresses, before the page tables that a guest has (but for the
 * report of a failed nucleus), and on the first CPU alone, but for what each CPU does for itself.
 *
 * Nothing here may use vector registers, or pointers that the image holds: a position-independent
 * image is not relocated yet. */
#ifndef GUEST_ARCH_BOOT_H
#define GUEST_ARCH_BOOT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/x86_64/boot/boot_layout.h"
#include "hypercalls/start_info.h"

#define BOOT_PAGE_BYTES  0x1000ull
#define BOOT_LARGE_BYTES 0x200000ull

/* ---- What the loader says ---- */

#define BOOT_MOST_RAM      64
#define BOOT_COMMAND_BYTES 4096

struct boot_ram
{
  uint64_t begin_gpa, end_gpa;
};

struct boot_facts
{
  struct boot_ram ram[BOOT_MOST_RAM + 1]; /* in order; the last one while the map is read */
  unsigned int ram_count;
  unsigned int ram_left_out; /* small pieces beyond that */
  const char *protocol;
  bool has_program_name; /* the command line begins with it */
  char command_line[BOOT_COMMAND_BYTES];
  uint64_t module_gpa; /* the first one */
  uint64_t module_bytes;
  uint64_t rsdp_gpa; /* 0: to be searched for */
};

/* Reads what a loader has left, and keeps a copy. */
void boot_read_facts(struct boot_facts *facts, uint32_t magic, uint64_t info_gpa);

/* The memory map: what is memory first, then what is not, then to whole pages. */
void boot_add_ram(struct boot_facts *facts, uint64_t begin_gpa, uint64_t len_bytes);
void boot_remove_ram(struct boot_facts *facts, uint64_t begin_gpa, uint64_t len_bytes);
void boot_round_ram(struct boot_facts *facts);

/* ---- Random numbers ---- */

/* From the processor, if it has any, and from how long things take; `time` makes boots differ. */
void boot_fill_random(uint64_t *words, size_t count, uint64_t time);

/* ---- The command line ---- */

enum boot_log_level
{
  BOOT_LOG_QUIET, /* nothing but errors */
  BOOT_LOG_NORMAL,
  BOOT_LOG_VERBOSE,
};

struct boot_options
{
  enum boot_log_level log_level;
  uint64_t tsc_khz; /* 0: to be found out */
};

/* What stands behind "--". Ends the boot with a message if it is not known. */
void boot_read_options(struct boot_options *options, const struct boot_facts *facts);

/* Takes the next word, without its quotes. Returns what is behind it, or null at the end. */
const char *boot_next_word(const char *at, char *word);

bool boot_is_word(const char *text, const char *word);

/* What is behind a prefix, or null if there is another. */
const char *boot_behind(const char *text, const char *prefix);

/* A decimal number of a unit that is a power of ten of kHz. Returns what is behind it, or null. */
const char *boot_read_khz(const char *text, uint64_t unit_khz, uint64_t *khz);

/* ---- Tables of the firmware ---- */

#define BOOT_MOST_CPUS 1024

struct boot_cpus
{
  unsigned int count;
  const char *found_by;              /* null: by nothing */
  uint32_t apic_ids[BOOT_MOST_CPUS]; /* the first one is the CPU that boots */
  unsigned int beyond_most;          /* left out: so many more than that */
  unsigned int out_of_reach;         /* left out: not reached in xAPIC mode */
};

/* Where the pointer to ACPI's tables is, so that it is searched for once; none stays 0. */
void boot_find_rsdp(struct boot_facts *facts);

/* Adds all CPUs that may be used. */
void boot_find_cpus(struct boot_cpus *cpus, const struct boot_facts *facts);

/* The first ACPI table with a signature of four letters, its length and checksum checked, or null.
 */
const void *boot_find_acpi(const struct boot_facts *facts, const char *signature);

/* The one at an address, checked in the same way, or null. */
const void *boot_acpi_table(uint64_t gpa);

/* How the machine is switched off, which boot_switch_off() does; all zero if ACPI does not say. */
const struct uhyve_power_off *boot_find_power_off(const struct boot_facts *facts);

/* Behind that: how many host bridges of PCI the DSDT names; 0: there is none of either. */
uint32_t boot_count_pci_roots(void);

/* Returns if there is no way. */
void boot_switch_off(void);

/* Takes note of an entry of the MADT, or of the MP tables, that may tell of I/O APICs or of lines.
 */
void boot_take_madt_line(const uint8_t *entry);
void boot_take_mp_line(const uint8_t *entry);

void boot_log_lines(void);
void boot_write_lines(struct uhyve_lines *lines);

/* ---- Where everything lies ---- */

/* One CPU's pages for the nucleus alone, and those that ring 3 shares with it: as under the
 * monitor, but for the I/O permission bitmap, which covers all ports. */
#define BOOT_TABLES_OFFSET       0x0000 /* GDT, TSS */
#define BOOT_TABLES_BYTES        0x3000
#define BOOT_STACK_OFFSET        0x3000 /* and struct uhyve_nucleus_cpu at its end */
#define BOOT_IST_STACKS_OFFSET   0x4000
#define BOOT_IST_STACK_BYTES     0x500
#define BOOT_NUCLEUS_BYTES       0x5000ull
#define BOOT_UPCALL_STACK_OFFSET 0x1000 /* behind a guard page */
#define BOOT_UPCALL_AREA_OFFSET  0x5000
#define BOOT_UPCALL_BYTES        0x6000ull

struct boot_layout
{
  unsigned int cpu_count;
  uint64_t image_gpa, image_gva, image_bytes;
  uint64_t initrd_gpa, initrd_bytes;
  uint64_t boot_gpa, boot_bytes; /* linear from UHYVE_KERNEL_BASE */
  uint64_t nucleus_gva, upcall_gva, start_gva, start_bytes;
  uint64_t tables_gpa, tables_bytes;
  uint64_t stack_gpa, stack_gva, stack_bytes;
  uint64_t memory_gpa, memory_bytes;
  uint64_t low_begin_gpa, low_end_gpa;   /* of the RAM in which all but the image lies */
  uint64_t registers_gpa;                /* of devices: behind all RAM below 4 GiB */
  uint64_t high_begin_gpa, high_end_gpa; /* from 4 GiB on; equal: none */
};

/* Ends the boot with a message if it does not fit. */
void boot_plan(struct boot_layout *layout, const struct boot_facts *facts, unsigned int cpu_count);

static inline void *boot_pointer(uint64_t gpa)
{
  return (void *) gpa; /* NOLINT(performance-no-int-to-ptr) */
}

/* The place of something in the boot area. */
static inline void *boot_place(const struct boot_layout *layout, uint64_t gva)
{
  return boot_pointer(gva - UHYVE_KERNEL_BASE + layout->boot_gpa);
}

/* Builds the guest's page tables. Returns how many bytes of the pool they take. */
uint64_t boot_map(const struct boot_layout *layout);

/* Has what a position-independent image holds of its own addresses say where it is mapped. */
void boot_relocate(const struct boot_layout *layout);

/* Whether the image is position-independent. */
bool boot_is_movable(const struct boot_layout *layout);

/* ---- The processor ---- */

/* What boot_leave() loads; offsets are known to entry.S. */
struct boot_leave
{
  uint8_t gdt[16]; /* as lgdt reads it */
  uint8_t idt[16];
  uint64_t root_gpa;
  uint64_t rsp_gva;
  uint64_t start_gva;
  uint64_t image_shift;        /* from where the code runs to where it is mapped */
  volatile uint32_t *has_left; /* becomes 1 when nothing of the boot is used any more */
};

_Static_assert(offsetof(struct boot_leave, gdt) == LEAVE_GDT &&
                   offsetof(struct boot_leave, idt) == LEAVE_IDT &&
                   offsetof(struct boot_leave, root_gpa) == LEAVE_ROOT &&
                   offsetof(struct boot_leave, rsp_gva) == LEAVE_RSP &&
                   offsetof(struct boot_leave, start_gva) == LEAVE_START &&
                   offsetof(struct boot_leave, image_shift) == LEAVE_IMAGE_SHIFT &&
                   offsetof(struct boot_leave, has_left) == LEAVE_HAS_LEFT,
               "boot_layout.h");

_Noreturn void boot_leave(const struct boot_leave *leave);

/* Writes the tables of all CPUs. */
void boot_write_tables(const struct boot_layout *layout);

/* Sets this CPU up, and its part of what boot_leave() needs. */
void boot_prepare_cpu(const struct boot_layout *layout, unsigned int cpu, struct boot_leave *leave);

/* Has all other CPUs come up, to wait in ring 3 for the scheduler. Leaves those that do not out of
 * the list. */
struct boot_clock;
void boot_start_others(const struct boot_layout *layout, const struct boot_clock *clock,
                       struct boot_cpus *cpus);

/* Has this CPU run as fast as it can. */
void boot_set_speed(void);

/* Has this CPU report exceptions of the boot, as failures of the nucleus are. */
void boot_catch_failures(void);
void boot_patch_failure(void);

/* Whether a guest's page tables are in use, and its stacks. */
bool boot_is_over(void);

/* Has the nucleus use the local APIC as it is here, and report its own failures. */
void boot_patch_nucleus(void);

/* The legacy interrupt controllers (Intel 8259): at vectors 32 to 47, and silent. */
void boot_mask_pics(void);

/* ---- The local APIC: registers by their numbers in x2APIC mode ---- */

#define BOOT_APIC_ID            0x802
#define BOOT_APIC_TASK_PRIORITY 0x808
#define BOOT_APIC_SPURIOUS      0x80f
#define BOOT_APIC_ICR           0x830 /* to be written by boot_apic_send() */
#define BOOT_APIC_ICR_HIGH      0x831 /* in xAPIC mode alone */
#define BOOT_APIC_LVT_TIMER     0x832
#define BOOT_APIC_TIMER_INITIAL 0x838
#define BOOT_APIC_TIMER_COUNT   0x839
#define BOOT_APIC_TIMER_DIVISOR 0x83e

/* Has this CPU's one use x2APIC mode where there is such, before anything else here. */
void boot_apic_begin(void);
bool boot_apic_is_x2apic(void);
bool boot_apic_has_deadline(void); /* its timer takes deadlines of the TSC */

uint32_t boot_apic_read(uint32_t number);
void boot_apic_write(uint32_t number, uint32_t value);
void boot_apic_send(uint32_t apic_id, uint32_t command);
uint32_t boot_apic_own_id(void);

/* Lets it take interrupts, and those of its timer. */
void boot_apic_enable(void);

/* ---- Time ---- */

struct boot_clock
{
  uint64_t tsc_khz;
  uint64_t apic_khz; /* 0: not needed, for it takes deadlines */
  uint64_t realtime_ns;
  uint64_t tsc_base; /* when realtime_ns was */
};

void boot_read_clock(struct boot_clock *clock, const struct boot_options *options);

/* How fast the TSC runs, and in words how that was found. Ends the boot if there is no way. */
uint64_t boot_find_tsc_khz(const struct boot_options *options, const char **method);

bool boot_tsc_is_constant(void);

/* ---- The start information ---- */

uint64_t boot_start_bytes(unsigned int cpu_count);
void boot_write_start(const struct boot_layout *layout, const struct boot_facts *facts,
                      const struct boot_clock *clock, const struct uhyve_power_off *off,
                      uint64_t tables_used_bytes);

/* Which CPUs there are, when they all run. */
void boot_write_cpus(const struct boot_layout *layout, const struct boot_cpus *cpus);

/* ---- The log ---- */

void boot_log_begin(uint64_t begin_tsc);
void boot_log_set_level(enum boot_log_level level);
void boot_log_set_clock(uint64_t tsc_khz);
void boot_log_set_cpu(unsigned int cpu); /* which one runs */

/* A line, if as much is asked for. Knows %s, %u, %lu and %lx. */
__attribute__((format(printf, 2, 3))) void boot_log(enum boot_log_level level, const char *format,
                                                    ...);

void boot_print_format(const char *format, va_list values);

struct boot_clock;
void boot_log_cpus(const struct boot_cpus *cpus);
void boot_log_facts(const struct boot_facts *facts, const struct boot_cpus *cpus,
                    const struct boot_clock *clock);
void boot_log_layout(const struct boot_layout *layout);

/* What each line begins with. */
void boot_log_prefix(void);

/* What the log goes on with in ring 3. */
void boot_write_log(struct uhyve_start_info *info);

#define BOOT_DEVICE_WORD "virtio_mmio.device="

/* Whether a word of the command line names a device, of which note is taken. */
bool boot_take_device(const char *word);

/* Writes all that were named, and returns how many. */
unsigned int boot_write_devices(struct uhyve_interface interfaces[static UHYVE_MOST_INTERFACES]);

/* Where PCI devices have their configuration in memory, if ACPI says so. */
void boot_find_ecam(const struct boot_facts *facts, struct uhyve_start_info *info);

/* ---- The serial console ---- */

void boot_print(const char *text);
void boot_print_number(uint64_t number, unsigned int base);

/* Ends all: by QEMU's device, with the status, by ACPI, else by a reset. */
_Noreturn void boot_end(int status);

/* Says what is wrong, in the words of boot_log(), and ends all. */
__attribute__((format(printf, 1, 2))) _Noreturn void boot_fail(const char *format, ...);

/* ---- privileged.S, entry.S ---- */

extern uint64_t boot_tables[]; /* of the boot: its root, and the first 4 GiB */
extern uint64_t boot_features; /* CPUID 0x80000001, EDX */

uint8_t boot_in8(uint16_t port);
void boot_out8(uint16_t port, uint8_t value);
uint16_t boot_in16(uint16_t port);
void boot_out16(uint16_t port, uint16_t value);
uint64_t boot_read_msr(uint32_t number);
void boot_write_msr(uint32_t number, uint64_t value);
bool boot_try_read_msr(uint32_t number, uint64_t *value); /* false: there is no such */
bool boot_try_write_msr(uint32_t number, uint64_t value);
void boot_protection(void); /* an exception's entry, which makes that so */
void boot_load_idt(const uint8_t *pointer);
void boot_write_cr4(uint64_t value);
void boot_write_xcr0(uint64_t value);
void boot_clear(void *at, uint64_t bytes); /* a multiple of 8 */
_Noreturn void boot_reset(void);

#endif
