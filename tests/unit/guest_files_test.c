/* The guest's file calls on the ram file system do as the host's do on its own: random calls, made
 * on both, have the same results and leave the same files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "fs/descriptors.h"
#include "fs/file_map.h"
#include "fs/file_system.h"
#include "fs/ram.h"
#include "fs/standard_streams.h"
#include "fs/working_folder.h"
#include "hypercall.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "posix/sys.h"
#include "start_info.h"
#include "time/clock.h"
#include "unit_test.h"

#define ROUNDS      60000
#define FILES       6
#define MOST_BYTES  300000
#define LIMIT_BYTES (64ul << 20)

/* ---- What the kernel library has below ---- */

/* Nothing is mapped here. */
void file_map_written(const void *content, const void *buffer, size_t len_bytes, off_t offset)
{
  (void) content;
  (void) buffer;
  (void) len_bytes;
  (void) offset;
}

void file_map_truncated(const void *content, off_t len_bytes)
{
  (void) content;
  (void) len_bytes;
}

static struct uhyve_start_info info;
struct uhyve_start_info *start_info = &info;
static uint64_t allocated_bytes;

void *kernel_allocate(size_t len_bytes)
{
  allocated_bytes += len_bytes;
  void *memory = malloc(len_bytes);
  return memory != NULL ? memset(memory, 0xa5, len_bytes) : NULL;
}

void *kernel_allocate_zeroed(size_t len_bytes)
{
  allocated_bytes += len_bytes;
  return calloc(1, len_bytes);
}

void kernel_free(void *object, size_t len_bytes)
{
  allocated_bytes -= object != NULL ? len_bytes : 0;
  free(object);
}

struct physical_usage physical_usage(void)
{
  return (struct physical_usage){.total_bytes = 2 * LIMIT_BYTES};
}

void physical_give_back(bool all)
{
  (void) all;
}

uint64_t clock_realtime_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
  return clock_realtime_ns();
}

uint64_t address_to_gpa(const void *pointer, enum address_access access)
{
  (void) access;
  return (uint64_t) pointer < 4096 ? ADDRESS_UNMAPPED : (uint64_t) pointer;
}

enum virtual_fault_result virtual_fault(uint64_t gva, unsigned int access)
{
  (void) gva;
  (void) access;
  return FAULT_NOT_MAPPED;
}

void hypercall(enum hc_port port, void *block)
{
  (void) port;
  (void) block;
}

size_t hypercall_segments(struct hc_segment *segment, uint32_t room, uint32_t *used,
                          const void *buffer, size_t len_bytes, enum address_access access)
{
  (void) segment;
  (void) room;
  (void) buffer;
  (void) len_bytes;
  (void) access;
  *used = 0;
  return 0;
}

bool crash_has_begun;

int ram_fifo_open(struct ram_node *node, int flags, struct file **file)
{
  (void) node;
  (void) flags;
  (void) file;
  return -ENXIO;
}

int initrd_unpack(struct mount *root, const void *archive, size_t len_bytes)
{
  (void) root;
  (void) archive;
  (void) len_bytes;
  return 0;
}

int sys_raise(int number)
{
  (void) number;
  return 0;
}

struct file *standard_stream(int fd)
{
  (void) fd;
  return NULL;
}

static int nothing(struct walk *walk, struct stat *status)
{
  (void) walk;
  (void) status;
  return -ENOENT;
}

_Thread_local bool hosted_is_interrupted;

const struct file_system host_file_system = {.name = "host", .stat = nothing};
const struct file_system proc_file_system = {.name = "proc", .stat = nothing};
const struct file_system dev_file_system = {.name = "dev", .stat = nothing};

/* ---- Both sides ---- */

static char base[FS_PATH_BYTES]; /* of both; so deep that no path leads out of what is ours */
static char top[64];
static int host_fd[FILES], guest_fd[FILES];
static uint64_t random_state;
static char step[2 * FS_PATH_BYTES]; /* what was done, for who has to find out why */

static uint32_t pick(uint32_t count)
{
  random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t) (random_state >> 33) % count;
}

/* '..' occurs where it stays below the fourth folder of ours: twice at most, and never in a path
 * that begins at an open folder, or in a symbolic link. */
#define MOST_UPS 2

static const char *random_path_from(char *path, bool is_base)
{
  static const char *const names[] = {"a", "b", "c", "d", "e", "a", "b", ".", ".."};
  uint32_t parts = 1 + pick(4);
  uint32_t ups = is_base ? 0 : MOST_UPS;
  path[0] = '\0';
  for (uint32_t i = 0; i < parts; i++)
  {
    uint32_t name = pick(sizeof(names) / sizeof(names[0]));
    if (name == 8 && ++ups > MOST_UPS)
      name = 0;
    /* What a removed folder has: Linux looks at the name first, here the folder comes first. */
    if (name == 7 && !is_base)
      name = 1;
    strcat(path, names[name]);
    if (i + 1 < parts || pick(12) == 0)
      strcat(path, pick(10) == 0 ? "//" : "/");
  }
  return path;
}

static const char *random_path(char *path)
{
  return random_path_from(path, true);
}

static void same(long host, long guest)
{
  long expected = host < 0 ? -errno : host;
  if (guest == expected)
    return;
  print_error("%s: %ld (%s), not %ld (%s)\n", step, guest, guest < 0 ? strerror((int) -guest) : "",
              expected, expected < 0 ? strerror((int) -expected) : "");
  fail();
}

/* The same for calls with two names, of which both may be wrong: then which is told is open. */
static void same_of_two(long host, long guest)
{
  if (host >= 0 || guest >= 0)
    same(host, guest);
}

/* A folder to begin at: the same on both sides. */
static int random_folder(int *host)
{
  int i = (int) pick(3 * FILES);
  *host = i < FILES ? host_fd[i] : AT_FDCWD;
  return i < FILES ? guest_fd[i] : AT_FDCWD;
}

static void same_status(const struct stat *host, const struct stat *guest)
{
  assert_int_equal(host->st_mode, guest->st_mode);
  if (!S_ISDIR(host->st_mode))
  {
    assert_int_equal(host->st_nlink, guest->st_nlink);
    assert_int_equal(host->st_size, guest->st_size);
  }
  assert_int_equal(host->st_uid, guest->st_uid);
}

static void do_stat(void)
{
  char path[64];
  int host;
  int guest = random_folder(&host);
  struct stat host_status, guest_status;
  int flags = pick(2) == 0 ? 0 : AT_SYMLINK_NOFOLLOW;
  random_path_from(path, host == AT_FDCWD);
  sprintf(step, "stat %s %d", path, flags);
  int result = fstatat(host, path, &host_status, flags);
  same(result, sys_fstatat(guest, path, &guest_status, flags));
  if (result == 0)
    same_status(&host_status, &guest_status);
}

static void do_open(void)
{
  static const int more[] = {0,
                             O_CREAT,
                             O_CREAT | O_EXCL,
                             O_TRUNC,
                             O_CREAT | O_TRUNC,
                             O_NOFOLLOW,
                             O_DIRECTORY,
                             O_APPEND,
                             O_APPEND | O_CREAT,
                             O_DIRECTORY | O_NOFOLLOW};
  char path[64];
  int host;
  int guest = random_folder(&host);
  int flags = (int) pick(3) | more[pick(sizeof(more) / sizeof(more[0]))];
  int i = (int) pick(FILES);
  random_path_from(path, host == AT_FDCWD);
  sprintf(step, "open %s %o", path, flags);
  int result = openat(host, path, flags, 0666);
  int guest_result = sys_openat(guest, path, flags, 0666);
  if (result < 0 || guest_result < 0)
  {
    same(result, guest_result);
    return;
  }
  close(host_fd[i]);
  assert_int_equal(sys_close(guest_fd[i]), 0);
  host_fd[i] = result;
  guest_fd[i] = guest_result;
}

static void do_name(void)
{
  char path[64];
  int host;
  int guest = random_folder(&host);
  uint32_t what = pick(4);
  random_path_from(path, host == AT_FDCWD);
  sprintf(step, "%s %s", what == 0 ? "mkdir" : what == 1 ? "rmdir" : "unlink", path);
  if (what == 0)
    same(mkdirat(host, path, 0777), sys_mkdirat(guest, path, 0777));
  else
  {
    int flags = what == 1 ? AT_REMOVEDIR : 0;
    same(unlinkat(host, path, flags), sys_unlinkat(guest, path, flags));
  }
}

static void do_two_names(void)
{
  static const char *const words[] = {"rename", "link", "symlink"};
  char path[64], other[64];
  int host, host_other;
  int guest = random_folder(&host);
  int guest_other = random_folder(&host_other);
  uint32_t what = pick(8);
  unsigned int flags = what < 4 ? pick(6) : 0;
  flags = flags < 3 ? flags : 0;
  random_path_from(path, what < 6 && host == AT_FDCWD);
  random_path_from(other, (what < 6 ? host_other : host) == AT_FDCWD);
  sprintf(step, "%s %s %s %u", words[what < 4 ? 0 : what < 6 ? 1 : 2], path, other, flags);
  if (what < 4)
    same_of_two(syscall(SYS_renameat2, host, path, host_other, other, flags),
                sys_renameat2(guest, path, guest_other, other, flags));
  else if (what < 6)
    same_of_two(linkat(host, path, host_other, other, 0),
                sys_linkat(guest, path, guest_other, other, 0));
  else
    same(symlinkat(path, host, other), sys_symlinkat(path, guest, other));
}

static void do_readlink(void)
{
  char path[64], host_text[64] = "", guest_text[64] = "";
  random_path(path);
  sprintf(step, "readlink %s", path);
  same(readlink(path, host_text, 10), sys_readlinkat(AT_FDCWD, path, guest_text, 10));
  assert_string_equal(host_text, guest_text);
}

static void do_bytes(void)
{
  static char bytes[MOST_BYTES], host_bytes[MOST_BYTES], guest_bytes[MOST_BYTES];
  int i = (int) pick(FILES);
  size_t len = pick(3) != 0 ? pick(200) : pick(MOST_BYTES / 2);
  off_t offset = pick(2) != 0 ? (off_t) pick(300) : (off_t) pick(MOST_BYTES / 2);
  uint32_t what = pick(6);
  struct stat status;
  sprintf(step, "bytes %u %zu at %ld", what, len, (long) offset);
  if (fstat(host_fd[i], &status) == 0 && S_ISDIR(status.st_mode) && what != 4)
    return;
  memset(bytes, (int) pick(256), len);
  if (what == 0)
    same(pwrite(host_fd[i], bytes, len, offset), sys_pwrite(guest_fd[i], bytes, len, offset));
  else if (what == 1 && status.st_size < MOST_BYTES)
    same(write(host_fd[i], bytes, len), sys_write(guest_fd[i], bytes, len));
  else if (what == 2)
    same(ftruncate(host_fd[i], offset), sys_ftruncate(guest_fd[i], offset));
  else if (what == 3)
    same(lseek(host_fd[i], offset, (int) pick(3) == 0 ? SEEK_END : SEEK_SET) < 0 ? -1 : 0,
         sys_lseek(guest_fd[i], 0, SEEK_CUR) < 0 ? -1 : 0);
  else if (what == 4)
  {
    struct stat guest_status;
    same(fstat(host_fd[i], &status), sys_fstat(guest_fd[i], &guest_status));
    same_status(&status, &guest_status);
  }
  else
  {
    long result = pread(host_fd[i], host_bytes, sizeof(host_bytes), offset);
    same(result, sys_pread(guest_fd[i], guest_bytes, sizeof(guest_bytes), offset));
    if (result > 0)
      assert_memory_equal(host_bytes, guest_bytes, (size_t) result);
  }
  /* From here on at the same place again. */
  off_t at = lseek(host_fd[i], 0, SEEK_CUR);
  if (at >= 0)
    assert_int_equal(sys_lseek(guest_fd[i], at, SEEK_SET), at);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The names of a folder in a row, read through a buffer of a random size. */
static void names_of(int fd, bool is_host, char *text)
{
  char buffer[1024];
  char *names[64];
  size_t count = 0;
  size_t size = 64 + pick(900);
  text[0] = '\0';
  if (is_host)
    lseek(fd, 0, SEEK_SET);
  else
    sys_lseek(fd, 0, SEEK_SET);
  for (;;)
  {
    long len = is_host ? syscall(SYS_getdents64, fd, buffer, size) : sys_getdents(fd, buffer, size);
    for (long at = 0; at < len;)
    {
      struct dirent *entry = (struct dirent *) (void *) (buffer + at);
      char name[300];
      snprintf(name, sizeof(name), "%s:%d ", entry->d_name, entry->d_type);
      names[count++] = strdup(name);
      at += entry->d_reclen;
    }
    if (len <= 0)
      break;
  }
  qsort(names, count, sizeof(names[0]), by_name);
  for (size_t i = 0; i < count; i++)
  {
    strcat(text, names[i]);
    free(names[i]);
  }
}

static void do_list(void)
{
  char host_names[4096], guest_names[4096], path[64];
  int host;
  int guest = random_folder(&host);
  random_path_from(path, host == AT_FDCWD);
  sprintf(step, "list %s", path);
  int host_folder = openat(host, path, O_RDONLY | O_DIRECTORY);
  int guest_folder = sys_openat(guest, path, O_RDONLY | O_DIRECTORY, 0);
  same(host_folder < 0 ? -1 : 0, guest_folder < 0 ? guest_folder : 0);
  if (host_folder < 0)
    return;
  names_of(host_folder, true, host_names);
  names_of(guest_folder, false, guest_names);
  assert_string_equal(host_names, guest_names);
  close(host_folder);
  sys_close(guest_folder);
}

static void do_working_folder(void)
{
  char path[64], host_path[FS_PATH_BYTES], guest_path[FS_PATH_BYTES];
  random_path(path);
  sprintf(step, "realpath %s", path);
  bool is_there = realpath(path, host_path) != NULL;
  same(is_there ? 0 : -1, sys_realpath(path, guest_path));
  if (is_there)
    assert_string_equal(host_path, guest_path);
  if (pick(4) != 0)
    return;
  sprintf(step, "chdir %s", path);
  int result = chdir(path);
  same(result, sys_chdir(path));
  sprintf(step, "getcwd");
  long len = syscall(SYS_getcwd, host_path, sizeof(host_path));
  same(len, sys_getcwd(guest_path, sizeof(guest_path)));
  if (len > 0)
    assert_string_equal(host_path, guest_path);
  /* Not ever deeper, nor further up. */
  sprintf(step, "chdir back to %s", base);
  same(chdir(base), sys_chdir(base));
}

/* ---- The tests ---- */

static void make_folders(void)
{
  strcpy(top, "/tmp/uhyve-files.XXXXXX");
  assert_non_null(mkdtemp(top));
  strcpy(base, top);
  assert_int_equal(sys_mkdirat(AT_FDCWD, base, 0700), 0);
  for (int i = 0; i < 5; i++)
  {
    strcat(base, "/deep");
    assert_int_equal(mkdir(base, 0777), 0);
    assert_int_equal(sys_mkdirat(AT_FDCWD, base, 0777), 0);
  }
  assert_int_equal(chdir(base), 0);
  assert_int_equal(sys_chdir(base), 0);
}

static void test_as_the_host(void **state)
{
  (void) state;
  make_folders();
  random_state = (uint64_t) time(NULL);
  print_message("seed %lu\n", (unsigned long) random_state);
  for (int i = 0; i < FILES; i++)
  {
    host_fd[i] = open(".", O_RDONLY);
    guest_fd[i] = sys_open(".", O_RDONLY, 0);
    assert_true(guest_fd[i] >= 0);
  }
  for (int i = 0; i < ROUNDS; i++)
  {
    switch (pick(10))
    {
    case 0:
      do_stat();
      break;
    case 1:
    case 2:
      do_open();
      break;
    case 3:
    case 4:
      do_name();
      break;
    case 5:
      do_two_names();
      break;
    case 6:
      do_readlink();
      break;
    case 7:
      do_list();
      break;
    case 8:
      do_working_folder();
      break;
    default:
      do_bytes();
    }
  }
  for (int i = 0; i < FILES; i++)
  {
    close(host_fd[i]);
    sys_close(guest_fd[i]);
  }
  char command[128];
  assert_int_equal(chdir("/"), 0);
  assert_int_equal(strlen(top), strlen("/tmp/uhyve-files.XXXXXX"));
  snprintf(command, sizeof(command), "rm -rf -- '%s'", top);
  assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

int main(void)
{
  umask(022);
  info.umask = 022;
  info.user = geteuid();
  info.group = getegid();
  info.descriptor_limit.soft = 100;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_the_host),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
