/* A guest that takes as much as it can get: greedy memory|growth|descriptors|locks|transfer|text.
 * Says "look" when it has it, keeps it to the end of its input, and ends with status 0, or says
 * what was not as it has to be. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "abuse.h"
#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"

extern struct uhyve_start_info *start_info __asm__("__uhyve_start_info");

static char text[4096];
static _Alignas(HC_BLOCK_ALIGN) struct hc_io io;
static _Alignas(HC_BLOCK_ALIGN) struct hc_watch watch;
static _Alignas(HC_BLOCK_ALIGN) struct hc_memory memory;
static _Alignas(HC_BLOCK_ALIGN) struct hc_clock clocks;
static _Alignas(HC_BLOCK_ALIGN) struct hc_discard discard;
static _Alignas(HC_BLOCK_ALIGN) struct hc_file_open opening;
static _Alignas(HC_BLOCK_ALIGN) struct hc_file_control control;
static _Alignas(HC_BLOCK_ALIGN) struct hc_path path;
static _Alignas(HC_BLOCK_ALIGN) struct hc_terminal terminal;
static _Alignas(HC_BLOCK_ALIGN) struct hc_signals signals;
static _Alignas(HC_BLOCK_ALIGN) struct hc_time_zone zone;
static _Alignas(HC_BLOCK_ALIGN) struct hc_crash crash;

#define OUT(call, block) out(HC_##call, address_to_gpa(&(block), 0))

static void check(int is_fine, const char *what, int64_t result)
{
  if (is_fine)
    return;
  fprintf(stderr, "FAILED: %s: %lld\n", what, (long long) result);
  exit(1);
}

static struct hc_segment put(const char *name)
{
  strcpy(text, name);
  return (struct hc_segment){address_to_gpa(text, 0), strlen(name)};
}

static long now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Who counts what the host has given may take its time. */
static void await_look(void)
{
  char byte;
  fprintf(stderr, "look\n");
  check(read(STDIN_FILENO, &byte, 1) == 0, "the end of the input", errno);
}

/* ---- memory: everything is touched, and more is asked for in every way ---- */

static void ask_for_memory(uint64_t bytes)
{
  memory.memory_bytes = bytes;
  OUT(memory, memory);
  if (bytes > start_info->memory_len_bytes)
    check(memory.result == -ENOMEM, "memory that is not there", memory.result);
  else
    check(memory.result == 0 && memory.memory_bytes >= bytes &&
              memory.memory_bytes <= start_info->memory_len_bytes,
          "memory that is there", memory.result);
}

static void take_memory(void)
{
  for (unsigned int i = 0; i < 64; i++)
  {
    ask_for_memory((1ull << i) - 1);
    ask_for_memory(1ull << i);
    ask_for_memory(-(1ull << i));
  }
  for (int64_t i = -3; i <= 3; i++)
    ask_for_memory(start_info->memory_len_bytes + (uint64_t) i);
  for (size_t bytes = 2 << 20; bytes >= 4096;)
  {
    char *piece = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED)
      bytes /= 2;
    else
      memset(piece, 1, bytes);
  }
  ask_for_memory(UINT64_MAX);
  await_look();
}

/* ---- growth: what leaves nothing behind, again and again ---- */

static void call_each(unsigned int i)
{
  static const char *const names[] = {"file", "new", "no", "../..", "folder/deep"};
  opening.flags = i % 2 == 0 ? 0 : 0102; /* O_RDWR | O_CREAT */
  opening.path[0] = put(names[i % 5]);
  OUT(file_open, opening);
  control.handle = (int32_t) opening.result;
  control.operation = HC_FILE_LOCK;
  memset(control.argument, 0, sizeof(control.argument));
  OUT(file_control, control);
  control.operation = HC_FILE_CLOSE;
  OUT(file_control, control);
  path.operation = i % HC_PATH_OPERATIONS;
  path.path[0] = opening.path[0];
  path.other[0] = opening.path[0];
  path.buffer = (struct hc_segment){address_to_gpa(text + 2048, 0), 2048};
  OUT(path, path);
  watch.fd = (int32_t) (i % 3);
  watch.event = i % 4;
  OUT(watch, watch);
  signals.operation = i % 4 < 2 ? i % 4 : HC_SIGNALS_IGNORE + i % 2;
  signals.mask = UINT64_MAX & ~(1ull << 14);
  OUT(signals, signals);
  terminal.operation = i % HC_TERMINAL_OPERATIONS;
  OUT(terminal, terminal);
  strcpy((char *) zone.name, i % 2 == 0 ? "Europe/Berlin" : "no");
  OUT(time_zone, zone);
  OUT(clock, clocks);
  OUT(discard, discard);
  memory.memory_bytes = 0;
  OUT(memory, memory);
}

static void call_all(void)
{
  for (unsigned int i = 0; i < 120; i++)
    call_each(i);
  await_look();
  for (long end_ms = now_ms() + 2500, i = 0; now_ms() < end_ms; i++)
    call_each((unsigned int) i);
}

/* ---- descriptors: all that there are, and the monitor still does what needs one ---- */

static void take_descriptors(void)
{
  unsigned int count = 0;
  opening.path[0] = put("file");
  do
    OUT(file_open, opening);
  while (opening.result >= 0 && ++count < 100000);
  check(opening.result == -EMFILE, "the last open()", opening.result);
  fprintf(stderr, "%u files\n", count);
  path.operation = HC_PATH_STAT;
  path.path[0] = opening.path[0];
  path.buffer = (struct hc_segment){address_to_gpa(text + 2048, 0), 2048};
  OUT(path, path);
  check(path.result == 0, "stat()", path.result);
  path.operation = HC_PATH_MKDIR;
  path.path[0] = put("new");
  OUT(path, path);
  check(path.result == 0, "mkdir()", path.result);
  path.operation = HC_PATH_RENAME;
  path.other[0] = path.path[0];
  OUT(path, path);
  check(path.result == 0, "rename()", path.result);
  OUT(clock, clocks);
  check(clocks.result == 0, "the clock", clocks.result);
  watch.fd = 1;
  OUT(watch, watch);
  check(watch.result == 0, "a watch", watch.result);
  strcpy((char *) zone.name, "Etc/UTC");
  OUT(time_zone, zone);
  check(zone.result != -EMFILE, "a time zone", zone.result);
  await_look();
}

/* ---- locks: each byte of its own, until there are no more ---- */

static int64_t lock_byte(unsigned int byte, uint32_t type)
{
  control.operation = HC_FILE_LOCK;
  control.argument[0] = type;
  control.argument[1] = SEEK_SET;
  control.argument[2] = 2 * byte;
  control.argument[3] = 1;
  OUT(file_control, control);
  return control.result;
}

static void take_locks(void)
{
  unsigned int count = 0;
  opening.path[0] = put("file");
  opening.flags = 2; /* O_RDWR */
  OUT(file_open, opening);
  control.handle = (int32_t) opening.result;
  while (lock_byte(count, 1) == 0 && count < 100000)
    count++;
  check(control.result == -ENOLCK, "the last lock", control.result);
  check(count == 4096, "locks", count);
  check(lock_byte(0, 2) == 0 && lock_byte(count, 1) == 0, "a lock in place of another",
        control.result);
  await_look();
}

/* ---- transfer: one call for all memory many times over, and an end meanwhile ---- */

static void *end_soon(void *argument)
{
  usleep(20000);
  exit(0);
  return argument;
}

static void write_much(void)
{
  pthread_t thread;
  cpu_set_t set;
  ask_for_memory(start_info->memory_len_bytes);
  CPU_ZERO(&set);
  CPU_SET(1, &set);
  check(pthread_create(&thread, NULL, end_soon, NULL) == 0 &&
            pthread_setaffinity_np(thread, sizeof(set), &set) == 0,
        "a thread", 0);
  io.fd = 1;
  io.wait_us = HC_WAIT_FOREVER;
  io.segments = HC_MAX_SEGMENTS;
  for (unsigned int i = 0; i < HC_MAX_SEGMENTS; i++)
    io.segment[i] = (struct hc_segment){start_info->memory_gpa, 64u << 20};
  for (;;)
  {
    lseek(1, 0, SEEK_SET);
    OUT(write, io);
    check(io.result > 0 && io.result <= 16 << 20, "one write", io.result);
  }
}

/* ---- text: whatever makes the monitor say something ---- */

static void ask_for_text(void)
{
  static const char *const names[] = {"/etc/passwd", "/etc", "/usr/bin/env", "/\x1b[31m",
                                      "/no/such"};
  for (unsigned int i = 0; i < 5000; i++)
  {
    path.operation = HC_PATH_EXPLAIN;
    path.path[0] = put(names[i % 5]);
    OUT(path, path);
    if (i % 10 == 0)
      call_each(i);
  }
  await_look();
  memset(text, 0x1b, sizeof(text));
  memset(&crash.regs, 0xff, sizeof(crash.regs));
  crash.cause = HC_CRASH_SIGNAL;
  crash.signal = 6;
  crash.message_gpa = address_to_gpa(text, 0);
  crash.message_len_bytes = HC_MAX_MESSAGE_BYTES;
  OUT(crash, crash);
}

int main(int argc, char **argv)
{
  if (argc != 2)
    return 99;
  if (strcmp(argv[1], "memory") == 0)
    take_memory();
  else if (strcmp(argv[1], "growth") == 0)
    call_all();
  else if (strcmp(argv[1], "descriptors") == 0)
    take_descriptors();
  else if (strcmp(argv[1], "locks") == 0)
    take_locks();
  else if (strcmp(argv[1], "transfer") == 0)
    write_much();
  else if (strcmp(argv[1], "text") == 0)
    ask_for_text();
  else
    return 99;
  return 0;
}
