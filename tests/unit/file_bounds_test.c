/* Tests of the hypercalls for open files: what a guest may not change, and how long a call may
 * take.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
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

static void streams_for_reading_stay(void **state)
{
  (void) state;
  static const uint32_t changing[] = {HC_FILE_MODE, HC_FILE_OWNER, HC_FILE_TIMES};
  static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR};
  int file = scratch_open(&guest.scratch, "root/file");
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
  for (int stream = 0; stream < 3; stream++)
  {
    int fd = open(path, flags[stream]);
    guest.vm->streams.fds[stream] = fd;
    guest.vm->streams.modes[stream] = S_IFREG;
    for (size_t i = 0; i < COUNT_OF(changing); i++)
    {
      struct hc_file_control block = {.argument = {-1, -1}};
      if (changing[i] == HC_FILE_MODE)
        block.argument[0] = 0604;
      else if (changing[i] == HC_FILE_TIMES)
        memcpy(block.argument, (int64_t[]){1, 2, 3, 4}, 4 * sizeof(int64_t));
      assert_int_equal(file_guest_control(&guest, stream, changing[i], &block),
                       flags[stream] == O_RDONLY ? -EROFS : 0);
    }
    struct stat status = scratch_stat(&guest.scratch, "root/file");
    assert_int_equal((status.st_mode & 07777) == 0604, flags[stream] != O_RDONLY);
    assert_int_equal(status.st_mtim.tv_sec == 3, flags[stream] != O_RDONLY);
    close(fd);
  }
  close(file);
}

static void one_call_moves_no_more_than_16_mib(void **state)
{
  (void) state;
  const uint64_t piece = 0x160000;
  struct hc_file_io block = {.segments = HC_MAX_SEGMENTS};
  for (int i = 0; i < HC_MAX_SEGMENTS; i++)
    block.segment[i] = (struct hc_segment){GUEST_BUFFER + 0x30000, piece};
  block.handle = (int32_t) file_guest_open(&guest, MAPPING_FOLDER, "file", O_RDWR);
  const uint16_t calls[] = {HC_file_write, HC_file_read};
  for (size_t i = 0; i < COUNT_OF(calls); i++)
  {
    assert_int_equal(file_guest_call(&guest, calls[i], &block, sizeof(block)), HYPERCALL_CONTINUE);
    assert_int_equal(block.result, 16 << 20);
  }
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_size, 16 << 20);
}

/* It is told of an open of root/file, and gives the lease up. */
static void give_up_lease(int ready)
{
  sigset_t set;
  int number;
  sigemptyset(&set);
  sigaddset(&set, SIGIO);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int folder = scratch_open(&guest.scratch, "root");
  int fd = openat(folder, "file", O_RDWR);
  bool has_lease = fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
  if (write(ready, &has_lease, sizeof(has_lease)) == sizeof(has_lease) && has_lease &&
      sigwait(&set, &number) == 0)
    fcntl(fd, F_SETLEASE, F_UNLCK);
}

static void an_open_waits_for_a_lease(void **state)
{
  (void) state;
  int ready[2];
  bool has_lease = false;
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0)
  {
    give_up_lease(ready[1]);
    _exit(0);
  }
  assert_int_equal(read(ready[0], &has_lease, sizeof(has_lease)), sizeof(has_lease));
  int64_t handle = has_lease ? file_guest_open(&guest, MAPPING_FOLDER, "file", O_RDONLY) : 3;
  assert_int_equal(handle, 3);
  assert_int_equal(waitpid(child, NULL, 0), child);
  close(ready[0]);
  close(ready[1]);
  if (!has_lease)
    skip();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(streams_for_reading_stay, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_call_moves_no_more_than_16_mib, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_open_waits_for_a_lease, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
