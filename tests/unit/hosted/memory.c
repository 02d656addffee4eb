/* The host's side of the memory managers in unit tests. The managers are part of this file, so that
 * it can start them afresh. */
#include "hosted/memory.h"

#include "mm/bootstrap.c" /* NOLINT(bugprone-suspicious-include) */
#include "mm/physical.c"  /* NOLINT(bugprone-suspicious-include) */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct hosted_memory hosted_memory;
jmp_buf hosted_panic;
bool hosted_panic_expected;

static struct uhyve_start_info info = {.hole_begin_gpa = UHYVE_GPA_HOLE_BEGIN,
                                       .hole_end_gpa = UHYVE_GPA_HOLE_END};
struct uhyve_start_info *start_info = &info;

/* Of what the test does wrong, too. */
static void require(bool condition, const char *what)
{
  if (!condition)
  {
    (void) fprintf(stderr, "%s\n", what);
    abort();
  }
}

void panic(const char *message)
{
  require(hosted_panic_expected, message);
  hosted_panic_expected = false;
  hosted_cpu.area.masked = 0;
  longjmp(hosted_panic, 1);
}

static void attach_on_host(uint64_t attached_bytes)
{
  require(mprotect(hosted_memory.host, attached_bytes, PROT_READ | PROT_WRITE) == 0, "mprotect");
  __atomic_store_n(&hosted_memory.attached_bytes, attached_bytes, __ATOMIC_SEQ_CST);
}

void hosted_memory_start(uint64_t gpa, uint64_t len_bytes, uint64_t attached_bytes)
{
  memset(&hosted_memory, 0, sizeof(hosted_memory));
  hosted_memory.gpa = gpa;
  hosted_memory.len_bytes = len_bytes;
  hosted_memory.discarded_min_bytes = UINT64_MAX;
  hosted_memory.host =
      mmap(NULL, len_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  require(hosted_memory.host != MAP_FAILED, "mmap");
  madvise(hosted_memory.host, len_bytes, MADV_NOHUGEPAGE);
  attach_on_host(attached_bytes);

  used_bytes = 0;
  memset(memory, 0, sizeof(memory));
  physical = (struct physical){.clean = {.pool = &physical.pool},
                               .used = {.pool = &physical.pool},
                               .for_nodes = {.pool = &physical.pool}};
  info.memory_gpa = gpa;
  info.memory_len_bytes = len_bytes;
  info.memory_attached_bytes = attached_bytes;
}

void hosted_memory_end(void)
{
  munmap(hosted_memory.host, hosted_memory.len_bytes);
}

void *address_of_gpa(uint64_t gpa)
{
  uint64_t offset = gpa - hosted_memory.gpa;
  if (hosted_memory.gpa < UHYVE_GPA_HOLE_BEGIN && gpa >= UHYVE_GPA_HOLE_BEGIN)
  {
    require(gpa >= UHYVE_GPA_HOLE_END, "memory in the hole");
    offset -= UHYVE_GPA_HOLE_END - UHYVE_GPA_HOLE_BEGIN;
  }
  require(gpa >= hosted_memory.gpa &&
              offset < __atomic_load_n(&hosted_memory.attached_bytes, __ATOMIC_SEQ_CST),
          "memory that is not attached");
  return hosted_memory.host + offset;
}

uint64_t address_to_gpa(const void *pointer, enum address_access access)
{
  (void) access;
  uint64_t gpa =
      hosted_memory.gpa + (uint64_t) ((const unsigned char *) pointer - hosted_memory.host);
  if (hosted_memory.gpa < UHYVE_GPA_HOLE_BEGIN && gpa >= UHYVE_GPA_HOLE_BEGIN)
    gpa += UHYVE_GPA_HOLE_END - UHYVE_GPA_HOLE_BEGIN;
  return gpa;
}

/* As the monitor does it: at least twice as much as there was. */
static void serve_memory(struct hc_memory *block)
{
  static struct spinlock one;
  block->result = -ENOMEM;
  if (hosted_memory.attach_fails || block->memory_bytes > hosted_memory.len_bytes)
    return;
  spinlock_lock(&one);
  uint64_t wanted = block->memory_bytes;
  if (wanted > hosted_memory.attached_bytes)
  {
    if (wanted < 2 * hosted_memory.attached_bytes)
      wanted = 2 * hosted_memory.attached_bytes;
    attach_on_host(wanted < hosted_memory.len_bytes ? wanted : hosted_memory.len_bytes);
  }
  block->memory_bytes = hosted_memory.attached_bytes;
  hosted_memory.attachments++;
  spinlock_unlock(&one);
  block->result = 0;
}

static void serve_discard(struct hc_discard *block)
{
  require(block->segments > 0 && block->segments <= HC_MAX_SEGMENTS, "number of segments");
  block->result = -EIO;
  if (hosted_memory.discard_fails)
    return;
  void (*during_discard)(void) = hosted_memory.during_discard;
  hosted_memory.during_discard = NULL;
  if (during_discard != NULL)
    during_discard();
  for (uint32_t i = 0; i < block->segments; i++)
  {
    uint64_t len_bytes = block->segment[i].len_bytes;
    uint64_t gpa = block->segment[i].gpa;
    require(len_bytes > 0 && len_bytes % PAGE_BYTES == 0 && gpa % PAGE_BYTES == 0, "whole pages");
    char *host = address_of_gpa(gpa);
    require((char *) address_of_gpa(gpa + len_bytes - 1) == host + len_bytes - 1, "contiguous");
    require(madvise(host, len_bytes, MADV_DONTNEED) == 0, "madvise");
    __atomic_fetch_add(&hosted_memory.discarded_bytes, len_bytes, __ATOMIC_SEQ_CST);
    if ((gpa | len_bytes) % LARGE_FRAME_BYTES != 0)
      hosted_memory.discarded_part = true;
    if (len_bytes < hosted_memory.discarded_min_bytes)
      hosted_memory.discarded_min_bytes = len_bytes;
  }
  __atomic_fetch_add(&hosted_memory.discards, 1, __ATOMIC_SEQ_CST);
  block->result = 0;
}

void hypercall(enum hc_port port, void *block)
{
  require(!cpu_is_masked(), "a hypercall of the memory managers with a lock held");
  require((uintptr_t) block % HC_BLOCK_ALIGN == 0, "the block's alignment");
  if (port == HC_memory)
    serve_memory(block);
  else if (port == HC_discard)
    serve_discard(block);
  else
    require(false, "an unknown hypercall");
}

uint64_t hosted_memory_resident_bytes(void)
{
  size_t pages = hosted_memory.len_bytes / PAGE_BYTES;
  unsigned char *resident = malloc(pages);
  uint64_t bytes = 0;
  require(resident != NULL && mincore(hosted_memory.host, hosted_memory.len_bytes, resident) == 0,
          "mincore");
  for (size_t i = 0; i < pages; i++)
    bytes += (resident[i] & 1) * PAGE_BYTES;
  free(resident);
  return bytes;
}

void hosted_fill(uint64_t gpa, uint64_t len_bytes, uint64_t number)
{
  uint64_t *words = address_of_gpa(gpa);
  for (uint64_t i = 0; i < len_bytes / sizeof(*words); i++)
    words[i] = number;
}

bool hosted_is_filled(uint64_t gpa, uint64_t len_bytes, uint64_t number)
{
  const uint64_t *words = address_of_gpa(gpa);
  for (uint64_t i = 0; i < len_bytes / sizeof(*words); i++)
    if (words[i] != number)
      return false;
  return true;
}
