/* Tests of uhyve/path_calls.c: what each operation does, to what it leads, and where it must not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* In the folder, with what the operation needs besides a path. */
static int64_t act(uint32_t operation, const char *path)
{
  return file_guest_path(&guest, MAPPING_FOLDER, operation, path, NULL, NULL);
}

static int64_t act_on(uint32_t operation, const char *path, const char *other, int64_t argument)
{
  struct hc_path block = {.argument = {argument}};
  return file_guest_path(&guest, MAPPING_FOLDER, operation, path, other, &block);
}

static int64_t to_buffer(uint32_t mapping, uint32_t operation, const char *path, int64_t argument,
                         uint64_t bytes)
{
  struct hc_path block = {.argument = {argument}, .buffer = {GUEST_BUFFER, bytes}};
  return file_guest_path(&guest, mapping, operation, path, NULL, &block);
}

static ino_t ino_of(const char *path)
{
  return scratch_stat(&guest.scratch, path).st_ino;
}

static bool is_there(const char *path)
{
  return faccessat(guest.scratch.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void status(void **state)
{
  (void) state;
  struct hc_stat *found = file_guest_hva(&guest, GUEST_BUFFER);
  const uint64_t bytes = sizeof(*found);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_STAT, "link/inner", 0, bytes), 0);
  assert_int_equal(found->ino, ino_of("root/folder/inner"));
  assert_int_equal(found->size_bytes, 5);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_STAT, "link", 0, bytes), 0);
  assert_int_equal(found->ino, ino_of("root/folder"));
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_STAT, "link", 1, bytes), 0);
  assert_int_equal(found->ino, ino_of("root/link"));
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_STAT, "link/", 1, bytes), 0);
  assert_int_equal(found->ino, ino_of("root/folder"));
  assert_int_equal(to_buffer(MAPPING_FILE, HC_PATH_STAT, "", 0, bytes), 0);
  assert_int_equal(found->ino, ino_of("root/file"));
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_STAT, "none", 0, bytes), -ENOENT);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_STAT, "file/", 0, bytes), -ENOTDIR);
  assert_int_equal(to_buffer(MAPPING_FILE, HC_PATH_STAT, "x", 0, bytes), -ENOTDIR);
  const struct hc_space *space = file_guest_hva(&guest, GUEST_BUFFER);
  const uint64_t space_bytes = sizeof(*space);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_SPACE, "folder", 0, space_bytes), 0);
  assert_int_equal(space->flags & 1, 0);
  assert_int_equal(to_buffer(MAPPING_READ_ONLY, HC_PATH_SPACE, "folder", 0, space_bytes), 0);
  assert_int_equal(space->flags & 1, 1);
  assert_true(space->blocks > 0);
}

static void access_and_links(void **state)
{
  (void) state;
  struct hc_path block = {.argument = {R_OK | W_OK}};
  assert_int_equal(act_on(HC_PATH_ACCESS, "file", NULL, R_OK | W_OK), 0);
  assert_int_equal(act_on(HC_PATH_ACCESS, "file", NULL, X_OK), -EACCES);
  assert_int_equal(act_on(HC_PATH_ACCESS, "none", NULL, F_OK), -ENOENT);
  assert_int_equal(act_on(HC_PATH_ACCESS, "file", NULL, 8), -EINVAL);
  assert_int_equal(act_on(HC_PATH_ACCESS, "file", NULL, -1), -EINVAL);
  assert_int_equal(file_guest_path(&guest, MAPPING_READ_ONLY, HC_PATH_ACCESS, "file", NULL, &block),
                   -EROFS);

  char *text = file_guest_hva(&guest, GUEST_BUFFER);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "link", 0, 4096), 6);
  assert_memory_equal(text, "folder", 6);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "link", 0, 3), 3);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "link", 0, 0), -EINVAL);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "link/", 0, 10), -EINVAL);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "file", 0, 10), -EINVAL);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "", 0, 10), -EINVAL);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "none", 0, 10), -ENOENT);
  assert_int_equal(to_buffer(MAPPING_FILE, HC_PATH_READLINK, "", 0, 10), -EINVAL);
}

static void names_are_made_and_removed(void **state)
{
  (void) state;
  mode_t mask = umask(0);
  assert_int_equal(act_on(HC_PATH_MKDIR, "link/new", NULL, 0xf0000 | 0750), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/folder/new").st_mode, S_IFDIR | 0750);
  umask(mask);
  assert_int_equal(act_on(HC_PATH_MKDIR, "other/", NULL, 0755), 0);
  assert_int_equal(act(HC_PATH_MKDIR, "other"), -EEXIST);
  assert_int_equal(act(HC_PATH_MKDIR, "link"), -EEXIST);
  assert_int_equal(act(HC_PATH_MKDIR, "none/x"), -ENOENT);
  assert_int_equal(act(HC_PATH_MKDIR, "file/x"), -ENOTDIR);
  assert_int_equal(act(HC_PATH_RMDIR, "folder"), -ENOTEMPTY);
  assert_int_equal(act(HC_PATH_RMDIR, "file"), -ENOTDIR);
  assert_int_equal(act(HC_PATH_RMDIR, "link"), -ENOTDIR);
  assert_int_equal(act(HC_PATH_RMDIR, "link/"), -ENOTDIR);
  assert_int_equal(act(HC_PATH_RMDIR, "folder/new/."), -EINVAL);
  assert_int_equal(act(HC_PATH_RMDIR, "folder/new/.."), -ENOTEMPTY);
  assert_int_equal(act(HC_PATH_RMDIR, "folder/new/"), 0);
  assert_int_equal(act(HC_PATH_RMDIR, "other"), 0);
  assert_int_equal(act(HC_PATH_UNLINK, "folder"), -EISDIR);
  assert_int_equal(act(HC_PATH_UNLINK, "file/"), -ENOTDIR);
  assert_int_equal(act(HC_PATH_UNLINK, "none"), -ENOENT);
  assert_int_equal(act(HC_PATH_UNLINK, "link/inner"), 0);
  assert_false(is_there("root/folder/inner"));
  assert_int_equal(act(HC_PATH_UNLINK, "link"), 0);
  assert_true(is_there("root/folder"));
  assert_int_equal(act_on(HC_PATH_SYMLINK, "sym", "/any thing/..", 0), 0);
  assert_int_equal(act_on(HC_PATH_SYMLINK, "sym", "x", 0), -EEXIST);
  assert_int_equal(act_on(HC_PATH_SYMLINK, "sym2", "", 0), -ENOENT);
  assert_int_equal(to_buffer(MAPPING_FOLDER, HC_PATH_READLINK, "sym", 0, 100), 13);
  assert_memory_equal(file_guest_hva(&guest, GUEST_BUFFER), "/any thing/..", 13);
}

static void files_get_other_names(void **state)
{
  (void) state;
  ino_t file = ino_of("root/file");
  assert_int_equal(act_on(HC_PATH_LINK, "link/hard", "file", 0), 0);
  assert_int_equal(ino_of("root/folder/hard"), file);
  assert_int_equal(act_on(HC_PATH_LINK, "hard", "none", 0), -ENOENT);
  assert_int_equal(act_on(HC_PATH_LINK, "file", "folder/hard", 0), -EEXIST);
  assert_int_equal(act_on(HC_PATH_LINK, "hard", "folder", 0), -EPERM);
  scratch_link(&guest.scratch, "root/to-file", "file");
  scratch_link(&guest.scratch, "root/out", "../secret");
  scratch_file(&guest.scratch, "secret", "out");
  assert_int_equal(act_on(HC_PATH_LINK, "followed", "to-file", 1), 0);
  assert_int_equal(ino_of("root/followed"), file);
  assert_int_equal(act_on(HC_PATH_LINK, "same", "to-file", 0), 0);
  assert_int_equal(ino_of("root/same"), ino_of("root/to-file"));
  assert_int_equal(act_on(HC_PATH_LINK, "stolen", "out", 1), -ENOENT);
  assert_int_equal(act_on(HC_PATH_LINK, "stolen", "../secret", 0), -ENOENT);

  assert_int_equal(act_on(HC_PATH_RENAME, "folder/moved", "file", 0), 0);
  assert_int_equal(ino_of("root/folder/moved"), file);
  assert_int_equal(act_on(HC_PATH_RENAME, "x", "file", 0), -ENOENT);
  assert_int_equal(act_on(HC_PATH_RENAME, "folder/inner", "followed", RENAME_NOREPLACE), -EEXIST);
  assert_int_equal(act_on(HC_PATH_RENAME, "folder/inner", "to-file", RENAME_EXCHANGE), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/to-file").st_size, 5);
  assert_int_equal(act_on(HC_PATH_RENAME, "x", "to-file", RENAME_WHITEOUT), -EINVAL);
  assert_int_equal(act_on(HC_PATH_RENAME, "x", "to-file", -1), -EINVAL);
  assert_int_equal(act_on(HC_PATH_RENAME, "folder/sub", "folder", 0), -EINVAL);
  assert_int_equal(act_on(HC_PATH_RENAME, "../x", "to-file", 0), 0);
  assert_true(is_there("root/x"));
  assert_int_equal(act_on(HC_PATH_RENAME, "..", "x", 0), -EBUSY);
  assert_int_equal(act_on(HC_PATH_RENAME, "y", "folder/..", 0), -EBUSY);
}

static void files_change(void **state)
{
  (void) state;
  struct hc_path block = {.argument = {0xf0000 | 0640}};
  assert_int_equal(act_on(HC_PATH_MODE, "link/inner", NULL, 0xf0000 | 0640), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/folder/inner").st_mode, S_IFREG | 0640);
  assert_int_equal(act_on(HC_PATH_MODE, "file", NULL, 07755), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_mode, S_IFREG | 01755);
  assert_int_equal(act_on(HC_PATH_MODE, "folder", NULL, 02775), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/folder").st_mode, S_IFDIR | 02775);
  assert_int_equal(act_on(HC_PATH_TRUNCATE, "file", NULL, 3), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_size, 3);
  assert_int_equal(act_on(HC_PATH_TRUNCATE, "file", NULL, -1), -EINVAL);
  assert_int_equal(act_on(HC_PATH_TRUNCATE, "folder", NULL, 0), -EISDIR);
  assert_int_equal(act_on(HC_PATH_TRUNCATE, "none", NULL, 0), -ENOENT);
  block = (struct hc_path){.argument = {1, 2, 3, 4, 1}};
  assert_int_equal(file_guest_path(&guest, 0, HC_PATH_TIMES, "link", NULL, &block), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/link").st_mtim.tv_sec, 3);
  assert_int_not_equal(scratch_stat(&guest.scratch, "root/folder").st_mtim.tv_sec, 3);
  block.argument[4] = 0;
  assert_int_equal(file_guest_path(&guest, 0, HC_PATH_TIMES, "link", NULL, &block), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/folder").st_mtim.tv_nsec, 4);
  block = (struct hc_path){.argument = {-1, -1, 1}};
  assert_int_equal(file_guest_path(&guest, 0, HC_PATH_OWNER, "link", NULL, &block), 0);
  if (geteuid() == 0)
  {
    block = (struct hc_path){.argument = {12, 34, 1}};
    assert_int_equal(file_guest_path(&guest, 0, HC_PATH_OWNER, "link", NULL, &block), 0);
    assert_int_equal(scratch_stat(&guest.scratch, "root/link").st_uid, 12);
    assert_int_equal(scratch_stat(&guest.scratch, "root/folder").st_uid, 0);
  }
}

static int64_t in(uint32_t mapping, uint32_t operation, const char *path, const char *other)
{
  struct hc_path block = {.other_mapping = mapping};
  return file_guest_path(&guest, mapping, operation, path, other, &block);
}

static void read_only_mappings_stay_as_they_are(void **state)
{
  (void) state;
  const uint32_t mapping = MAPPING_READ_ONLY;
  static const uint32_t changing[] = {HC_PATH_MODE,     HC_PATH_OWNER,  HC_PATH_TIMES,
                                      HC_PATH_TRUNCATE, HC_PATH_UNLINK, HC_PATH_RMDIR};
  for (size_t i = 0; i < COUNT_OF(changing); i++)
    assert_int_equal(in(mapping, changing[i], "file", NULL), -EROFS);
  assert_int_equal(in(mapping, HC_PATH_MODE, "none", NULL), -ENOENT);
  assert_int_equal(in(mapping, HC_PATH_UNLINK, "none/x", NULL), -ENOENT);
  assert_int_equal(in(mapping, HC_PATH_MKDIR, "new", NULL), -EROFS);
  assert_int_equal(in(mapping, HC_PATH_MKDIR, "file", NULL), -EEXIST);
  assert_int_equal(in(mapping, HC_PATH_MKDIR, "link/", NULL), -EEXIST);
  assert_int_equal(in(mapping, HC_PATH_SYMLINK, "new", "x"), -EROFS);
  assert_int_equal(in(mapping, HC_PATH_SYMLINK, "link", "x"), -EEXIST);
  assert_int_equal(in(mapping, HC_PATH_LINK, "new", "file"), -EROFS);
  assert_int_equal(in(mapping, HC_PATH_LINK, "link", "file"), -EEXIST);
  assert_int_equal(in(mapping, HC_PATH_RENAME, "new", "file"), -EROFS);
  assert_true(is_there("root/file"));
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_size, 7);
}

static void mappings_are_apart(void **state)
{
  (void) state;
  struct hc_path block = {.other_mapping = MAPPING_READ_ONLY};
  assert_int_equal(file_guest_path(&guest, 0, HC_PATH_RENAME, "new", "file", &block), -EXDEV);
  assert_int_equal(file_guest_path(&guest, 0, HC_PATH_LINK, "new", "file", &block), -EXDEV);
  /* Where no other is named its mapping does not count. */
  block.other_mapping = 1000;
  assert_int_equal(file_guest_path(&guest, 0, HC_PATH_SYMLINK, "new", "file", &block), 0);
}

/* The mapping itself is no name in it. */
static void mappings_have_no_name(void **state)
{
  (void) state;
  for (unsigned int i = 0; i < 2; i++)
  {
    const char *root = i == 0 ? "" : "//";
    assert_int_equal(in(MAPPING_FOLDER, HC_PATH_UNLINK, root, NULL), -EISDIR);
    assert_int_equal(in(MAPPING_FOLDER, HC_PATH_RMDIR, root, NULL), -EBUSY);
    assert_int_equal(in(MAPPING_FOLDER, HC_PATH_MKDIR, root, NULL), -EEXIST);
    assert_int_equal(in(MAPPING_FOLDER, HC_PATH_SYMLINK, root, "x"), -EEXIST);
    assert_int_equal(in(MAPPING_FOLDER, HC_PATH_LINK, root, "file"), -EEXIST);
    assert_int_equal(in(MAPPING_FOLDER, HC_PATH_RENAME, root, "file"), -EBUSY);
    assert_int_equal(in(MAPPING_FOLDER, HC_PATH_RENAME, "new", root), -EBUSY);
  }
  assert_int_equal(in(MAPPING_FILE, HC_PATH_UNLINK, "", NULL), -EBUSY);
  assert_int_equal(in(MAPPING_FILE, HC_PATH_RMDIR, "", NULL), -ENOTDIR);
  assert_int_equal(in(MAPPING_FILE, HC_PATH_MKDIR, "", NULL), -EEXIST);
  assert_int_equal(in(MAPPING_FILE, HC_PATH_MKDIR, "x", NULL), -ENOTDIR);
  assert_int_equal(in(MAPPING_FILE, HC_PATH_UNLINK, "../folder/inner", NULL), -ENOTDIR);
  assert_int_equal(in(MAPPING_FILE, HC_PATH_RENAME, "", ""), -EBUSY);
  assert_int_equal(in(MAPPING_FILE, HC_PATH_TRUNCATE, "", NULL), 0);
  assert_int_equal(scratch_stat(&guest.scratch, "root/file").st_size, 0);
}

static void assert_broken(struct hc_path block, const char *says)
{
  assert_int_equal(file_guest_call(&guest, HC_path, &block, sizeof(block)), HYPERCALL_BROKEN);
  if (strstr(guest.message, says) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", guest.message, says);
}

static void broken_blocks(void **state)
{
  (void) state;
  const struct hc_segment forbidden = {GUEST_FORBIDDEN, 8};
  assert_broken((struct hc_path){.operation = HC_PATH_OPERATIONS}, "there is no operation 15");
  assert_broken((struct hc_path){.operation = UINT32_MAX}, "there is no operation 4294967295");
  for (uint32_t operation = 0; operation < HC_PATH_OPERATIONS; operation++)
  {
    struct hc_path block = {.operation = operation, .path = {forbidden}};
    assert_broken(block, "segment 0 (0x8 bytes at 0x90000) is not memory the guest may read");
    block.mapping = MAPPINGS;
    if (operation != HC_PATH_EXPLAIN)
      assert_broken(block, "there is no mapping 3");
  }
  static const uint32_t with_other[] = {HC_PATH_SYMLINK, HC_PATH_LINK, HC_PATH_RENAME};
  for (size_t i = 0; i < COUNT_OF(with_other); i++)
  {
    struct hc_path block = {.operation = with_other[i], .other = {{0}, forbidden}};
    assert_broken(block, "segment 1 (0x8 bytes at 0x90000) is not memory the guest may read");
    block.other_mapping = MAPPINGS;
    assert_broken(block, with_other[i] == HC_PATH_SYMLINK ? "segment 1" : "there is no mapping 3");
  }
  static const uint32_t to_buffers[] = {HC_PATH_STAT, HC_PATH_READLINK, HC_PATH_SPACE};
  for (size_t i = 0; i < COUNT_OF(to_buffers); i++)
  {
    struct hc_path block = {.operation = to_buffers[i], .buffer = {GUEST_READ_ONLY, 200}};
    assert_broken(block, "segment 0 (0xc8 bytes at 0x80000) is not memory the guest may write");
  }
  assert_broken((struct hc_path){.operation = HC_PATH_STAT, .buffer = {GUEST_BUFFER, 143}},
                "a buffer of 143 bytes, operation 0 needs 144");
  assert_broken((struct hc_path){.operation = HC_PATH_SPACE, .buffer = {GUEST_BUFFER, 87}},
                "a buffer of 87 bytes, operation 13 needs 88");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(status, set_up, tear_down),
      cmocka_unit_test_setup_teardown(access_and_links, set_up, tear_down),
      cmocka_unit_test_setup_teardown(names_are_made_and_removed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(files_get_other_names, set_up, tear_down),
      cmocka_unit_test_setup_teardown(files_change, set_up, tear_down),
      cmocka_unit_test_setup_teardown(read_only_mappings_stay_as_they_are, set_up, tear_down),
      cmocka_unit_test_setup_teardown(mappings_are_apart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(mappings_have_no_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_blocks, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
