/* A guest that misbehaves in the way its first argument names. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hypercalls/guest_image.h"
#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"

#include "abuse.h"

/* The kernel library's, used by its back door: a test may know more than a program. */
extern struct uhyve_start_info *start_info __asm__("__uhyve_start_info");
extern const char nucleus_vector_stubs[] __asm__("__uhyve_nucleus_vector_stubs");
long nucleus_call(long number, uint64_t argument) __asm__("__uhyve_nucleus_call");

/* ---- Where a block or a buffer must not lie ---- */

struct place
{
  const char *name;
  uint64_t gpa;
};

#define PLACES 8

static struct place places[PLACES];

static void find_places(void)
{
  uint64_t memory_end = 512ull << 20;
  uint64_t nucleus_gpa = (uint64_t) nucleus_vector_stubs - start_info->image_gva + UHYVE_IMAGE_BASE;
  uint64_t boot_gpa = start_info->image_len_bytes + 0x200000;
  const struct place found[PLACES] = {
      {"page-table", start_info->page_tables_gpa + 0x100},
      {"nucleus-code", nucleus_gpa},
      {"nucleus-data", boot_gpa + 0x1000},
      {"read-only-image", address_to_gpa((const void *) (uintptr_t) find_places, 0)},
      {"over-the-end", memory_end - 4},
      {"behind-the-end", memory_end},
      {"hole", 0xfee00000},
      {"wild", UINT64_MAX - 100},
  };
  memcpy(places, found, sizeof(places));
}

uint64_t place_gpa(const char *name)
{
  for (unsigned int i = 0; i < PLACES; i++)
  {
    if (strcmp(places[i].name, name) == 0)
      return places[i].gpa;
  }
  printf("no place %s\n", name);
  exit(99);
}

/* block CALL PLACE: the argument block itself lies there. */
static void abuse_block(const char *call, const char *place)
{
#define CASE(name, port, block, purpose) \
  if (strcmp(call, #name) == 0)          \
    out(HC_##name, place_gpa(place));
  HYPERCALLS(CASE)
#undef CASE
}

/* buffer read|write PLACE: a good block with a bad segment behind a good one. */
static void abuse_buffer(const char *call, const char *place)
{
  static char good[64];
  static _Alignas(HC_BLOCK_ALIGN) struct hc_io io;
  io.fd = 1;
  io.segments = 2;
  io.segment[0] = (struct hc_segment){address_to_gpa(good, 0), sizeof(good)};
  io.segment[1] = (struct hc_segment){place_gpa(place), 4096};
  out(strcmp(call, "read") == 0 ? HC_read : HC_write, address_to_gpa(&io, 0));
}

static void abuse_segments(const char *what)
{
  static _Alignas(HC_BLOCK_ALIGN) struct hc_io io;
  io.fd = 1;
  io.segments = 1;
  io.segment[0] = (struct hc_segment){address_to_gpa(&io, 0), 8};
  if (strcmp(what, "too-many") == 0)
    io.segments = HC_MAX_SEGMENTS + 1;
  else if (strcmp(what, "millions") == 0)
    io.segments = UINT32_MAX;
  else if (strcmp(what, "huge") == 0)
    io.segment[0].len_bytes = UINT64_MAX;
  else if (strcmp(what, "wraps") == 0)
    io.segment[0].len_bytes = UINT64_MAX - io.segment[0].gpa + 2;
  else if (strcmp(what, "whole-memory") == 0)
    io.segment[0] = (struct hc_segment){0, 512ull << 20};
  out(HC_write, address_to_gpa(&io, 0));
}

/* watch WHAT: streams and events that are not there; the same again and again, from both CPUs. */
static void abuse_watch(const char *what)
{
  static _Alignas(HC_BLOCK_ALIGN) struct hc_watch block;
  const int32_t fds[] = {-1, 3, INT32_MAX, INT32_MIN};
  uint64_t block_gpa = address_to_gpa(&block, 0);
  if (strcmp(what, "event") == 0)
    block.event = 4;
  else if (strcmp(what, "events") == 0)
    block.event = UINT32_MAX;
  else if (strcmp(what, "stream") == 0)
  {
    for (size_t i = 0; i < 8; i++)
    {
      block.fd = fds[i % 4];
      block.event = (uint32_t) (i / 4 * HC_EVENT_LOOK);
      out(HC_watch, block_gpa);
      if (block.result != -9)
        exit(1);
    }
    exit(7);
  }
  else if (strcmp(what, "again") == 0)
  {
    /* Most of these give an interrupt, for standard output can be written. */
    for (unsigned int i = 0; i < 3000; i++)
    {
      block.fd = (int32_t) (i % 3);
      block.event = i / 3 % 4;
      out(HC_watch, block_gpa);
      if (block.result != 0 && block.event != HC_EVENT_LOOK)
        exit(1);
    }
    exit(7);
  }
  out(HC_watch, block_gpa);
}

/* outside WHAT: numbers of signals, operations and terminals that are not there. */
static void abuse_outside(const char *what)
{
  static _Alignas(HC_BLOCK_ALIGN) struct hc_signals signals;
  static _Alignas(HC_BLOCK_ALIGN) struct hc_terminal terminal;
  static _Alignas(HC_BLOCK_ALIGN) struct hc_exit block;
  uint64_t signals_gpa = address_to_gpa(&signals, 0);
  if (strcmp(what, "signal") == 0)
  {
    block.signal = 65;
    out(HC_exit, address_to_gpa(&block, 0));
  }
  else if (strcmp(what, "operation") == 0)
    signals.operation = HC_SIGNALS_OPERATIONS;
  else if (strcmp(what, "terminal") == 0)
  {
    terminal.operation = HC_TERMINAL_OPERATIONS;
    out(HC_terminal, address_to_gpa(&terminal, 0));
  }
  else if (strncmp(what, "stop", 4) == 0)
  {
    signals.operation = HC_SIGNALS_CATCH;
    signals.mask = strcmp(what, "stop-caught") == 0 ? UINT64_MAX : 0;
    out(HC_signals, signals_gpa);
    signals.operation = HC_SIGNALS_STOP;
    signals.mask = 1ull << 18;
    for (;;)
      out(HC_signals, signals_gpa);
  }
  else if (strcmp(what, "every") == 0)
  {
    /* What cannot be caught is left alone, and none of it hides the end from others. */
    const uint32_t operations[] = {HC_SIGNALS_IGNORE, HC_SIGNALS_DEFAULT, HC_SIGNALS_CATCH};
    for (unsigned int i = 0; i < 300; i++)
    {
      signals.operation = operations[i % 3];
      signals.mask = UINT64_MAX;
      out(HC_signals, signals_gpa);
      if (signals.result != 0)
        exit(1);
    }
    signals.operation = HC_SIGNALS_STOP;
    for (unsigned int i = 0; i < 64; i++)
    {
      signals.mask = i < 18 || i > 21 ? 1ull << i : 3ull << 18;
      out(HC_signals, signals_gpa);
      if (signals.result != -22)
        exit(1);
    }
    for (unsigned int i = 0; i < HC_TERMINAL_OPERATIONS; i++)
    {
      terminal.operation = i;
      terminal.fd = -1;
      terminal.argument = INT32_MIN;
      out(HC_terminal, address_to_gpa(&terminal, 0));
      if (terminal.result != -9)
        exit(1);
      terminal.fd = 1;
      out(HC_terminal, address_to_gpa(&terminal, 0));
      if (terminal.result != -25 && (i != HC_TERMINAL_WAITING || terminal.result != 0))
        exit(1);
    }
    exit(7);
  }
  out(HC_signals, signals_gpa);
}

/* wait WHAT [alone]: the monitor waits in a call on CPU 0; CPU 1 ends the guest, or nobody does. */
static void *end_soon(void *argument)
{
  struct timespec pause = {.tv_nsec = 50000000};
  nanosleep(&pause, NULL);
  exit(7);
  return argument;
}

static void abuse_wait(const char *what, bool is_alone)
{
  static char good[64];
  static _Alignas(HC_BLOCK_ALIGN) struct hc_io io;
  pthread_t thread;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(1, &set);
  if (!is_alone && (pthread_create(&thread, NULL, end_soon, NULL) != 0 ||
                    pthread_setaffinity_np(thread, sizeof(set), &set) != 0))
    exit(1);
  io.wait_us = strcmp(what, "long") == 0 ? UINT32_MAX - 1 : HC_WAIT_FOREVER;
  io.segments = 1;
  io.segment[0] = (struct hc_segment){address_to_gpa(good, 0), sizeof(good)};
  out(HC_read, address_to_gpa(&io, 0));
  exit(1);
}

/* discard PLACE|what: pages that the host must not drop, behind one that it may. */
static void abuse_discard(const char *what)
{
  static _Alignas(HC_BLOCK_ALIGN) struct hc_discard block;
  static _Alignas(4096) char data[4096];
  uint64_t free_gpa = start_info->memory_gpa + start_info->memory_attached_bytes - 8192;
  block.segments = 2;
  block.segment[0] = (struct hc_segment){free_gpa, 4096};
  block.segment[1] = (struct hc_segment){free_gpa + 4096, 4096};
  if (strcmp(what, "too-many") == 0)
    block.segments = HC_MAX_SEGMENTS + 1;
  else if (strcmp(what, "unaligned") == 0)
    block.segment[1].gpa -= 2048;
  else if (strcmp(what, "part-of-a-page") == 0)
    block.segment[1].len_bytes = 4095;
  else if (strcmp(what, "wraps") == 0)
    block.segment[1].len_bytes = -block.segment[1].gpa + 4096;
  else if (strcmp(what, "data") == 0)
    block.segment[1].gpa = address_to_gpa(data, 0);
  else if (strcmp(what, "stack") == 0)
    block.segment[1].gpa = address_to_gpa(&free_gpa, 0) & ~4095ull;
  else
    block.segment[1] = (struct hc_segment){place_gpa(what) & ~4095ull, 8192};
  out(HC_discard, address_to_gpa(&block, 0));
}

static void abuse_crash_message(const char *what)
{
  static _Alignas(HC_BLOCK_ALIGN) struct hc_crash crash = {.cause = HC_CRASH_SIGNAL, .signal = 6};
  crash.message_len_bytes = strcmp(what, "long") == 0 ? 100000 : 10;
  crash.message_gpa = strcmp(what, "long") == 0 ? address_to_gpa(&crash, 0) : UINT64_MAX - 3;
  if (strcmp(what, "nonsense") == 0)
    memset(&crash, 0xff, sizeof(crash) - sizeof(crash.regs));
  if (strcmp(what, "nonsense") == 0)
    crash.message_len_bytes = 0;
  out(HC_crash, address_to_gpa(&crash, 0));
}

static void abuse_port(const char *what)
{
  if (strcmp(what, "no-such-call") == 0)
    out(HC_PORT_END - HC_PORT_STEP, 0);
  if (strcmp(what, "between-calls") == 0)
    out(HC_exit + 1, 0);
  if (strcmp(what, "byte") == 0)
    __asm__ volatile("out %%al, %%dx" : : "d"((uint16_t) HC_exit), "a"(0));
  if (strcmp(what, "in") == 0)
    __asm__ volatile("in %%dx, %%eax" : : "d"((uint16_t) HC_exit) : "eax");
  if (strcmp(what, "string") == 0)
    __asm__ volatile("rep outsl" : : "d"((uint16_t) HC_exit), "S"(places), "c"(4) : "memory");
  if (strcmp(what, "failure-port") == 0)
    __asm__ volatile("out %%eax, $0xf8" : : "a"(0));
  if (strcmp(what, "foreign") == 0)
    __asm__ volatile("out %%al, $0x80" : : "a"(0));
  if (strcmp(what, "behind-bitmap") == 0)
    __asm__ volatile("out %%al, %%dx" : : "d"((uint16_t) 0x5658), "a"(0));
}

/* Each must end as a fault, whatever the host. */
#define PRIVILEGED(X)                                                                      \
  X(cli, "cli")                                                                            \
  X(sti, "sti")                                                                            \
  X(hlt, "hlt")                                                                            \
  X(rdmsr, "mov $0x1b, %%ecx; rdmsr")                                                      \
  X(wrmsr, "mov $0x1b, %%ecx; wrmsr")                                                      \
  X(read_cr0, "mov %%cr0, %%rax")                                                          \
  X(read_cr3, "mov %%cr3, %%rax")                                                          \
  X(write_cr0, "mov %%rax, %%cr0")                                                         \
  X(write_cr3, "mov %%rax, %%cr3")                                                         \
  X(write_cr4, "mov %%rax, %%cr4")                                                         \
  X(write_cr8, "mov %%rax, %%cr8")                                                         \
  X(read_dr7, "mov %%dr7, %%rax")                                                          \
  X(write_dr7, "mov %%rax, %%dr7")                                                         \
  X(invlpg, "invlpg (%%rsp)")                                                              \
  X(lgdt, "lgdt (%%rsp)")                                                                  \
  X(lidt, "lidt (%%rsp)")                                                                  \
  X(lldt, "xor %%eax, %%eax; lldt %%ax")                                                   \
  X(ltr, "mov $0x38, %%eax; ltr %%ax")                                                     \
  X(lmsw, "lmsw %%ax")                                                                     \
  X(clts, "clts")                                                                          \
  X(invd, "invd")                                                                          \
  X(wbinvd, "wbinvd")                                                                      \
  X(swapgs, "swapgs")                                                                      \
  X(sysret, "sysretq")                                                                     \
  X(sysexit, "sysexitq")                                                                   \
  X(syscall, "syscall")                                                                    \
  X(sysenter, "sysenter")                                                                  \
  X(int_0x80, "int $0x80")                                                                 \
  X(int_0x20, "int $0x20")                                                                 \
  X(int_2, "int $2")                                                                       \
  X(int_8, "int $8")                                                                       \
  X(stac, "stac")                                                                          \
  X(iretq_to_ring_0,                                                                       \
    "mov %%rsp, %%rax; pushq $0x10; push %%rax; pushq $2; pushq $8; lea 1f(%%rip), %%rax;" \
    "push %%rax; iretq; 1:")                                                               \
  X(far_return_to_ring_0, "pushq $8; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:")         \
  X(xsetbv, "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $1, %%eax; xsetbv")                   \
  X(monitor, "monitor")

static void abuse_privileged(const char *what)
{
#define CASE(name, code)        \
  if (strcmp(what, #name) == 0) \
    __asm__ volatile(code : : : "rax", "rcx", "rdx", "r11", "memory");
  PRIVILEGED(CASE)
#undef CASE
}

static volatile int bottom = -1;

__attribute__((noinline)) static int recurse(int depth)
{
  volatile char space[1000];
  space[0] = (char) depth;
  return depth == bottom ? 0 : recurse(depth + 1) + space[0];
}

static void abuse_memory(const char *what)
{
  static char code[] = {(char) 0xc3};
  static const char constant = 1;
  volatile char *target = NULL;
  if (strcmp(what, "write-code") == 0)
    target = (char *) (uintptr_t) abuse_memory;
  if (strcmp(what, "write-constant") == 0)
    target = (char *) (uintptr_t) &constant;
  if (strcmp(what, "write-nucleus") == 0)
    target = (char *) (uintptr_t) nucleus_vector_stubs;
  if (strcmp(what, "write-nucleus-data") == 0)
    target = (char *) UHYVE_KERNEL_BASE;
  if (strcmp(what, "write-page-table") == 0)
    target = (char *) UHYVE_WINDOW_BASE + start_info->page_tables_gpa;
  if (strcmp(what, "write-code-by-window") == 0)
    target =
        (char *) UHYVE_WINDOW_BASE + address_to_gpa((const void *) (uintptr_t) abuse_memory, 0);
  if (strcmp(what, "write-table-for-nucleus") == 0)
    target = (char *) UHYVE_TABLES_BASE;
  if (strcmp(what, "execute-data") == 0)
    ((void (*)(void))(uintptr_t) code)();
  if (strcmp(what, "execute-heap") == 0)
    ((void (*)(void))(uintptr_t) memcpy(malloc(16), code, 1))();
  if (strcmp(what, "execute-stack") == 0)
    ((void (*)(void))(uintptr_t) memcpy(__builtin_alloca(16), code, 1))();
  if (strcmp(what, "execute-window") == 0)
    ((void (*)(void))(uintptr_t) (UHYVE_WINDOW_BASE +
                                  address_to_gpa((const void *) (uintptr_t) abuse_memory, 0)))();
  if (strcmp(what, "call-nucleus") == 0)
    ((void (*)(void))(uintptr_t) nucleus_vector_stubs)();
  if (strcmp(what, "read-null") == 0)
    exit(*target);
  if (strcmp(what, "read-nucleus") == 0)
    exit(*(volatile const char *) nucleus_vector_stubs);
  if (strcmp(what, "stack-overflow") == 0)
    recurse(0);
  if (strcmp(what, "wild-stack") == 0)
    __asm__ volatile("mov $0x666000, %esp; push %rax");
  if (strcmp(what, "noncanonical-stack") == 0)
    __asm__ volatile("movabs $0x8000666000000000, %rsp; push %rax");
  if (strcmp(what, "noncanonical-jump") == 0)
    __asm__ volatile("movabs $0x8000666000000000, %rax; jmp *%rax");
  *target = 1;
}

/* What only ring 3 of a guest can do to its own kernel library. */
static void abuse_kernel(const char *what)
{
  struct uhyve_upcall_area *area;
  __asm__("mov %%gs:0, %0" : "=r"(area));
  if (strcmp(what, "active-forever") == 0)
  {
    area->active = 1;
    *(volatile char *) NULL = 1;
  }
  if (strcmp(what, "wild-gs") == 0)
  {
    __asm__ volatile("xor %%eax, %%eax; mov %%eax, %%gs" : : : "eax");
    *(volatile char *) NULL = 1;
  }
  if (strcmp(what, "bad-fs-base") == 0)
  {
    exit(nucleus_call(2, 0xffff800000000000) == -22 && nucleus_call(99, 0) == -38 ? 7 : 1);
  }
}

int main(int argc, char **argv)
{
  if (argc < 3)
    return 99;
  find_places();
  if (strcmp(argv[1], "block") == 0)
    abuse_block(argv[2], argv[3]);
  if (strcmp(argv[1], "buffer") == 0)
    abuse_buffer(argv[2], argv[3]);
  if (strcmp(argv[1], "segments") == 0)
    abuse_segments(argv[2]);
  if (strcmp(argv[1], "file") == 0)
    abuse_file(argv[2], argv[3]);
  if (strcmp(argv[1], "file-numbers") == 0)
    abuse_file_numbers(argv[2]);
  if (strcmp(argv[1], "file-answers") == 0)
    abuse_file_answers(argv[2]);
  if (strcmp(argv[1], "watch") == 0)
    abuse_watch(argv[2]);
  if (strcmp(argv[1], "outside") == 0)
    abuse_outside(argv[2]);
  if (strcmp(argv[1], "net") == 0)
    abuse_net(argv[2], argv[3]);
  if (strcmp(argv[1], "wait") == 0)
    abuse_wait(argv[2], argc > 3);
  if (strcmp(argv[1], "discard") == 0)
    abuse_discard(argv[2]);
  if (strcmp(argv[1], "crash-message") == 0)
    abuse_crash_message(argv[2]);
  if (strcmp(argv[1], "port") == 0)
    abuse_port(argv[2]);
  if (strcmp(argv[1], "privileged") == 0)
    abuse_privileged(argv[2]);
  if (strcmp(argv[1], "memory") == 0)
    abuse_memory(argv[2]);
  if (strcmp(argv[1], "kernel") == 0)
    abuse_kernel(argv[2]);
  puts("survived");
  return 98;
}
