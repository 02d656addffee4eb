/* symlink() and readlink(), and what paths that lead over symbolic links come to. */
#include "file_check.h"

#define MOST_LINKS 40 /* that a path is followed over */

static void test_make_and_read(void)
{
  char text[PATH_BYTES + 100];
  GIVES(symlink("some/where", "link"), 0);
  memset(text, '-', sizeof(text));
  GIVES(readlink("link", text, sizeof(text)), 10);
  CHECK(memcmp(text, "some/where-", 11) == 0);
  memset(text, '-', sizeof(text));
  GIVES(readlink("link", text, 4), 4);
  CHECK(memcmp(text, "some-", 5) == 0);
  GIVES(readlink("link", text, 10), 10);
  FAILS(readlink("link", text, 0), EINVAL);
  FAILS(symlink("x", "link"), EEXIST);
  GIVES(symlink("/absolute/../and odd//./", "odd"), 0);
  GIVES(readlink("odd", text, sizeof(text)), 24);
  CHECK(memcmp(text, "/absolute/../and odd//./", 24) == 0);

  write_file("file", "text");
  CHECK(mkdir("folder", 0755) == 0);
  FAILS(readlink("file", text, sizeof(text)), EINVAL);
  FAILS(readlink("folder", text, sizeof(text)), EINVAL);
  FAILS(readlink("absent", text, sizeof(text)), ENOENT);
  FAILS(readlink("", text, sizeof(text)), ENOENT);
  FAILS(readlink("file/x", text, sizeof(text)), ENOTDIR);
  FAILS(symlink("", "empty"), ENOENT);
  FAILS(symlink("x", ""), ENOENT);
  FAILS(symlink("x", "file"), EEXIST);
  FAILS(symlink("x", "folder"), EEXIST);
  FAILS(symlink("x", "absent/link"), ENOENT);
  FAILS(symlink("x", "file/link"), ENOTDIR);
  FAILS(symlink("x", "new/"), ENOENT);
  FAILS(symlink("x", name_of('n', NAME_BYTES + 1)), ENAMETOOLONG);
}

/* What a link says may be as long as a path, but for a byte that not every file system has. */
static void test_long_targets(void)
{
  char target[PATH_BYTES + 1], text[PATH_BYTES + 100];
  memset(target, 't', sizeof(target));
  target[PATH_BYTES] = '\0';
  FAILS(symlink(target, "too_long"), ENAMETOOLONG);
  target[PATH_BYTES - 2] = '\0';
  GIVES(symlink(target, "long"), 0);
  GIVES(readlink("long", text, sizeof(text)), PATH_BYTES - 2);
  CHECK(memcmp(text, target, PATH_BYTES - 2) == 0);
  FAILS(open("long", O_RDONLY), ENAMETOOLONG);
  struct stat status;
  CHECK(lstat("long", &status) == 0 && status.st_size == PATH_BYTES - 2);
}

static void test_following(void)
{
  CHECK(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && mkdir("c", 0755) == 0);
  write_file("a/b/file", "deep");
  write_file("a/beside", "beside");
  CHECK(symlink("a/b", "short") == 0);
  CHECK(file_is("short/file", "deep"));
  /* Relative to where the link is; '..' goes up from where it leads to. */
  CHECK(file_is("short/../beside", "beside"));
  CHECK(symlink("../a/beside", "c/up") == 0);
  CHECK(file_is("c/up", "beside"));
  CHECK(symlink("../../c/up", "a/b/over") == 0);
  CHECK(file_is("short/over", "beside"));
  CHECK(symlink(".", "here") == 0);
  CHECK(file_is("here/here/here/c/up", "beside"));
  CHECK(symlink("a/b/", "slash") == 0 && file_is("slash/file", "deep"));
  char absolute[PATH_BYTES + 20];
  snprintf(absolute, sizeof(absolute), "%s/a/b", work_folder);
  if (symlink(absolute, "absolute") == 0 && strncmp(work_folder, "/tmp", 4) == 0)
    CHECK(file_is("absolute/file", "deep"));

  struct stat status;
  CHECK(lstat("short", &status) == 0 && S_ISLNK(status.st_mode));
  CHECK(lstat("short/", &status) == 0 && S_ISDIR(status.st_mode));
  CHECK(lstat("short/.", &status) == 0 && S_ISDIR(status.st_mode));
  FAILS(rmdir("short"), ENOTDIR);
  FAILS(rmdir("short/"), ENOTDIR);
  FAILS(unlink("short/"), ENOTDIR);
  FAILS(mkdir("short", 0755), EEXIST);
  char text[20];
  FAILS(readlink("short/", text, sizeof(text)), EINVAL);
  CHECK(chmod("short", 0700) == 0 && mode_of("a/b") == 0700);
}

static void test_dangling(void)
{
  CHECK(symlink("later", "early") == 0);
  FAILS(open("early", O_RDONLY), ENOENT);
  FAILS(chdir("early"), ENOENT);
  FAILS(mkdir("early", 0755), EEXIST);
  FAILS(truncate("early", 0), ENOENT);
  write_file("early", "made");
  CHECK(file_is("later", "made"));
  CHECK(unlink("later") == 0 && mkdir("later", 0755) == 0);
  GIVES(chdir("early"), 0);
  GIVES(chdir(".."), 0);
  CHECK(symlink("absent/new", "lost") == 0);
  FAILS(open("lost", O_WRONLY | O_CREAT, 0600), ENOENT);
}

static void test_loops(void)
{
  struct stat status;
  CHECK(symlink("self", "self") == 0);
  FAILS(open("self", O_RDONLY), ELOOP);
  FAILS(open("self", O_RDWR | O_CREAT, 0600), ELOOP);
  FAILS(open("self", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
  FAILS(open("self/x", O_RDONLY), ELOOP);
  CHECK(symlink("pong", "ping") == 0 && symlink("ping", "pong") == 0);
  FAILS(stat("ping", &status), ELOOP);
  FAILS(chdir("pong"), ELOOP);
  FAILS(mkdir("ping/x", 0755), ELOOP);
  FAILS(chmod("ping", 0755), ELOOP);
  FAILS(truncate("ping", 0), ELOOP);
  CHECK(lstat("ping", &status) == 0);
  GIVES(rename("ping", "ping2"), 0);
  GIVES(unlink("ping2"), 0);
}

/* chain0 is the file, each further one a link to the one before. */
static void test_chain(void)
{
  char name[20], target[20];
  write_file("chain0", "end");
  for (int i = 1; i <= MOST_LINKS + 1; i++)
  {
    snprintf(name, sizeof(name), "chain%d", i);
    snprintf(target, sizeof(target), "chain%d", i - 1);
    CHECK(symlink(target, name) == 0);
  }
  CHECK(file_is("chain1", "end"));
  snprintf(name, sizeof(name), "chain%d", MOST_LINKS);
  CHECK(file_is(name, "end"));
  snprintf(name, sizeof(name), "chain%d", MOST_LINKS + 1);
  FAILS(open(name, O_RDONLY), ELOOP);

  /* The same number, one beside the other. */
  CHECK(mkdir("round", 0755) == 0 && symlink("../round", "round/trip") == 0);
  write_file("round/file", "there");
  char path[MOST_LINKS * 5 + 20] = "round";
  for (int i = 0; i < MOST_LINKS; i++)
    strcat(path, "/trip");
  strcat(path, "/file");
  CHECK(file_is(path, "there"));
  memcpy(path + strlen(path) - 5, "/trip", 6);
  struct stat status;
  FAILS(stat(path, &status), ELOOP);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_make_and_read();
  test_long_targets();
  test_following();
  test_dangling();
  test_loops();
  test_chain();
  return leave_folder();
}
