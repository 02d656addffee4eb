/* Files mapped to memory: copies of what they have, and a record of them. */
#include "fs/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/file.h"
#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "mm/virtual.h"
#include "sched/mutex.h"

struct record
{
  struct record *next;
  uint64_t begin;
  uint64_t end;
  off_t offset;      /* of the file, at begin */
  struct file *file; /* of a shared one, with a reference; null: private */
};

/* Guards the list, and what shared maps hold. */
static struct mutex mutex;
static struct record *records;

static bool is_any(void)
{
  return __atomic_load_n(&records, __ATOMIC_ACQUIRE) != NULL;
}

/* ---- Mapping ---- */

static int check(const struct file *file, const struct file_map_request *request)
{
  uint64_t end = (uint64_t) request->offset + request->len_bytes;
  bool writes = (request->rights & PAGING_WRITE) != 0;
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  if (request->offset < 0 || end < request->len_bytes || end > INT64_MAX)
    return -EOVERFLOW;
  if (!file_may_read(file) || (request->is_shared && writes && !file_may_write(file)))
    return -EACCES;
  if ((!file->is_seekable && file->operations->fill == NULL) || (request->is_shared && writes))
    return -ENODEV;
  return writes && (request->rights & PAGING_EXECUTE) != 0 ? -EACCES : 0;
}

static long read_some(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  return file->operations->fill != NULL ? file->operations->fill(file, buffer, len_bytes, offset)
                                        : file->operations->read(file, buffer, len_bytes, offset);
}

/* Copies what the file has; memory behind its end is not touched. */
static int fill(struct file *file, const struct file_map_request *request, uint64_t gva)
{
  struct stat status;
  size_t len_bytes = request->len_bytes;
  int error = file_stat(file, &status);
  if (error != 0)
    return error;
  if (S_ISREG(status.st_mode) && file->content != NULL)
  {
    off_t left = status.st_size > request->offset ? status.st_size - request->offset : 0;
    if ((uint64_t) left < len_bytes)
      len_bytes = (size_t) left;
  }
  for (size_t done = 0; done < len_bytes;)
  {
    char *to = (char *) gva + done; /* NOLINT(performance-no-int-to-ptr) */
    long moved = read_some(file, to, len_bytes - done, request->offset + (off_t) done);
    if (moved <= 0)
      return (int) moved;
    done += (size_t) moved;
  }
  return 0;
}

/* What is copied in must be written first. */
static int map_memory(struct file *file, const struct file_map_request *request, uint64_t *gva)
{
  unsigned int writable = PAGING_READ | PAGING_WRITE;
  *gva = request->gva;
  int error = virtual_map(gva, request->len_bytes, PAGE_BYTES, writable, request->flags);
  if (error != 0)
    return error;
  error = fill(file, request, *gva);
  if (error == 0 && request->rights != writable)
    error = virtual_protect(*gva, request->len_bytes, request->rights);
  if (error != 0)
    virtual_unmap(*gva, request->len_bytes);
  return error;
}

long file_map(struct file *file, const struct file_map_request *request)
{
  uint64_t gva;
  int error = check(file, request);
  if (error != 0)
    return error;
  struct record *record = kernel_allocate_zeroed(sizeof(*record));
  if (record == NULL)
    return -ENOMEM;
  if ((request->flags & VIRTUAL_FIXED) != 0)
    file_map_forget(request->gva, request->gva + request->len_bytes);
  mutex_lock(&mutex);
  error = map_memory(file, request, &gva);
  if (error == 0)
  {
    record->begin = gva;
    record->end = gva + request->len_bytes;
    record->offset = request->offset;
    record->file = request->is_shared ? file : NULL;
    if (record->file != NULL)
      file_get(file);
    record->next = records;
    __atomic_store_n(&records, record, __ATOMIC_RELEASE);
  }
  mutex_unlock(&mutex);
  if (error == 0)
    return (long) gva;
  kernel_free(record, sizeof(*record));
  return error;
}

/* ---- The record ---- */

bool file_map_is_in(uint64_t begin, uint64_t end, bool shared)
{
  if (!is_any())
    return false;
  mutex_lock(&mutex);
  const struct record *record = records;
  while (record != NULL &&
         (record->begin >= end || record->end <= begin || (shared && record->file == NULL)))
    record = record->next;
  mutex_unlock(&mutex);
  return record != NULL;
}

/* A record for what is behind the address; without memory there is none, and that part of a shared
 * map does not follow any more. */
static void split(struct record *record, uint64_t gva)
{
  struct record *behind = kernel_allocate(sizeof(*behind));
  if (behind != NULL)
  {
    *behind = *record;
    behind->begin = gva;
    behind->offset += (off_t) (gva - record->begin);
    if (behind->file != NULL)
      file_get(behind->file);
    record->next = behind;
  }
  record->end = gva;
}

static void cut(struct record *record, uint64_t begin, uint64_t end)
{
  if (record->begin < begin && record->end > end)
    split(record, end);
  if (record->begin < begin)
    record->end = begin;
  else
  {
    record->offset += (off_t) (end - record->begin);
    record->begin = end;
  }
}

/* Takes those that are empty now out of the list. */
static struct record *take_empty(void)
{
  struct record *empty = NULL;
  struct record **link = &records;
  while (*link != NULL)
  {
    struct record *record = *link;
    if (record->begin < record->end)
    {
      link = &record->next;
      continue;
    }
    __atomic_store_n(link, record->next, __ATOMIC_RELEASE);
    record->next = empty;
    empty = record;
  }
  return empty;
}

void file_map_forget(uint64_t begin, uint64_t end)
{
  if (!is_any())
    return;
  mutex_lock(&mutex);
  for (struct record *record = records; record != NULL; record = record->next)
  {
    if (record->begin >= end || record->end <= begin)
      continue;
    if (record->begin >= begin && record->end <= end)
      record->end = record->begin;
    else
      cut(record, begin, end);
  }
  struct record *empty = take_empty();
  mutex_unlock(&mutex);
  while (empty != NULL)
  {
    struct record *next = empty->next;
    if (empty->file != NULL)
      file_put(empty->file);
    kernel_free(empty, sizeof(*empty));
    empty = next;
  }
}

/* ---- Shared maps follow ---- */

/* Sets bytes of a map that can only be read, through the window; null: zeros. Code is left alone,
 * for the window does not offer to write it. */
static void set_bytes(uint64_t gva, const char *from, size_t len_bytes)
{
  size_t piece;
  for (size_t done = 0; done < len_bytes; done += piece)
  {
    uint64_t at = gva + done;
    struct paging_page page = paging_translate(at);
    if (!page.mapped && virtual_fault(at, PAGING_READ) == FAULT_MAPPED)
      page = paging_translate(at);
    piece = PAGE_BYTES - (at & (PAGE_BYTES - 1));
    if (piece > len_bytes - done)
      piece = len_bytes - done;
    if (!page.mapped || (page.rights & PAGING_EXECUTE) != 0)
      continue;
    char *to = address_of_gpa(page.gpa + (at & (page.page_bytes - 1)));
    if (from != NULL)
      memcpy(to, from + done, piece);
    else
      memset(to, 0, piece);
  }
}

/* Sets what maps have of the file's [offset, end). */
static void follow(const void *content, const char *from, off_t offset, off_t end)
{
  mutex_lock(&mutex);
  for (const struct record *record = records; record != NULL; record = record->next)
  {
    off_t record_end = record->offset + (off_t) (record->end - record->begin);
    if (record->file == NULL || record->file->content != content || content == NULL)
      continue;
    off_t first = offset > record->offset ? offset : record->offset;
    off_t last = end < record_end ? end : record_end;
    if (first < last)
      set_bytes(record->begin + (uint64_t) (first - record->offset),
                from != NULL ? from + (first - offset) : NULL, (size_t) (last - first));
  }
  mutex_unlock(&mutex);
}

void file_map_written(const void *content, const void *buffer, size_t len_bytes, off_t offset)
{
  if (is_any())
    follow(content, buffer, offset, offset + (off_t) len_bytes);
}

void file_map_truncated(const void *content, off_t len_bytes)
{
  if (is_any())
    follow(content, NULL, len_bytes, INT64_MAX);
}
