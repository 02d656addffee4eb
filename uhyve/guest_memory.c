/* Guest-physical memory: reservation, translation, and the check of addresses a guest names. */
#include "guest_memory.h"

#include <errno.h>
#include <sys/mman.h>

#include "hypercalls/start_info.h"

int guest_memory_reserve(struct guest_memory *memory, uint64_t size_bytes)
{
  *memory = (struct guest_memory){0};
  /* Aligned to 2 MiB, so that huge pages of host and guest coincide. */
  size_t mapping_bytes = (size_t) (size_bytes + GUEST_LARGE_BYTES);
  if (size_bytes > SIZE_MAX - GUEST_LARGE_BYTES)
    return -ENOMEM;
  uint8_t *mapping = mmap(NULL, mapping_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED)
    return -errno;
  memory->mapping = mapping;
  memory->mapping_bytes = mapping_bytes;
  uint8_t *ram = mapping + (-(uintptr_t) mapping & (GUEST_LARGE_BYTES - 1));

  uint64_t low_bytes = size_bytes < UHYVE_GPA_HOLE_BEGIN ? size_bytes : UHYVE_GPA_HOLE_BEGIN;
  memory->slots[0] = (struct guest_slot){.gpa = 0, .len_bytes = low_bytes, .hva = ram};
  if (size_bytes > low_bytes)
    memory->slots[1] = (struct guest_slot){
        .gpa = UHYVE_GPA_HOLE_END, .len_bytes = size_bytes - low_bytes, .hva = ram + low_bytes};
  return 0;
}

uint64_t guest_memory_size(const struct guest_memory *memory)
{
  return memory->slots[0].len_bytes + memory->slots[1].len_bytes;
}

uint64_t guest_memory_gpa(const struct guest_memory *memory, uint64_t ram_offset)
{
  const struct guest_slot *low = &memory->slots[0];
  return ram_offset < low->len_bytes ? ram_offset
                                     : ram_offset - low->len_bytes + UHYVE_GPA_HOLE_END;
}

uint64_t guest_memory_piece(const struct guest_memory *memory, uint64_t ram_offset,
                            uint64_t ram_end)
{
  uint64_t low_bytes = memory->slots[0].len_bytes;
  uint64_t end = ram_offset < low_bytes && ram_end > low_bytes ? low_bytes : ram_end;
  return end - ram_offset;
}

void guest_memory_release(struct guest_memory *memory)
{
  if (memory->mapping != NULL)
    munmap(memory->mapping, memory->mapping_bytes);
  *memory = (struct guest_memory){0};
}

void *guest_memory_hva(const struct guest_memory *memory, uint64_t gpa, uint64_t len_bytes)
{
  for (unsigned int i = 0; i < GUEST_SLOTS; i++)
  {
    const struct guest_slot *slot = &memory->slots[i];
    if (gpa >= slot->gpa && len_bytes <= slot->len_bytes &&
        gpa - slot->gpa <= slot->len_bytes - len_bytes)
      return slot->hva + (gpa - slot->gpa);
  }
  return NULL;
}

int guest_memory_protect(struct guest_memory *memory, uint64_t gpa, uint64_t len_bytes,
                         enum guest_access allowed)
{
  if (memory->protected_count == GUEST_PROTECTED_RANGES)
    return -ENOSPC;
  memory->protected_ranges[memory->protected_count++] =
      (struct guest_protected_range){.gpa = gpa, .len_bytes = len_bytes, .allowed = allowed};
  return 0;
}

void *guest_memory_access(const struct guest_memory *memory, uint64_t gpa, uint64_t len_bytes,
                          enum guest_access access)
{
  uint8_t *hva = guest_memory_hva(memory, gpa, len_bytes);
  if (hva == NULL || len_bytes == 0)
    return hva;
  /* The host's addresses have no hole. */
  uint64_t ram_end = (uint64_t) (hva - memory->slots[0].hva) + len_bytes;
  if (ram_end > memory->mapped_bytes)
    return NULL;
  for (unsigned int i = 0; i < memory->protected_count; i++)
  {
    const struct guest_protected_range *range = &memory->protected_ranges[i];
    /* Inside a slot nothing wraps: the sums are below 2^64. */
    bool overlaps = gpa < range->gpa + range->len_bytes && range->gpa < gpa + len_bytes;
    if (overlaps && (access & ~range->allowed) != 0)
      return NULL;
  }
  return hva;
}
