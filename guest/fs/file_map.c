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
  uint64_t valid_end; /* the file's last page ends here; what is behind raises SIGBUS */
  off_t offset;       /* of the file, at begin */
  unsigned int rights;
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

/* How much of the request the file has. */
static int find_length(struct file *file, const struct file_map_request *request, size_t *len_bytes)
{
  struct stat status;
  int error = file_stat(file, &status);
  *len_bytes = request->len_bytes;
  if (error != 0 || !S_ISREG(status.st_mode) || file->content == NULL)
    return error;
  off_t left = status.st_size > request->offset ? status.st_size - request->offset : 0;
  if ((uint64_t) left < *len_bytes)
    *len_bytes = (size_t) left;
  return 0;
}

static int copy_in(struct file *file, off_t offset, uint64_t gva, size_t len_bytes)
{
  for (size_t done = 0; done < len_bytes;)
  {
    char *to = (char *) gva + done; /* NOLINT(performance-no-int-to-ptr) */
    long moved = read_some(file, to, len_bytes - done, offset + (off_t) done);
    if (moved <= 0)
      return (int) moved;
    done += (size_t) moved;
  }
  return 0;
}

static uint64_t whole_pages(uint64_t bytes)
{
  return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* What is there raises SIGBUS from now on. */
static int hide(uint64_t begin, uint64_t end)
{
  return begin < end ? virtual_map(&begin, end - begin, PAGE_BYTES, PAGING_NONE,
                                   VIRTUAL_FIXED | VIRTUAL_NO_RESERVE | VIRTUAL_BEYOND)
                     : 0;
}

static int fill(struct file *file, const struct file_map_request *request, struct record *record)
{
  size_t len_bytes;
  int error = find_length(file, request, &len_bytes);
  if (error != 0)
    return error;
  record->valid_end = record->begin + whole_pages(len_bytes);
  error = copy_in(file, request->offset, record->begin, len_bytes);
  /* What is copied in had to be written first. */
  if (error == 0 && request->rights != (PAGING_READ | PAGING_WRITE) &&
      record->valid_end > record->begin)
    error = virtual_protect(record->begin, record->valid_end - record->begin, request->rights);
  return error != 0 ? error : hide(record->valid_end, record->end);
}

static int map_memory(struct file *file, const struct file_map_request *request,
                      struct record *record)
{
  record->begin = request->gva;
  int error =
      virtual_map(&record->begin, request->len_bytes, PAGE_BYTES, PAGING_READ | PAGING_WRITE,
                  request->flags & ~(unsigned) VIRTUAL_POPULATE);
  if (error != 0)
    return error;
  record->end = record->begin + request->len_bytes;
  record->offset = request->offset;
  record->rights = request->rights;
  error = fill(file, request, record);
  if (error != 0)
    virtual_unmap(record->begin, request->len_bytes);
  return error;
}

long file_map(struct file *file, const struct file_map_request *request)
{
  int error = check(file, request);
  if (error != 0)
    return error;
  struct record *record = kernel_allocate_zeroed(sizeof(*record));
  if (record == NULL)
    return -ENOMEM;
  if ((request->flags & VIRTUAL_FIXED) != 0)
    file_map_forget(request->gva, request->gva + request->len_bytes);
  mutex_lock(&mutex);
  error = map_memory(file, request, record);
  uint64_t gva = record->begin;
  if (error == 0)
  {
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

/* The file's last page ends there now, in the file. */
static void set_valid_end(struct record *record, off_t end)
{
  uint64_t valid_end = record->begin;
  if (end > record->offset)
    valid_end += whole_pages((uint64_t) (end - record->offset));
  if (valid_end > record->end)
    valid_end = record->end;
  uint64_t from = record->valid_end > record->begin ? record->valid_end : record->begin;
  int error = 0;
  if (valid_end > from)
    error = virtual_map(&from, valid_end - from, PAGE_BYTES, record->rights, VIRTUAL_FIXED);
  else if (valid_end < from)
    error = hide(valid_end, from < record->end ? from : record->end);
  if (error == 0)
    record->valid_end = valid_end;
}

static bool follows(const struct record *record, const void *content)
{
  return record->file != NULL && content != NULL && record->file->content == content;
}

/* Sets what a map has of the file's [offset, end). */
static void set_range(const struct record *record, const char *from, off_t offset, off_t end)
{
  uint64_t map_end = record->valid_end < record->end ? record->valid_end : record->end;
  off_t file_end = record->offset + (off_t) (map_end - record->begin);
  off_t first = offset > record->offset ? offset : record->offset;
  off_t last = end < file_end ? end : file_end;
  if (map_end > record->begin && first < last)
    set_bytes(record->begin + (uint64_t) (first - record->offset),
              from != NULL ? from + (first - offset) : NULL, (size_t) (last - first));
}

void file_map_written(const void *content, const void *buffer, size_t len_bytes, off_t offset)
{
  off_t end = offset + (off_t) len_bytes;
  if (!is_any())
    return;
  mutex_lock(&mutex);
  for (struct record *record = records; record != NULL; record = record->next)
  {
    if (!follows(record, content))
      continue;
    if (end > record->offset &&
        record->begin + (uint64_t) (end - record->offset) > record->valid_end)
      set_valid_end(record, end);
    set_range(record, buffer, offset, end);
  }
  mutex_unlock(&mutex);
}

void file_map_truncated(const void *content, off_t len_bytes)
{
  if (!is_any())
    return;
  mutex_lock(&mutex);
  for (struct record *record = records; record != NULL; record = record->next)
  {
    if (!follows(record, content))
      continue;
    set_valid_end(record, len_bytes);
    set_range(record, NULL, len_bytes, INT64_MAX);
  }
  mutex_unlock(&mutex);
}
