/* Tests of the hypercalls for open files: uhyve/file_calls.c, uhyve/file_control.c, uhyve/call.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_guest.h"
#include "unit_test.h"

static struct file_guest guest;

static int set_up(void **state)
{
  (void) state;
  file_guest_create(&guest);
  return 0;
}

static int tear_down(void **state)
{
  (void) state;
  file_guest_destroy(&guest);
  return 0;
}

static void assert_broken(uint16_t port, void *block, size_t bytes, const char *says)
{
  assert_int_equal(file_guest_call(&guest, port, block, bytes), HYPERCALL_BROKEN);
  if (strstr(guest.message, says) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", guest.message, says);
}

static int64_t move(uint16_t port, int64_t handle, int64_t offset, uint64_t bytes)
{
  struct hc_file_io block = {
      .handle = (int32_t) handle,
      .segments = 2,
      .offset = offset,
      .segment = {{GUEST_BUFFER, bytes / 3}, {GUEST_BUFFER + bytes / 3, bytes - bytes / 3}}};
  assert_int_equal(file_guest_call(&guest, port, &block, sizeof(block)), HYPERCALL_CONTINUE);
  if (offset == HC_OFFSET_OF_END && block.result > 0)
    assert_true(block.offset >= block.result);
  else
    assert_int_equal(block.offset, offset);
  return block.result;
}

static void put(const char *text)
{
  memcpy(file_guest_hva(&guest, GUEST_BUFFER), text, strlen(text) + 1);
}

static void assert_got(const char *text)
{
  assert_memory_equal(file_guest_hva(&guest, GUEST_BUFFER), text, strlen(text));
}

static void files_are_read_and_written(void **state)
{
  (void) state;
  int64_t handle = file_guest_open(&guest, MAPPING_FOLDER, "folder/new", O_RDWR | O_CREAT);
  assert_int_equal(handle, 3);
  put("hello world");
  assert_int_equal(move(HC_file_write, handle, 0, 11), 11);
  put("there");
  assert_int_equal(move(HC_file_write, handle, 6, 5), 5);
  put("!!");
  assert_int_equal(move(HC_file_write, handle, HC_OFFSET_OF_END, 2), 2);
  put("????????????????????????????");
  assert_int_equal(move(HC_file_read, handle, 0, 20), 13);
  assert_got("hello there!!????");
  assert_int_equal(move(HC_file_read, handle, 13, 20), 0);
  assert_int_equal(move(HC_file_read, handle, 1 << 20, 20), 0);
  assert_int_equal(move(HC_file_read, handle, 0, 0), 0);
  const int64_t wrong[] = {HC_OFFSET_OF_STREAM, -3, INT64_MIN};
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
  {
    assert_int_equal(move(HC_file_read, handle, wrong[i], 4), -EINVAL);
    assert_int_equal(move(HC_file_write, handle, wrong[i], 4), -EINVAL);
  }
  assert_int_equal(move(HC_file_read, handle, HC_OFFSET_OF_END, 4), -EINVAL);
  assert_int_equal(move(HC_file_read, handle, INT64_MAX, 4), -EINVAL);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_CLOSE, NULL), 0);
  assert_int_equal(move(HC_file_read, handle, 0, 4), -EBADF);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_CLOSE, NULL), -EBADF);

  handle = file_guest_open(&guest, MAPPING_READ_ONLY, "file", O_RDONLY);
  assert_int_equal(move(HC_file_write, handle, 0, 4), -EBADF);
  assert_int_equal(move(HC_file_read, handle, 0, 4), 4);
  handle = file_guest_open(&guest, MAPPING_FOLDER, "folder", O_RDONLY);
  assert_int_equal(move(HC_file_read, handle, 0, 4), -EISDIR);
  handle = file_guest_open(&guest, MAPPING_FOLDER, "file", O_PATH);
  assert_int_equal(move(HC_file_read, handle, 0, 4), -EBADF);
  const int64_t handles[] = {-1, 0, 2, 100, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < COUNT_OF(handles); i++)
  {
    assert_int_equal(move(HC_file_read, handles[i], 0, 4), -EBADF);
    assert_int_equal(move(HC_file_write, handles[i], 0, 4), -EBADF);
  }
}

static void what_is_appended_goes_to_the_end(void **state)
{
  (void) state;
  struct hc_file_control block = {.argument = {-1}};
  int64_t handle = file_guest_open(&guest, MAPPING_FOLDER, "file", O_RDWR | O_APPEND);
  put("123");
  assert_int_equal(move(HC_file_write, handle, 0, 3), 3);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_size, 10);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_FLAGS, &block), 0);
  assert_int_equal(block.argument[0] & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
  block.argument[0] = 0;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_FLAGS, &block), 0);
  assert_int_equal(block.argument[0] & O_APPEND, 0);
  assert_int_equal(move(HC_file_write, handle, 0, 3), 3);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_size, 10);
  block.argument[0] = O_APPEND | O_NONBLOCK;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_FLAGS, &block), -EINVAL);
}

static void streams_are_handles(void **state)
{
  (void) state;
  int ends[2];
  int fd = openat(guest.scratch.fd, "root/file", O_RDWR);
  assert_int_equal(pipe(ends), 0);
  guest.vm->streams.fds[0] = fd;
  guest.vm->streams.modes[0] = S_IFREG;
  guest.vm->streams.fds[1] = ends[1];
  guest.vm->streams.modes[1] = S_IFIFO;
  assert_int_equal(move(HC_file_read, 0, HC_OFFSET_OF_STREAM, 3), 3);
  assert_got("con");
  assert_int_equal(move(HC_file_read, 0, HC_OFFSET_OF_STREAM, 3), 3);
  assert_got("ten");
  assert_int_equal(move(HC_file_read, 0, 1, 3), 3);
  assert_got("ont");
  assert_int_equal(lseek(fd, 0, SEEK_CUR), 6);
  struct hc_file_control block = {.argument = {-2, SEEK_END}};
  assert_int_equal(file_guest_control(&guest, 0, HC_FILE_SEEK, &block), 5);
  assert_int_equal(lseek(fd, 0, SEEK_CUR), 5);
  assert_int_equal(move(HC_file_write, 1, 0, 3), -ESPIPE);
  assert_int_equal(move(HC_file_write, 1, HC_OFFSET_OF_STREAM, 3), -ESPIPE);
  assert_int_equal(file_guest_control(&guest, 1, HC_FILE_SEEK, &block), -ESPIPE);
  assert_int_equal(file_guest_control(&guest, 1, HC_FILE_MODE, &block), -ESPIPE);
  assert_int_equal(file_guest_control(&guest, 1, HC_FILE_STAT, &block), 0);
  assert_true(S_ISFIFO(block.stat.mode));
  assert_int_equal(file_guest_control(&guest, 2, HC_FILE_STAT, &block), -EBADF);
  assert_int_equal(file_guest_control(&guest, 0, HC_FILE_CLOSE, &block), -EBADF);
  block.argument[0] = O_APPEND;
  assert_int_equal(file_guest_control(&guest, 0, HC_FILE_FLAGS, &block), -EINVAL);
  block.argument[0] = -1;
  assert_int_equal(file_guest_control(&guest, 0, HC_FILE_FLAGS, &block), 0);
  assert_int_equal(block.argument[0] & O_ACCMODE, O_RDWR);
  close(fd);
  close(ends[0]);
  close(ends[1]);
}

static void controls_of_a_file(void **state)
{
  (void) state;
  struct hc_file_control block = {.argument = {100}};
  int64_t handle = file_guest_open(&guest, MAPPING_FOLDER, "file", O_RDWR);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_TRUNCATE, &block), 0);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_STAT, &block), 0);
  assert_int_equal(block.stat.size_bytes, 100);
  assert_int_equal(block.stat.ino, scratch_stat(&guest.scratch, "root/file").st_ino);
  block.argument[0] = -1;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_TRUNCATE, &block), -EINVAL);
  block.argument[0] = 1;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_SYNC, &block), 0);
  block.argument[0] = 0xffff0000 | 06600;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_MODE, &block), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_mode, S_IFREG | 0600);
  block.argument[0] = block.argument[1] = -1;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_OWNER, &block), 0);
  memcpy(block.argument, (int64_t[]){11, 22, 33, 44}, 4 * sizeof(int64_t));
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_TIMES, &block), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_mtim.tv_sec, 33);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_mtim.tv_nsec, 44);
  block.argument[1] = 2000000000;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_TIMES, &block), -EINVAL);
  memcpy(block.argument, (int64_t[]){0, SEEK_HOLE}, 2 * sizeof(int64_t));
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_SEEK, &block), 100);
  const int64_t whences[] = {SEEK_SET, SEEK_CUR, SEEK_END, 5, -1, INT64_C(1) << 32};
  for (size_t i = 0; i < COUNT_OF(whences); i++)
  {
    block.argument[1] = whences[i];
    assert_int_equal(file_guest_control(&guest, handle, HC_FILE_SEEK, &block), -EINVAL);
  }
  memcpy(block.argument, (int64_t[]){0, 5000}, 2 * sizeof(int64_t));
  int64_t result = file_guest_control(&guest, handle, HC_FILE_ALLOCATE, &block);
  assert_true(result == -EOPNOTSUPP || scratch_stat(&guest.scratch, "root/file").st_size == 5000);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_SPACE, &block), 0);
  struct hc_space space;
  memcpy(&space, &block.stat, sizeof(space));
  assert_true(space.block_bytes >= 512 && space.name_max >= 14);
  for (uint32_t operation = 0; operation < HC_FILE_OPERATIONS; operation++)
    assert_int_equal(file_guest_control(&guest, 77, operation, &block), -EBADF);
  block.handle = (int32_t) handle;
  block.operation = HC_FILE_OPERATIONS;
  assert_broken(HC_file_control, &block, sizeof(block), "there is no operation 13");
  block.operation = UINT32_MAX;
  assert_broken(HC_file_control, &block, sizeof(block), "there is no operation 4294967295");
}

static void read_only_files_stay(void **state)
{
  (void) state;
  static const uint32_t changing[] = {HC_FILE_MODE, HC_FILE_OWNER, HC_FILE_TIMES};
  struct hc_file_control block = {.argument = {0600, 5}};
  int64_t handle = file_guest_open(&guest, MAPPING_READ_ONLY, "file", O_RDONLY);
  struct stat before = scratch_stat(&guest.scratch, "root/file");
  for (size_t i = 0; i < COUNT_OF(changing); i++)
    assert_int_equal(file_guest_control(&guest, handle, changing[i], &block), -EROFS);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_TRUNCATE, &block), -EINVAL);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_ALLOCATE, &block), -EBADF);
  struct stat after = scratch_stat(&guest.scratch, "root/file");
  assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
  assert_int_equal(before.st_mode, after.st_mode);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_SPACE, &block), 0);
  struct hc_space space;
  memcpy(&space, &block.stat, sizeof(space));
  assert_int_equal(space.flags & 1, 1);
}

/* Another process has a part of the file locked. */
static void locks_are_those_of_processes(void **state)
{
  (void) state;
  int ready[2], done[2];
  char nothing;
  assert_int_equal(pipe(ready), 0);
  assert_int_equal(pipe(done), 0);
  pid_t child = fork();
  if (child == 0)
  {
    int fd = openat(guest.scratch.fd, "root/file", O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
    if (fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], "", 1) != 1)
      _exit(1);
    close(done[1]);
    _exit(read(done[0], &nothing, 1) == 0 ? 0 : 1);
  }
  close(done[0]);
  assert_int_equal(read(ready[0], &nothing, 1), 1);
  int64_t handle = file_guest_open(&guest, MAPPING_FOLDER, "file", O_RDWR);
  struct hc_file_control block = {.argument = {F_WRLCK, SEEK_SET, 0, 0}};
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_LOCK, &block), -EAGAIN);
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_LOCK_TEST, &block), 0);
  const int64_t found[] = {F_WRLCK, SEEK_SET, 2, 3, child};
  assert_memory_equal(block.argument, found, sizeof(found));
  block = (struct hc_file_control){.argument = {F_WRLCK, SEEK_SET, 0, 2}};
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_LOCK, &block), 0);
  block.argument[0] = F_UNLCK;
  assert_int_equal(file_guest_control(&guest, handle, HC_FILE_LOCK, &block), 0);
  const int64_t wrong[][2] = {{3, SEEK_SET}, {65536, SEEK_SET}, {F_RDLCK, SEEK_CUR}, {F_RDLCK, 9}};
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
  {
    memcpy(block.argument, wrong[i], sizeof(wrong[i]));
    assert_int_equal(file_guest_control(&guest, handle, HC_FILE_LOCK, &block), -EINVAL);
  }
  int status;
  close(done[1]);
  close(ready[0]);
  close(ready[1]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static int64_t list(int64_t handle, int64_t position, uint64_t bytes)
{
  struct hc_file_list block = {
      .handle = (int32_t) handle, .position = position, .segment = {GUEST_BUFFER, bytes}};
  assert_int_equal(file_guest_call(&guest, HC_file_list, &block, sizeof(block)),
                   HYPERCALL_CONTINUE);
  return block.result;
}

struct entry
{
  uint64_t ino;
  int64_t position;
  uint16_t len;
  uint8_t kind;
  char name[];
};

static void folders_are_listed_from_any_entry(void **state)
{
  (void) state;
  enum
  {
    COUNT = 40
  };
  char name[32];
  for (unsigned int i = 0; i < COUNT; i++)
  {
    snprintf(name, sizeof(name), "root/folder/%u", i);
    scratch_file(&guest.scratch, name, "");
  }
  int64_t handle = file_guest_open(&guest, MAPPING_READ_ONLY, "link", O_RDONLY | O_DIRECTORY);
  bool seen[COUNT] = {0};
  unsigned int entries = 0;
  int64_t position = 0;
  for (;;)
  {
    int64_t bytes = list(handle, position, 200);
    assert_true(bytes >= 0 && bytes <= 200);
    if (bytes == 0)
      break;
    /* Only the first entry of each is taken. */
    const struct entry *entry = file_guest_hva(&guest, GUEST_BUFFER);
    position = entry->position;
    entries++;
    char *end;
    unsigned long number = strtoul(entry->name, &end, 10);
    if (end == entry->name)
      continue;
    assert_true(number < COUNT && !seen[number]);
    seen[number] = true;
  }
  assert_int_equal(entries, COUNT + 3); /* ., .. and inner */
  assert_int_equal(list(handle, 0, 10), -EINVAL);
  assert_int_equal(list(handle, -1, 200), -EINVAL);
  assert_int_equal(list(0, 0, 200), -EBADF);
  assert_int_equal(list(99, 0, 200), -EBADF);
  handle = file_guest_open(&guest, MAPPING_FOLDER, "file", O_RDONLY);
  assert_int_equal(list(handle, 0, 200), -ENOTDIR);
}

static void broken_blocks(void **state)
{
  (void) state;
  struct hc_file_open open_block = {.mapping = MAPPINGS};
  assert_broken(HC_file_open, &open_block, sizeof(open_block), "there is no mapping 3");
  open_block.mapping = UINT32_MAX;
  assert_broken(HC_file_open, &open_block, sizeof(open_block), "there is no mapping 4294967295");
  open_block.mapping = 0;
  open_block.path[0] = (struct hc_segment){GUEST_BUFFER, HC_MAX_PATH_BYTES};
  open_block.path[1] = (struct hc_segment){GUEST_BUFFER, 1};
  assert_broken(HC_file_open, &open_block, sizeof(open_block), "a path of more than 4095 bytes");
  open_block.path[1].len_bytes = UINT64_MAX;
  assert_broken(HC_file_open, &open_block, sizeof(open_block), "a path of more than 4095 bytes");
  open_block.path[1].len_bytes = 0;
  assert_broken(HC_file_open, &open_block, sizeof(open_block), "a path with a null in it");
  open_block.path[0] = (struct hc_segment){GUEST_FORBIDDEN, 1};
  assert_broken(HC_file_open, &open_block, sizeof(open_block), "segment 0 (0x1 bytes at 0x90000)");
  open_block.path[0] = (struct hc_segment){GUEST_RAM_BYTES - 1, 2};
  assert_broken(HC_file_open, &open_block, sizeof(open_block), "is not memory the guest may read");

  struct hc_file_io io = {.handle = 0, .segments = HC_MAX_SEGMENTS + 1};
  assert_broken(HC_file_read, &io, sizeof(io), "15 segments, at most 14");
  assert_broken(HC_file_write, &io, sizeof(io), "15 segments, at most 14");
  io.segments = 1;
  io.segment[0] = (struct hc_segment){GUEST_READ_ONLY, 8};
  assert_broken(HC_file_read, &io, sizeof(io), "is not memory the guest may write");
  io.segment[0].gpa = GUEST_FORBIDDEN;
  assert_broken(HC_file_write, &io, sizeof(io), "is not memory the guest may read");

  struct hc_file_list list_block = {.segment = {GUEST_READ_ONLY, 8}};
  assert_broken(HC_file_list, &list_block, sizeof(list_block), "is not memory the guest may write");

  struct hc_time_zone zone;
  memset(&zone, 'x', sizeof(zone));
  assert_broken(HC_time_zone, &zone, sizeof(zone), "a name without an end");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(files_are_read_and_written, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_appended_goes_to_the_end, set_up, tear_down),
      cmocka_unit_test_setup_teardown(streams_are_handles, set_up, tear_down),
      cmocka_unit_test_setup_teardown(controls_of_a_file, set_up, tear_down),
      cmocka_unit_test_setup_teardown(read_only_files_stay, set_up, tear_down),
      cmocka_unit_test_setup_teardown(locks_are_those_of_processes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(folders_are_listed_from_any_entry, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_blocks, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
