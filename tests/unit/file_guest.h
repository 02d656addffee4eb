/* A guest that makes hypercalls for files, without a virtual machine: memory, mappings, calls. */
#ifndef TESTS_FILE_GUEST_H
#define TESTS_FILE_GUEST_H

#include <stdbool.h>

#include "scratch.h"
#include "uhyve/hypercall_table.h"

/* Pages of its memory, by guest-physical address. */
#define GUEST_BLOCK     0x40000
#define GUEST_PATH      0x50ff0 /* 16 bytes before the end of a page */
#define GUEST_OTHER     0x60000
#define GUEST_BUFFER    0x70000
#define GUEST_READ_ONLY 0x80000
#define GUEST_FORBIDDEN 0x90000
#define GUEST_RAM_BYTES 0x200000

enum
{
  MAPPING_FOLDER, /* scratch's root/ */
  MAPPING_READ_ONLY,
  MAPPING_FILE, /* root/file */
  MAPPINGS
};

struct file_guest
{
  struct scratch scratch;
  struct vm *vm;
  char message[256];
};

void file_guest_create(struct file_guest *guest);
void file_guest_destroy(struct file_guest *guest);

void *file_guest_hva(const struct file_guest *guest, uint64_t gpa);

/* Makes the call; block is copied there and back. */
enum hypercall_verdict file_guest_call(struct file_guest *guest, uint16_t port, void *block,
                                       size_t bytes);

/* Puts a path into memory, in two pieces. */
void file_guest_put_path(struct file_guest *guest, uint64_t gpa, const char *path,
                         struct hc_segment segments[static 2]);

/* The calls as functions. Those that break the interface fail the test. */
int64_t file_guest_open(struct file_guest *guest, uint32_t mapping, const char *path, int flags);
int64_t file_guest_control(struct file_guest *guest, int64_t handle, uint32_t operation,
                           struct hc_file_control *block);
int64_t file_guest_path(struct file_guest *guest, uint32_t mapping, uint32_t operation,
                        const char *path, const char *other, struct hc_path *block);

#endif
