/* The break and memory mappings. Errors are those of Linux. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "fs/descriptors.h"
#include "fs/file_map.h"
#include "mm/address.h"
#include "mm/heap.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "posix/held.h"
#include "posix/sys.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

_Static_assert(PROT_READ == PAGING_READ && PROT_WRITE == PAGING_WRITE, "the same bits");
_Static_assert(PROT_EXEC == PAGING_EXECUTE, "the same bits");

void *sys_sbrk(ptrdiff_t bytes)
{
  return heap_move_break(bytes);
}

/* In whole pages; 0 where that is none, or too much to count. */
static size_t whole_pages(size_t len_bytes)
{
  return (len_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static bool is_page(const void *begin)
{
  return ((uint64_t) begin & (PAGE_BYTES - 1)) == 0;
}

/* mlockall() wants all that is mapped from now on to be there. */
static bool populate_future;

static unsigned int mapping_flags(int flags)
{
  unsigned int result = 0;
  if ((flags & MAP_FIXED_NOREPLACE) != 0)
    result |= VIRTUAL_FIXED_VACANT;
  else if ((flags & MAP_FIXED) != 0)
    result |= VIRTUAL_FIXED;
  if ((flags & MAP_NORESERVE) != 0)
    result |= VIRTUAL_NO_RESERVE;
  if ((flags & (MAP_POPULATE | MAP_LOCKED)) != 0 || populate_future)
    result |= VIRTUAL_POPULATE;
  return result;
}

static long map_file(int fd, const struct file_map_request *request)
{
  long result = 0;
  HELD_FILE(result, fd, file_map != NULL ? file_map(file, request) : -ENODEV);
  return result;
}

static bool has_file(uint64_t gva, size_t len_bytes, bool shared)
{
  return file_map_is_in != NULL && file_map_is_in(gva, gva + len_bytes, shared);
}

/* A part of a file's map goes. */
static void forget(uint64_t begin, size_t len_bytes)
{
  struct signal_hold hold;
  if (file_map_forget == NULL)
    return;
  signal_hold_begin(&hold);
  file_map_forget(begin, begin + len_bytes);
  signal_hold_leave(&hold);
}

/* There is one process: what is shared and what is private are the same, but for files. */
long sys_mmap(void *wish, size_t len_bytes, int rights, int flags, int fd, off_t offset)
{
  int type = flags & MAP_TYPE;
  bool is_file = (flags & MAP_ANONYMOUS) == 0;
  if ((offset & (off_t) (PAGE_BYTES - 1)) != 0)
    return -EINVAL;
  if (is_file && descriptor_flags(fd) < 0)
    return -EBADF;
  if (len_bytes == 0 || (type != MAP_SHARED && type != MAP_PRIVATE) ||
      ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0 && !is_page(wish)))
    return -EINVAL;
  if (whole_pages(len_bytes) == 0 || (flags & MAP_32BIT) != 0)
    return -ENOMEM;
  struct file_map_request request = {
      .gva = (uint64_t) wish,
      .len_bytes = whole_pages(len_bytes),
      .rights = (unsigned int) rights & PROT_ALL,
      .flags = mapping_flags(flags),
      .is_shared = type == MAP_SHARED,
      .offset = offset,
  };
  if (is_file)
    return map_file(fd, &request);
  if ((request.flags & VIRTUAL_FIXED) != 0)
    forget(request.gva, request.len_bytes);
  int error =
      virtual_map(&request.gva, request.len_bytes, PAGE_BYTES, request.rights, request.flags);
  return error != 0 ? error : (long) request.gva;
}

int sys_munmap(void *begin, size_t len_bytes)
{
  if (!is_page(begin) || whole_pages(len_bytes) == 0)
    return -EINVAL;
  forget((uint64_t) begin, whole_pages(len_bytes));
  return virtual_unmap((uint64_t) begin, whole_pages(len_bytes));
}

int sys_mprotect(void *begin, size_t len_bytes, int rights)
{
  if (!is_page(begin) || (rights & ~PROT_ALL) != 0)
    return -EINVAL;
  if (len_bytes == 0)
    return 0;
  if (whole_pages(len_bytes) == 0)
    return -ENOMEM;
  if ((rights & PROT_WRITE) != 0 && has_file((uint64_t) begin, whole_pages(len_bytes), true))
    return -EACCES;
  return virtual_protect((uint64_t) begin, whole_pages(len_bytes), (unsigned int) rights);
}

int sys_madvise(void *begin, size_t len_bytes, int advice)
{
  uint64_t gva = (uint64_t) begin;
  size_t pages_bytes = whole_pages(len_bytes);
  if (!is_page(begin) || (len_bytes != 0 && pages_bytes == 0) || gva + pages_bytes < gva)
    return -EINVAL;
  switch (advice)
  {
  case MADV_DONTNEED:
  case MADV_FREE:
    /* What a map of a file has would not come again. */
    if (has_file(gva, pages_bytes, false))
      return virtual_is_mapped(gva, pages_bytes) ? 0 : -ENOMEM;
    return pages_bytes == 0 ? 0 : virtual_discard(gva, pages_bytes);
  case MADV_WILLNEED:
    if (!virtual_is_mapped(gva, pages_bytes))
      return -ENOMEM;
    virtual_populate(gva, pages_bytes);
    return 0;
  case MADV_NORMAL:
  case MADV_RANDOM:
  case MADV_SEQUENTIAL:
  case MADV_HUGEPAGE:
  case MADV_NOHUGEPAGE:
    return virtual_is_mapped(gva, pages_bytes) ? 0 : -ENOMEM;
  default:
    return -EINVAL;
  }
}

/* Ranges of bytes are locked by the pages they are in. */
static int check_lock_range(const void *begin, size_t len_bytes)
{
  uint64_t gva = (uint64_t) begin & ~(PAGE_BYTES - 1);
  uint64_t end = (uint64_t) begin + len_bytes;
  if (end < (uint64_t) begin || whole_pages(end) < end)
    return -EINVAL;
  return virtual_is_mapped(gva, whole_pages(end) - gva) ? 0 : -ENOMEM;
}

int sys_mlock(const void *begin, size_t len_bytes)
{
  int error = check_lock_range(begin, len_bytes);
  if (error != 0)
    return error;
  uint64_t gva = (uint64_t) begin & ~(PAGE_BYTES - 1);
  virtual_populate(gva, whole_pages((uint64_t) begin + len_bytes) - gva);
  return 0;
}

int sys_munlock(const void *begin, size_t len_bytes)
{
  return check_lock_range(begin, len_bytes);
}

int sys_mlockall(int flags)
{
  if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE)) != 0)
    return -EINVAL;
  if ((flags & MCL_CURRENT) != 0)
    virtual_populate(0, UINT64_MAX);
  populate_future = (flags & MCL_FUTURE) != 0;
  return 0;
}

int sys_munlockall(void)
{
  populate_future = false;
  return 0;
}

int sys_msync(void *begin, size_t len_bytes, int flags)
{
  if (!is_page(begin) || (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 ||
      (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
    return -EINVAL;
  size_t pages_bytes = whole_pages(len_bytes);
  if (pages_bytes < len_bytes || !virtual_is_mapped((uint64_t) begin, pages_bytes))
    return -ENOMEM;
  return 0;
}

int sys_mincore(void *begin, size_t len_bytes, unsigned char *resident)
{
  uint64_t gva = (uint64_t) begin;
  size_t pages_bytes = whole_pages(len_bytes);
  if (!is_page(begin))
    return -EINVAL;
  if (pages_bytes < len_bytes || !virtual_is_mapped(gva, pages_bytes))
    return -ENOMEM;
  for (size_t at = 0; at < pages_bytes; at += PAGE_BYTES)
    resident[at / PAGE_BYTES] = paging_translate(gva + at).mapped;
  return 0;
}

/* Grows what cannot grow in place: a new mapping, the contents copied. */
static long move_mapping(void *begin, size_t old_bytes, size_t new_bytes)
{
  uint64_t gva = 0;
  int error = virtual_map(&gva, new_bytes, PAGE_BYTES, PAGING_READ | PAGING_WRITE, 0);
  if (error != 0)
    return error;
  memcpy((void *) gva, begin, old_bytes); /* NOLINT(performance-no-int-to-ptr) */
  forget((uint64_t) begin, old_bytes);
  error = virtual_unmap((uint64_t) begin, old_bytes);
  if (error == 0)
    return (long) gva;
  virtual_unmap(gva, new_bytes);
  return error;
}

/* For memory that may be written, as realloc() has it. */
long sys_mremap(void *begin, size_t old_bytes, size_t new_bytes, int flags)
{
  uint64_t gva = (uint64_t) begin;
  old_bytes = whole_pages(old_bytes);
  new_bytes = whole_pages(new_bytes);
  if (!is_page(begin) || new_bytes == 0 || old_bytes == 0 || (flags & ~MREMAP_MAYMOVE) != 0)
    return -EINVAL;
  if (!virtual_is_mapped(gva, old_bytes))
    return -EFAULT;
  if (new_bytes < old_bytes)
  {
    forget(gva + new_bytes, old_bytes - new_bytes);
    int error = virtual_unmap(gva + new_bytes, old_bytes - new_bytes);
    return error != 0 ? error : (long) gva;
  }
  if (new_bytes == old_bytes)
    return (long) gva;
  if (virtual_rights(gva, old_bytes) != (PAGING_READ | PAGING_WRITE))
    return -ENOSYS;
  uint64_t behind_gva = gva + old_bytes;
  if (virtual_map(&behind_gva, new_bytes - old_bytes, PAGE_BYTES, PAGING_READ | PAGING_WRITE,
                  VIRTUAL_FIXED_VACANT) == 0)
    return (long) gva;
  return (flags & MREMAP_MAYMOVE) != 0 ? move_mapping(begin, old_bytes, new_bytes) : -ENOMEM;
}

void sys_memory_pages(long *all, long *available)
{
  struct physical_usage usage = physical_usage();
  *all = (long) (usage.total_bytes / PAGE_BYTES);
  *available = (long) ((usage.total_bytes - usage.committed_bytes) / PAGE_BYTES);
}
