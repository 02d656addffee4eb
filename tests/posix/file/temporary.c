/* Files for a while: tmpfile(), mkstemp() and their kin. */
#include "file_check.h"

static void test_mkstemp(void)
{
  char first[] = "some.XXXXXX", second[] = "some.XXXXXX";
  int fd = mkstemp(first), other = mkstemp(second);
  CHECK(fd >= 0 && other >= 0 && strcmp(first, second) != 0);
  CHECK(strncmp(first, "some.", 5) == 0 && strstr(first, "XXXXXX") == NULL);
  GIVES(mode_of(first), 0600);
  GIVES(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
  GIVES(write(fd, "text", 4), 4);
  CHECK(file_is(first, "text"));
  close(fd);
  close(other);
  char bad[] = "some.XXXXX", missing[] = "absent/XXXXXX";
  FAILS(mkstemp(bad), EINVAL);
  FAILS(mkstemp(missing), ENOENT);
  char with_end[] = "a.XXXXXX.txt";
  fd = mkstemps(with_end, 4);
  CHECK(fd >= 0 && strcmp(with_end + 8, ".txt") == 0 && exists(with_end));
  close(fd);
  char executed[] = "b.XXXXXX";
  fd = mkostemp(executed, O_APPEND | O_CLOEXEC);
  CHECK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
  close(fd);
}

static void test_many_names(void)
{
  char name[100][12];
  CHECK(mkdir("many", 0755) == 0 && chdir("many") == 0);
  for (int i = 0; i < 100; i++)
  {
    strcpy(name[i], "n.XXXXXX");
    close(mkstemp(name[i]));
    for (int k = 0; k < i; k++)
      if (strcmp(name[i], name[k]) == 0)
        CHECK(false);
    CHECK(exists(name[i]));
  }
  CHECK(chdir("..") == 0);
}

static void test_mkdtemp(void)
{
  char name[] = "dir.XXXXXX", bad[] = "dir", missing[] = "absent/XXXXXX";
  CHECK(mkdtemp(name) == name);
  GIVES(mode_of(name), 0700);
  struct stat status;
  CHECK(stat(name, &status) == 0 && S_ISDIR(status.st_mode));
  GIVES_NULL(mkdtemp(bad), EINVAL);
  GIVES_NULL(mkdtemp(missing), ENOENT);
}

static void test_tmpfile(void)
{
  if (access("/tmp", W_OK) != 0 && !is_root())
    return;
  FILE *first = tmpfile(), *second = tmpfile();
  struct stat status, other;
  CHECK(first != NULL && second != NULL);
  CHECK(fstat(fileno(first), &status) == 0 && fstat(fileno(second), &other) == 0);
  CHECK(status.st_ino != other.st_ino && S_ISREG(status.st_mode) && status.st_nlink == 0);
  fputs("for a while\n", first);
  rewind(first);
  char line[100];
  CHECK(fgets(line, sizeof(line), first) == line && strcmp(line, "for a while\n") == 0);
  CHECK(fgetc(second) == EOF);
  GIVES(fclose(first), 0);
  GIVES(fclose(second), 0);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_mkstemp();
  test_many_names();
  test_mkdtemp();
  test_tmpfile();
  return leave_folder();
}
