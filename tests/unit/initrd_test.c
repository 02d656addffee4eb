/* Tests of guest/fs/initrd*.c on archives that the real tar and cpio make, whole and broken. */
#include "fs/initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mm/kernel_heap.h"
#include "unit_test.h"

#define ENTRIES_MAX   4096
#define MUTATIONS     1500
#define SMALL_BYTES   3000
#define LARGE_BYTES   70001
#define ARCHIVE_BYTES (4 * MIB)

/* ---- A root that only takes notes ---- */

struct noted
{
  char *path;
  struct stat status;
  const unsigned char *data;
  size_t len;
};

static struct noted noted[ENTRIES_MAX];
static size_t noted_count;

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

static struct noted *find(const char *path)
{
  for (size_t i = 0; i < noted_count; i++)
    if (strcmp(noted[i].path, path) == 0)
      return &noted[i];
  return NULL;
}

/* All of what it is given must be readable. */
static unsigned char sum_of(const void *data, size_t len)
{
  const unsigned char *bytes = data;
  unsigned char sum = 0;
  for (size_t i = 0; i < len; i++)
    sum ^= bytes[i];
  return sum;
}

static volatile unsigned char all_sums;

int ram_add(struct mount *mount, const char *path, const struct stat *status, const void *data,
            size_t len_bytes)
{
  (void) mount;
  assert_true(path[0] != '\0' && path[0] != '/' && strstr(path, "//") == NULL);
  all_sums ^= sum_of(data, len_bytes);
  struct noted *entry = find(path);
  if (entry == NULL && noted_count == ENTRIES_MAX)
    return -ENOMEM;
  if (entry == NULL)
    entry = &noted[noted_count++];
  else
    free(entry->path);
  *entry = (struct noted){strdup(path), *status, data, len_bytes};
  return 0;
}

static int note_link(struct walk *from, struct walk *to)
{
  const struct noted *entry = find(from->name);
  if (entry == NULL)
    return -ENOENT;
  if (strcmp(from->name, to->name) == 0)
    return -EEXIST;
  struct noted old = *entry;
  return ram_add(to->mount, to->name, &old.status, old.data, old.len);
}

static const struct file_system noting = {.name = "noting", .link = note_link};
static struct mount root = {.file_system = &noting, .point = ""};

static void forget(void)
{
  while (noted_count > 0)
    free(noted[--noted_count].path);
}

static const char *read_it(const void *archive, size_t len, size_t *at)
{
  forget();
  return initrd_read(&root, archive, len, at);
}

/* ---- A tree of files to pack ---- */

static char folder[] = "/tmp/initrd-test-XXXXXX";
static unsigned char *archive;
static size_t archive_len;
static size_t tree_count;

static void write_file(const char *name, size_t len)
{
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  for (size_t i = 0; i < len; i++)
    putc((int) (i * 7 + len) & 0xff, file);
  assert_int_equal(fclose(file), 0);
}

static int make_tree(void **state)
{
  (void) state;
  static char long_name[241];
  static char deep[700];
  memset(long_name, 'n', 240);
  archive = malloc(ARCHIVE_BYTES);
  if (archive == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0 ||
      mkdir("tree", 0755) != 0 || chdir("tree") != 0 || mkdir("folder", 0750) != 0 ||
      mkdir("empty", 0700) != 0)
    return -1;
  write_file("nothing", 0);
  write_file("small", SMALL_BYTES);
  write_file("folder/large", LARGE_BYTES);
  write_file("folder/block", 512);
  write_file("with spaces\tand\xc3\xa4", 5);
  write_file(long_name, 9);
  if (link("small", "folder/second name") != 0 || link("small", "third") != 0 ||
      link("nothing", "nothing too") != 0 || symlink("folder/large", "link") != 0 ||
      symlink("/absolute/target", "folder/out") != 0 || symlink(long_name, "to long") != 0 ||
      chmod("small", 0640) != 0 || chmod("nothing", 04711) != 0)
    return -1;
  for (int i = 0; i < 5; i++)
  {
    strcat(deep, i == 0 ? "deeper" : "/deeper");
    for (int j = 0; j < 90; j++)
      strcat(deep, "x");
    if (mkdir(deep, 0755) != 0)
      return -1;
  }
  strcat(deep, "/leaf");
  write_file(deep, 33);
  if (link(deep, "to the leaf") != 0)
    return -1;
  return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
  (void) status;
  (void) kind;
  (void) walk;
  return remove(path);
}

static int remove_tree(void **state)
{
  (void) state;
  forget();
  free(archive);
  return chdir("/") != 0 ? -1 : nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void pack(const char *command)
{
  FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
  assert_non_null(pipe);
  archive_len = fread(archive, 1, ARCHIVE_BYTES, pipe);
  assert_int_equal(pclose(pipe), 0);
  assert_true(archive_len > 0 && archive_len < ARCHIVE_BYTES);
}

static int compare_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
  (void) walk;
  if (strcmp(path, ".") == 0)
    return 0;
  static unsigned char bytes[LARGE_BYTES + 1];
  const struct noted *entry = find(path + 2);
  tree_count++;
  assert_non_null(entry);
  assert_int_equal(entry->status.st_mode, status->st_mode);
  assert_int_equal(entry->status.st_uid, status->st_uid);
  assert_int_equal(entry->status.st_mtim.tv_sec, status->st_mtim.tv_sec);
  if (kind == FTW_D)
  {
    assert_int_equal(entry->len, 0);
    return 0;
  }
  assert_int_equal(entry->len, status->st_size);
  ssize_t len;
  if (kind == FTW_SL)
    len = readlink(path, (char *) bytes, sizeof(bytes));
  else
  {
    int fd = open(path, O_RDONLY);
    len = read(fd, bytes, sizeof(bytes));
    close(fd);
  }
  assert_int_equal(len, entry->len);
  if (len > 0)
    assert_memory_equal(bytes, entry->data, entry->len);
  return 0;
}

static void expect_whole_tree(const char *command)
{
  size_t at;
  pack(command);
  unsigned char *exact = malloc(archive_len);
  memcpy(exact, archive, archive_len);
  const char *problem = read_it(exact, archive_len, &at);
  if (problem != NULL)
    fail_msg("%s: %s at %zu", command, problem, at);
  tree_count = 0;
  assert_int_equal(nftw(".", compare_one, 16, FTW_PHYS), 0);
  assert_int_equal(tree_count, noted_count);
  free(exact);
}

/* Broken ones give a text or what they say now; nothing else happens. */
static void expect_no_harm(void)
{
  uint64_t random = archive_len;
  size_t at;
  for (int i = 0; i < MUTATIONS; i++)
  {
    size_t len = archive_len;
    if (i % 3 == 0)
      len = random_next(&random) % (archive_len + 1);
    unsigned char *broken = malloc(len + 1);
    memcpy(broken, archive, len);
    for (uint64_t flips = random_next(&random) % 4; flips > 0 && len > 0; flips--)
    {
      /* Headers more often than data. */
      size_t where = random_next(&random) % len;
      if (random_next(&random) % 2 == 0)
        where = where / 512 * 512 + random_next(&random) % 160;
      if (where < len)
        broken[where] = random_next(&random) % 2 == 0
                            ? (unsigned char) random_next(&random)
                            : (unsigned char) ('0' + random_next(&random) % 8);
    }
    unsigned char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, broken, len);
    free(broken);
    const char *problem = read_it(exact, len, &at);
    if (problem != NULL)
      assert_true(at <= len || strcmp(problem, "it ends too soon") == 0);
    if (i % 3 == 0 && len < archive_len - 20ul * 512)
      assert_non_null(problem);
    forget();
    free(exact);
  }
}

static void tar_archives_are_read(void **state)
{
  (void) state;
  expect_whole_tree("tar -c --sort=name --format=gnu .");
  expect_whole_tree("tar -c --format=pax .");
  expect_whole_tree("tar -c --format=pax --sort=name ./*");
  expect_whole_tree("tar -c --format=gnu -P \"$PWD\"/* --transform=\"s,$PWD/,//./,;s,//*,/,g\" "
                    "--transform='flags=r;s,^/,,' 2>/dev/null");
  expect_whole_tree("tar -c --format=gnu --hard-dereference .");
}

static void ustar_archives_are_read(void **state)
{
  (void) state;
  size_t at;
  pack("tar -c --format=ustar small folder nothing empty link third 'nothing too'");
  assert_null(read_it(archive, archive_len, &at));
  assert_non_null(find("folder/large"));
  assert_int_equal(find("third")->len, SMALL_BYTES);
  assert_true(S_ISLNK(find("link")->status.st_mode));
  pack("tar -c --format=v7 small folder nothing link third");
  assert_null(read_it(archive, archive_len, &at));
  assert_true(S_ISDIR(find("folder")->status.st_mode));
  assert_memory_equal(find("link")->data, "folder/large", find("link")->len);
}

static void a_prefix_is_put_in_front(void **state)
{
  (void) state;
  size_t at;
  pack("tar -c --format=ustar --no-recursion deeper*/deeper* small");
  assert_null(read_it(archive, archive_len, &at));
  assert_int_equal(noted_count, 2);
  assert_true(strlen(noted[0].path) > 100 && S_ISDIR(noted[0].status.st_mode));
  assert_int_equal(access(noted[0].path, F_OK), 0);
}

static void cpio_archives_are_read(void **state)
{
  (void) state;
  expect_whole_tree("find . | cpio --quiet -o -H newc");
  expect_whole_tree("find . | cpio --quiet -o -H crc");
  expect_whole_tree("find . -depth | cpio --quiet -o -H newc");
}

/* As programs other than cpio write it. */
static void the_null_behind_a_link_is_no_part_of_it(void **state)
{
  (void) state;
  static const char bytes[] =
      "070701000000010000A1FF000000000000000000000001000000000000000700000000"
      "00000000000000000000000000000005"
      "00000000link\0\0target\0\0"
      "0707010000000000000000000000000000000000000001000000000000000000000000"
      "0000000000000000000000000000000B00000000TRAILER!!!\0\0\0\0";
  size_t at;
  assert_null(read_it(bytes, sizeof(bytes) - 1, &at));
  assert_int_equal(find("link")->len, strlen("target"));
}

static void a_name_has_no_null(void **state)
{
  (void) state;
  size_t at;
  pack("tar -c --format=pax --pax-option='path:=folder/x' small");
  char *name = memmem(archive, archive_len, "folder/x", strlen("folder/x"));
  assert_non_null(name);
  name[3] = '\0';
  const char *problem = read_it(archive, archive_len, &at);
  assert_non_null(problem);
  assert_non_null(strstr(problem, "bad name"));
}

static void broken_tar_archives_do_no_harm(void **state)
{
  (void) state;
  pack("tar -c --format=gnu .");
  expect_no_harm();
  pack("tar -c --format=pax .");
  expect_no_harm();
}

static void broken_cpio_archives_do_no_harm(void **state)
{
  (void) state;
  pack("find . | cpio --quiet -o -H newc");
  expect_no_harm();
  pack("find . | cpio --quiet -o -H crc");
  expect_no_harm();
}

static void expect_problem(const void *bytes, size_t len, const char *text)
{
  size_t at;
  const char *problem = read_it(bytes, len, &at);
  assert_non_null(problem);
  if (strstr(problem, text) == NULL)
    fail_msg("%s is not: %s", problem, text);
}

static void problems_are_named(void **state)
{
  (void) state;
  static unsigned char zeros[10240];
  size_t at;
  assert_null(read_it(zeros, sizeof(zeros), &at));
  assert_int_equal(noted_count, 0);
  expect_problem(zeros, 0, "empty");
  expect_problem(zeros, 100, "neither");
  expect_problem("#!/bin/sh\n", 10, "neither");
  pack("tar -c . | gzip -1");
  expect_problem(archive, archive_len, "compressed");
  pack("tar -c --format=gnu small folder");
  expect_problem(archive, 1000, "ends too soon");
  expect_problem(archive, 1024, "ends too soon");
  archive[1] ^= 1;
  expect_problem(archive, archive_len, "neither");
  pack("tar -c --format=gnu folder small");
  for (size_t i = 0; i + 512 < archive_len; i += 512)
    if (memcmp(archive + i, "small", 6) == 0)
      archive[i + 1] ^= 1;
  expect_problem(archive, archive_len, "checksum");
  pack("tar -c --format=gnu -P --transform='s,^,../,' folder");
  expect_problem(archive, archive_len, "bad name");
  pack("find . | cpio --quiet -o -H newc");
  expect_problem(archive, 112, "ends too soon");
  expect_problem(archive, archive_len - 600, "ends too soon");
  pack("echo folder/large | cpio --quiet -o -H crc");
  archive[LARGE_BYTES / 2] ^= 1;
  expect_problem(archive, archive_len, "checksum");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tar_archives_are_read),
      cmocka_unit_test(ustar_archives_are_read),
      cmocka_unit_test(a_prefix_is_put_in_front),
      cmocka_unit_test(cpio_archives_are_read),
      cmocka_unit_test(the_null_behind_a_link_is_no_part_of_it),
      cmocka_unit_test(a_name_has_no_null),
      cmocka_unit_test(broken_tar_archives_do_no_harm),
      cmocka_unit_test(broken_cpio_archives_do_no_harm),
      cmocka_unit_test(problems_are_named),
  };
  return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
