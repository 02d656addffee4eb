/* Puts a guest image into guest memory. */
#include "image_loader.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Copying this much costs less than a mapping and its copy-on-write faults. */
#define COPY_MAX_BYTES 65536

struct loader
{
  const struct elf_image *image;
  const struct guest_layout *layout;
  const struct guest_memory *memory;
};

static void *vaddr_hva(const struct loader *loader, uint64_t vaddr, uint64_t len_bytes)
{
  return guest_memory_hva(loader->memory,
                          vaddr - loader->image->low_vaddr + loader->layout->image_gpa, len_bytes);
}

/* Maps whole pages of the file in place of guest memory. Private: a guest that writes there gets a
 * page of its own, whatever its page tables say; the file and other guests never see it. */
static int map_pages(const struct loader *loader, uint64_t vaddr, uint64_t offset,
                     uint64_t len_bytes)
{
  void *hva = vaddr_hva(loader, vaddr, len_bytes);
  if (hva == NULL)
    return -ENOMEM;
  if (mmap(hva, len_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, loader->image->fd,
           (off_t) offset) == MAP_FAILED)
    return -errno;
  /* Saves faults; a kernel before 5.14 cannot, and needs not. */
  madvise(hva, len_bytes, MADV_POPULATE_READ);
  return 0;
}

static int copy_bytes(const struct loader *loader, uint64_t vaddr, uint64_t offset,
                      uint64_t len_bytes)
{
  void *hva = vaddr_hva(loader, vaddr, len_bytes);
  if (hva == NULL)
    return -ENOMEM;
  memcpy(hva, loader->image->file + offset, len_bytes);
  return 0;
}

static int load_writable(const struct loader *loader, const struct elf_segment *segment)
{
  if (segment->filesz <= COPY_MAX_BYTES)
    return copy_bytes(loader, segment->vaddr, segment->offset, segment->filesz);
  uint64_t head = -segment->vaddr & (GUEST_PAGE_BYTES - 1);
  uint64_t whole = (segment->filesz - head) & ~(GUEST_PAGE_BYTES - 1);
  uint64_t tail = segment->filesz - head - whole;
  int error = copy_bytes(loader, segment->vaddr, segment->offset, head);
  if (error == 0)
    error = map_pages(loader, segment->vaddr + head, segment->offset + head, whole);
  if (error == 0)
    error = copy_bytes(loader, segment->vaddr + head + whole, segment->offset + head + whole, tail);
  return error;
}

/* Read-only segments that follow each other in file and memory are mapped as one: from the first,
 * returns the index behind the last. */
static int load_read_only(const struct loader *loader, unsigned int first, unsigned int *behind)
{
  const struct elf_segment *segments = loader->image->segments;
  uint64_t begin = segments[first].vaddr & ~(GUEST_PAGE_BYTES - 1);
  uint64_t to_offset = segments[first].offset - segments[first].vaddr; /* wraps, as meant */
  uint64_t end = begin;
  unsigned int i = first;
  while (i < loader->image->segment_count && (segments[i].flags & PF_W) == 0 &&
         (i == first || ((segments[i].vaddr & ~(GUEST_PAGE_BYTES - 1)) == end &&
                         segments[i].offset - segments[i].vaddr == to_offset)))
  {
    end = (segments[i].vaddr + segments[i].filesz + GUEST_PAGE_BYTES - 1) & ~(GUEST_PAGE_BYTES - 1);
    i++;
  }
  *behind = i;
  return end > begin ? map_pages(loader, begin, begin + to_offset, end - begin) : 0;
}

static int relocate(void *context, uint64_t vaddr, int64_t addend)
{
  const struct loader *loader = context;
  uint8_t *hva = vaddr_hva(loader, vaddr, sizeof(uint64_t));
  if (hva == NULL)
    return -ENOMEM;
  uint64_t value = loader->layout->load_bias + (uint64_t) addend;
  memcpy(hva, &value, sizeof(value));
  return 0;
}

int image_load(const struct elf_image *image, const struct guest_layout *layout,
               const struct guest_memory *memory, char message[static 256])
{
  struct loader loader = {.image = image, .layout = layout, .memory = memory};
  unsigned int next;
  for (unsigned int i = 0; i < image->segment_count; i = next)
  {
    next = i + 1;
    int error = (image->segments[i].flags & PF_W) != 0 ? load_writable(&loader, &image->segments[i])
                                                       : load_read_only(&loader, i, &next);
    if (error != 0)
    {
      snprintf(message, 256, "%s: cannot map it into the guest: %s", image->path, strerror(-error));
      return error;
    }
  }
  if (!image->position_independent)
    return 0;
  message[0] = '\0';
  int error = elf_image_relocations(image, relocate, &loader, message);
  if (error != 0 && message[0] == '\0')
    snprintf(message, 256, "%s: cannot relocate it: %s", image->path, strerror(-error));
  return error;
}
