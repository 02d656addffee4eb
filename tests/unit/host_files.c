/* The host's side of files, for tests of the guest's. */
#include "host_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/host_call.h"
#include "fs/host_node.h"
#include "fs/program_memory.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "start_info.h"

struct hosted_file hosted_files[HOST_FILES];
size_t hosted_room_bytes;
unsigned int hosted_reads;
unsigned int hosted_writes;

static struct uhyve_start_info info = {.tsc_khz = UINT64_C(2000000000000)}; /* no time passes */
struct uhyve_start_info *start_info = &info;

void hosted_files_start(void)
{
  for (unsigned int i = 0; i < HOST_FILES; i++)
  {
    pthread_mutex_init(&hosted_files[i].mutex, NULL);
    memset(hosted_files[i].bytes, 0, HOST_FILE_BYTES);
    hosted_files[i].len_bytes = 0;
  }
  hosted_room_bytes = HOST_FILE_BYTES;
  hosted_reads = 0;
  hosted_writes = 0;
}

long host_call_read(int32_t handle, void *buffer, size_t len_bytes, off_t offset)
{
  struct hosted_file *file = &hosted_files[handle - HANDLE_BASE];
  size_t at = (size_t) offset;
  __atomic_add_fetch(&hosted_reads, 1, __ATOMIC_RELAXED);
  pthread_mutex_lock(&file->mutex);
  size_t there = at < file->len_bytes ? file->len_bytes - at : 0;
  if (len_bytes > there)
    len_bytes = there;
  memcpy(buffer, file->bytes + (len_bytes > 0 ? at : 0), len_bytes);
  pthread_mutex_unlock(&file->mutex);
  return (long) len_bytes;
}

long host_call_write(int32_t handle, const void *buffer, size_t len_bytes, off_t offset)
{
  struct hosted_file *file = &hosted_files[handle - HANDLE_BASE];
  size_t at = (size_t) offset;
  __atomic_add_fetch(&hosted_writes, 1, __ATOMIC_RELAXED);
  if (at >= hosted_room_bytes)
    return -ENOSPC;
  if (len_bytes > hosted_room_bytes - at)
    len_bytes = hosted_room_bytes - at;
  pthread_mutex_lock(&file->mutex);
  memcpy(file->bytes + at, buffer, len_bytes);
  if (at + len_bytes > file->len_bytes)
    file->len_bytes = at + len_bytes;
  pthread_mutex_unlock(&file->mutex);
  return (long) len_bytes;
}

long host_call_append(int32_t handle, const void *buffer, size_t len_bytes, off_t *end)
{
  struct hosted_file *file = &hosted_files[handle - HANDLE_BASE];
  long moved = host_call_write(handle, buffer, len_bytes, (off_t) file->len_bytes);
  *end = (off_t) file->len_bytes;
  return moved;
}

size_t program_memory(const void *buffer, size_t len_bytes, enum address_access access)
{
  (void) access;
  return buffer != NULL ? len_bytes : 0;
}

int host_late_prepare(void)
{
  return 0;
}

void host_late_tell(void)
{
}

struct physical_usage physical_usage(void)
{
  return (struct physical_usage){.total_bytes = (uint64_t) 1 << 30};
}

void *kernel_allocate(size_t len_bytes)
{
  return malloc(len_bytes);
}

void *kernel_allocate_zeroed(size_t len_bytes)
{
  return calloc(1, len_bytes);
}

void kernel_free(void *object, size_t len_bytes)
{
  (void) len_bytes;
  free(object);
}
