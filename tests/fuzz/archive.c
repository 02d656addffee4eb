/* Fuzzes the reader of archives for --initrd, tar and cpio, with the file system that it fills. */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <setjmp.h>
#include <time.h>

#include "fs/initrd.h"
#include "fs/ram.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "posix/stream_io.h"
#include "posix/sys.h"
#include "start_info.h"
#include "time/clock.h"

#define MEMORY_BYTES  (UINT64_C(64) << 20)
#define HEADER_BYTES  512
#define CHECKSUM_AT   148
#define CHECKSUM_SIZE 8

/* ---- What the kernel library has below ---- */

static struct uhyve_start_info info;
struct uhyve_start_info *start_info = &info;

void *kernel_allocate(size_t len_bytes)
{
  void *memory = malloc(len_bytes);
  return memory != NULL ? memset(memory, 0xa5, len_bytes) : NULL;
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

struct physical_usage physical_usage(void)
{
  return (struct physical_usage){.total_bytes = MEMORY_BYTES};
}

uint64_t clock_realtime_ns(void)
{
  return 1;
}

/* Stands for all that is for open files (CMakeLists.txt). */
void not_called(void);
void not_called(void)
{
  abort();
}

static jmp_buf ended;
static char said[256];

/* The end of the program, and what it says before that. */
void sys_exit(int status)
{
  CHECK(status == 125);
  longjmp(ended, 1);
}

long stream_write(int fd, const void *buffer, size_t len_bytes, bool waits)
{
  CHECK(fd == 2 && waits && len_bytes < sizeof(said));
  memcpy(said, buffer, len_bytes);
  said[len_bytes] = '\0';
  return (long) len_bytes;
}

/* ---- What the archive has become ---- */

static volatile unsigned char all_bytes;

static void read_all(const char *bytes, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i++)
    all_bytes ^= (unsigned char) bytes[i];
}

static void check_node(const struct ram_node *node)
{
  CHECK(S_ISREG(node->mode) || S_ISLNK(node->mode) || S_ISDIR(node->mode));
  if (S_ISREG(node->mode))
  {
    CHECK((node->in_place != NULL) == (node->len_bytes > 0));
    read_all(node->in_place, node->len_bytes);
  }
  if (S_ISLNK(node->mode))
  {
    CHECK(node->len_bytes > 0 && strlen(node->target) == node->len_bytes);
    CHECK(node->len_bytes < FS_PATH_BYTES);
  }
}

/* Takes all names away and looks at what they stand for. */
static void take_apart(struct ram_node *folder)
{
  struct ram_entry *entry;
  while ((entry = ram_folder_next(&folder->folder, 0)) != NULL)
  {
    struct ram_node *node = entry->node;
    CHECK(entry->name_len > 0 && entry->name_len < FS_NAME_BYTES);
    CHECK(strlen(entry->name) == entry->name_len);
    CHECK(strchr(entry->name, '/') == NULL);
    CHECK(strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0);
    check_node(node);
    if (S_ISDIR(node->mode))
      take_apart(node);
    ram_folder_remove(&folder->folder, entry);
    ram_node_put(node);
  }
}

static void unpack(const void *archive, size_t bytes)
{
  struct mount root = {.file_system = &ram_file_system, .point = ""};
  CHECK(ram_start(&root, 0755) == 0);
  said[0] = '\0';
  if (setjmp(ended) == 0)
  {
    CHECK(initrd_unpack(&root, archive, bytes) == 0);
    CHECK(said[0] == '\0');
  }
  else
    CHECK(said[0] != '\0' && said[strlen(said) - 1] == '\n');
  struct ram *ram = root.data;
  CHECK(S_ISDIR(ram->root->mode));
  take_apart(ram->root);
  ram_node_put(ram->root);
  rwlock_destroy(&ram->lock);
  kernel_free(ram, sizeof(*ram));
  CHECK(ram_used_bytes() == 0);
}

/* Checksums in tar's headers stop nearly all of what a fuzzer tries. An input that begins with a
 * '!' gets right ones, where headers are if it has them without data. */
static void make_checksums(uint8_t *archive, size_t bytes)
{
  for (size_t at = 0; at + HEADER_BYTES <= bytes; at += HEADER_BYTES)
  {
    uint8_t *header = archive + at;
    unsigned int sum = 0;
    memset(header + CHECKSUM_AT, ' ', CHECKSUM_SIZE);
    for (size_t i = 0; i < HEADER_BYTES; i++)
      sum += header[i];
    if (sum != CHECKSUM_SIZE * (unsigned int) ' ')
      snprintf((char *) header + CHECKSUM_AT, CHECKSUM_SIZE, "%06o", sum);
    else
      memset(header + CHECKSUM_AT, 0, CHECKSUM_SIZE);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
  bool gets_checksums = bytes > 0 && data[0] == '!';
  size_t skipped = gets_checksums ? 1 : 0;
  uint8_t *archive = malloc(bytes - skipped);
  CHECK(archive != NULL);
  if (bytes > skipped)
    memcpy(archive, data + skipped, bytes - skipped);
  if (gets_checksums)
    make_checksums(archive, bytes - skipped);
  unpack(archive, bytes - skipped);
  free(archive);
  return 0;
}
