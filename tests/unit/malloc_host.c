/* Memory of the host in place of the virtual manager and the kernel heap. */
#include "malloc_host.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "arch/x86_64/cpu.h"
#include "crash.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "sched/lifetime.h"

_Atomic uint64_t mapped_bytes;
uint64_t limit_bytes = NO_LIMIT;
bool unmapping_fails;
bool kernel_heap_ends;

static void must_not_be_masked(void)
{
  if (cpu_is_masked())
  {
    fprintf(stderr, "the virtual manager was called while interrupts were masked\n");
    abort();
  }
}

static int rights_of(unsigned int rights)
{
  return rights == PAGING_NONE ? PROT_NONE : PROT_READ | PROT_WRITE;
}

static uint64_t map_aligned(uint64_t len_bytes, uint64_t align_bytes, unsigned int rights)
{
  uint64_t taken_bytes = len_bytes + align_bytes;
  char *begin = mmap(NULL, taken_bytes, rights_of(rights),
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (begin == MAP_FAILED)
    return 0;
  uint64_t front_bytes = -(uint64_t) begin & (align_bytes - 1);
  if (front_bytes != 0)
    munmap(begin, front_bytes);
  munmap(begin + front_bytes + len_bytes, align_bytes - front_bytes);
  madvise(begin + front_bytes, len_bytes, MADV_NOHUGEPAGE);
  return (uint64_t) begin + front_bytes;
}

int virtual_map(uint64_t *gva, uint64_t len_bytes, uint64_t align_bytes, unsigned int rights,
                unsigned int flags)
{
  must_not_be_masked();
  /* Without rights it takes no memory, but is counted, until virtual_protect() gives it rights. */
  if (rights != PAGING_NONE)
    assert_int_equal(rights, PAGING_READ | PAGING_WRITE);
  uint64_t sum_bytes = atomic_fetch_add(&mapped_bytes, len_bytes) + len_bytes;
  if ((rights != PAGING_NONE && sum_bytes > limit_bytes) || len_bytes > UINT64_C(1) << 45)
  {
    atomic_fetch_sub(&mapped_bytes, len_bytes);
    return -ENOMEM;
  }
  if (flags == VIRTUAL_FIXED_VACANT)
  {
    void *there = mmap((void *) *gva, len_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (there == (void *) *gva)
      return 0;
    atomic_fetch_sub(&mapped_bytes, len_bytes);
    return -EEXIST;
  }
  *gva = map_aligned(len_bytes, align_bytes, rights);
  assert_int_not_equal(*gva, 0);
  return 0;
}

int virtual_protect(uint64_t gva, uint64_t len_bytes, unsigned int rights)
{
  must_not_be_masked();
  assert_int_equal(rights, PAGING_READ | PAGING_WRITE);
  return mapped_bytes > limit_bytes ? -ENOMEM
                                    : mprotect((void *) gva, len_bytes, rights_of(rights));
}

int virtual_unmap(uint64_t gva, uint64_t len_bytes)
{
  must_not_be_masked();
  if (unmapping_fails)
    return -ENOMEM;
  atomic_fetch_sub(&mapped_bytes, len_bytes);
  return munmap((void *) gva, len_bytes);
}

/* There are no tasks. */
bool tasks_free_kept(void)
{
  must_not_be_masked();
  return false;
}

struct physical_usage physical_usage(void)
{
  return (struct physical_usage){.total_bytes = 64ul << 20};
}

void *kernel_allocate_zeroed(size_t len_bytes)
{
  must_not_be_masked();
  if (kernel_heap_ends)
    return NULL;
  void *object = mmap(NULL, len_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return object == MAP_FAILED ? NULL : object;
}

void kernel_free(void *object, size_t len_bytes)
{
  if (object != NULL)
    munmap(object, len_bytes);
}

jmp_buf after_crash;
bool crash_expected;
const char *crash_message;

void crash_by_signal(int signal, const char *message)
{
  assert_int_equal(signal, SIGABRT);
  crash_message = message;
  hosted_cpu.area.masked = 0;
  if (!crash_expected)
    panic(message);
  longjmp(after_crash, 1);
}

void panic(const char *message)
{
  fprintf(stderr, "panic: %s\n", message);
  abort();
}

void fill(const struct block *block)
{
  for (size_t i = 0; i < block->len_bytes; i += i < 256 ? 1 : 61)
    block->bytes[i] = (unsigned char) (block->seed + i);
  if (block->len_bytes != 0)
    block->bytes[block->len_bytes - 1] = block->seed;
}

bool is_kept(const struct block *block, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i += i < 256 ? 1 : 61)
    if (i != block->len_bytes - 1 && block->bytes[i] != (unsigned char) (block->seed + i))
      return false;
  return len_bytes != block->len_bytes || len_bytes == 0 ||
         block->bytes[len_bytes - 1] == block->seed;
}

bool all_zero(const unsigned char *bytes, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i++)
    if (bytes[i] != 0)
      return false;
  return true;
}
