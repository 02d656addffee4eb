/* Exceptions in words, for reports of crashes: the monitor's, and those of a guest without one. */
#ifndef HYPERCALLS_EXCEPTION_WORDS_H
#define HYPERCALLS_EXCEPTION_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define EXCEPTION_PAGE_FAULT 14

/* Error code of a page fault: Intel SDM, volume 3A, section 4.7, June 2023. */
#define PAGE_FAULT_PRESENT  (1u << 0)
#define PAGE_FAULT_WRITE    (1u << 1)
#define PAGE_FAULT_RESERVED (1u << 3)
#define PAGE_FAULT_FETCH    (1u << 4)

#define NULL_POINTER_END    0x10000 /* below 64 KiB: a null pointer and an offset */

/* Null: it has no name. */
static inline const char *exception_words(uint64_t vector)
{
  static const char *const words[] = {
      [0] = "division by zero or overflow",
      [1] = "debug trap",
      [2] = "non-maskable interrupt",
      [3] = "breakpoint",
      [4] = "overflow trap",
      [5] = "bound range exceeded",
      [6] = "illegal instruction",
      [7] = "floating-point unit not available",
      [8] = "double fault",
      [10] = "invalid TSS",
      [11] = "segment not present",
      [12] = "stack segment fault or non-canonical stack address",
      [13] = "privileged instruction or non-canonical address",
      [14] = "page fault",
      [16] = "floating-point error (x87)",
      [17] = "misaligned access",
      [18] = "machine check",
      [19] = "floating-point error (SSE)",
      [20] = "virtualization exception",
      [21] = "control protection exception",
  };
  return vector < sizeof(words) / sizeof(words[0]) ? words[vector] : NULL;
}

static inline const char *page_fault_access(uint64_t error_code)
{
  if ((error_code & PAGE_FAULT_FETCH) != 0)
    return "execution of";
  return (error_code & PAGE_FAULT_WRITE) != 0 ? "write to" : "read from";
}

static inline const char *page_fault_reason(uint64_t error_code, uint64_t gva)
{
  if ((error_code & PAGE_FAULT_RESERVED) != 0)
    return "damaged page table";
  if ((error_code & PAGE_FAULT_PRESENT) == 0)
    return gva < NULL_POINTER_END ? "null pointer" : "not mapped";
  if ((error_code & PAGE_FAULT_FETCH) != 0)
    return "memory that is not executable";
  return (error_code & PAGE_FAULT_WRITE) != 0 ? "read-only memory" : "protected memory";
}

#endif
