/* A guest that makes hypercalls for files, without a virtual machine. */
#include "file_guest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit_test.h"

void file_guest_create(struct file_guest *guest)
{
  scratch_create(&guest->scratch);
  scratch_folder(&guest->scratch, "root");
  scratch_folder(&guest->scratch, "root/folder");
  scratch_file(&guest->scratch, "root/file", "content");
  scratch_file(&guest->scratch, "root/folder/inner", "inner");
  scratch_link(&guest->scratch, "root/link", "folder");
  guest->vm = calloc(1, sizeof(*guest->vm));
  assert_non_null(guest->vm);
  struct guest_memory *memory = &guest->vm->memory;
  assert_int_equal(guest_memory_reserve(memory, GUEST_RAM_BYTES), 0);
  memory->attached_bytes = GUEST_RAM_BYTES;
  memory->mapped_bytes = GUEST_RAM_BYTES;
  assert_int_equal(guest_memory_protect(memory, GUEST_READ_ONLY, 4096, GUEST_READ), 0);
  assert_int_equal(guest_memory_protect(memory, GUEST_FORBIDDEN, 4096, GUEST_NONE), 0);
  files_init(&guest->vm->files, INT_MAX);
  guest->vm->mappings.count = MAPPINGS;
  for (unsigned int i = 0; i < MAPPINGS; i++)
  {
    bool folder = i != MAPPING_FILE;
    guest->vm->mappings.list[i] = (struct mapping){
        .fd = scratch_open(&guest->scratch, folder ? "root" : "root/file"),
        .folder = folder,
        .read_only = i == MAPPING_READ_ONLY,
    };
  }
  for (unsigned int i = 0; i < 3; i++)
    guest->vm->streams.fds[i] = -1;
}

void file_guest_destroy(struct file_guest *guest)
{
  files_destroy(&guest->vm->files);
  mappings_close(&guest->vm->mappings);
  guest_memory_release(&guest->vm->memory);
  free(guest->vm);
  scratch_remove(&guest->scratch);
}

void *file_guest_hva(const struct file_guest *guest, uint64_t gpa)
{
  void *hva = guest_memory_hva(&guest->vm->memory, gpa, 1);
  assert_non_null(hva);
  return hva;
}

enum hypercall_verdict file_guest_call(struct file_guest *guest, uint16_t port, void *block,
                                       size_t bytes)
{
  void *hva = file_guest_hva(guest, GUEST_BLOCK);
  memcpy(hva, block, bytes);
  guest->message[0] = '\0';
  enum hypercall_verdict verdict = hypercall_serve(guest->vm, 0, port, GUEST_BLOCK, guest->message);
  memcpy(block, hva, bytes);
  return verdict;
}

void file_guest_put_path(struct file_guest *guest, uint64_t gpa, const char *path,
                         struct hc_segment segments[static 2])
{
  size_t bytes = strlen(path);
  size_t first = bytes / 2;
  memcpy(file_guest_hva(guest, gpa), path, bytes);
  segments[0] = (struct hc_segment){gpa, first};
  segments[1] = (struct hc_segment){gpa + first, bytes - first};
}

static void assert_served(const struct file_guest *guest, enum hypercall_verdict verdict)
{
  if (verdict != HYPERCALL_CONTINUE)
    fail_msg("%s", guest->message);
}

int64_t file_guest_open(struct file_guest *guest, uint32_t mapping, const char *path, int flags)
{
  struct hc_file_open block = {.mapping = mapping, .flags = (uint32_t) flags, .mode = 0644};
  file_guest_put_path(guest, GUEST_PATH, path, block.path);
  assert_served(guest, file_guest_call(guest, HC_file_open, &block, sizeof(block)));
  return block.result;
}

int64_t file_guest_control(struct file_guest *guest, int64_t handle, uint32_t operation,
                           struct hc_file_control *block)
{
  struct hc_file_control empty = {0};
  if (block == NULL)
    block = &empty;
  block->handle = (int32_t) handle;
  block->operation = operation;
  assert_served(guest, file_guest_call(guest, HC_file_control, block, sizeof(*block)));
  return block->result;
}

int64_t file_guest_path(struct file_guest *guest, uint32_t mapping, uint32_t operation,
                        const char *path, const char *other, struct hc_path *block)
{
  struct hc_path empty = {0};
  if (block == NULL)
    block = &empty;
  block->operation = operation;
  block->mapping = mapping;
  if (other != NULL)
    file_guest_put_path(guest, GUEST_OTHER, other, block->other);
  file_guest_put_path(guest, GUEST_PATH, path, block->path);
  assert_served(guest, file_guest_call(guest, HC_path, block, sizeof(*block)));
  return block->result;
}
