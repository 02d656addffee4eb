/* Attaches memory as a guest asks for it, and tells the host how to treat it. */
#include "vm_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "memory_watch.h"

static void advise_huge_pages(const struct vm *vm, uint64_t ram_from, uint64_t ram_to)
{
  while (ram_from < ram_to)
  {
    uint64_t piece_bytes = guest_memory_piece(&vm->memory, ram_from, ram_to);
    uint64_t gpa = guest_memory_gpa(&vm->memory, ram_from);
    madvise(guest_memory_hva(&vm->memory, gpa, piece_bytes), piece_bytes, MADV_HUGEPAGE);
    ram_from += piece_bytes;
  }
}

static int advise_merging(const struct vm *vm)
{
  const struct guest_memory *memory = &vm->memory;
  return madvise(memory->mapping, memory->mapping_bytes, MADV_MERGEABLE) == 0 ? 0 : -errno;
}

/* A guest that can touch more than this without asking for more is worth a watch from the start. */
#define WATCH_BYTES (32ull << 20)

static void start_watch(struct vm *vm)
{
  /* The watching process needs none of the guest's memory. */
  madvise(vm->memory.mapping, vm->memory.mapping_bytes, MADV_DONTFORK);
  memory_watch_start();
}

/* Huge pages by policy: with --thp for all memory; by default for all free memory but its first
 * 2 MiB, where small frames are taken first, so that a program without a heap stays small. */
static void advise_first_memory(const struct vm *vm)
{
  uint64_t from = vm->options->thp ? 0 : vm->layout.memory_gpa + GUEST_LARGE_BYTES;
  if (from < vm->memory.attached_bytes)
    advise_huge_pages(vm, from, vm->memory.attached_bytes);
}

int vm_memory_prepare(struct vm *vm)
{
  memory_watch_prepare(guest_memory_size(&vm->memory));
  advise_first_memory(vm);
  int error = vm->options->ksm ? advise_merging(vm) : 0;
  if (error == 0 && vm->memory.attached_bytes > WATCH_BYTES)
    start_watch(vm);
  return error;
}

#define OWN_BYTES     (1ull << 30)
#define OWN_THREADS   4 /* the first, clock, streams, time */
#define MOST_OF_STACK (64ull << 20)

/* A thread's stack is as large as the limit of stacks. The guest's memory counts as data, as does
 * what is mapped there in its place. */
void vm_memory_limit_own(const struct vm *vm)
{
  struct rlimit stack, data;
#ifdef __SANITIZE_ADDRESS__
  return; /* its shadow counts as data, too */
#endif
  if (getrlimit(RLIMIT_STACK, &stack) != 0 || getrlimit(RLIMIT_DATA, &data) != 0)
    return;
  uint64_t stack_bytes = stack.rlim_cur < MOST_OF_STACK ? stack.rlim_cur : MOST_OF_STACK;
  uint64_t bytes =
      vm->memory.mapping_bytes + (vm->vcpu_count + OWN_THREADS) * stack_bytes + OWN_BYTES;
  if (bytes >= data.rlim_cur)
    return;
  data.rlim_cur = bytes;
  setrlimit(RLIMIT_DATA, &data);
}

static int attach_up_to(struct vm *vm, uint64_t ram_bytes)
{
  struct guest_memory *memory = &vm->memory;
  uint64_t from = memory->mapped_bytes;
  start_watch(vm);
  /* Doubling keeps the number of slots small. */
  uint64_t to = 2 * from > ram_bytes ? 2 * from : ram_bytes;
  to = (to + GUEST_LARGE_BYTES - 1) & ~(GUEST_LARGE_BYTES - 1);
  if (to > guest_memory_size(memory))
    to = guest_memory_size(memory);
  advise_huge_pages(vm, from, to);
  int error = kvm_attach_memory(&vm->kvm, memory, to);
  if (error == 0)
    error = guest_layout_map_window(&vm->layout, memory, from, to);
  if (error == 0)
    memory->mapped_bytes = to;
  return error;
}

int64_t vm_memory_attach(struct vm *vm, uint64_t memory_bytes)
{
  const uint64_t taken_bytes = vm->layout.memory_gpa; /* the hole lies behind it */
  if (memory_bytes > vm->layout.memory_bytes)
    return -ENOMEM;
  pthread_mutex_lock(&vm->memory_lock);
  int error = 0;
  if (taken_bytes + memory_bytes > vm->memory.mapped_bytes)
    error = attach_up_to(vm, taken_bytes + memory_bytes);
  int64_t result = error != 0 ? error : (int64_t) (vm->memory.mapped_bytes - taken_bytes);
  pthread_mutex_unlock(&vm->memory_lock);
  return result;
}
