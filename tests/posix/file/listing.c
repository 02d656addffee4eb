/* opendir(), readdir() and their kin, also of large folders and of ones that change meanwhile. */
#include "file_check.h"

#define MOST 10000 /* in one folder, unless the second argument says otherwise */

static int many = MOST;

static void make_empty(const char *path)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (fd < 0 || close(fd) != 0)
    CHECK(false);
}

static void test_kinds(void)
{
  CHECK(mkdir("kinds", 0755) == 0 && mkdir("kinds/folder", 0755) == 0);
  make_empty("kinds/file");
  make_empty("kinds/.hidden");
  CHECK(symlink("file", "kinds/link") == 0);
  unsigned int seen = 0, others = 0;
  DIR *list = opendir("kinds");
  CHECK(list != NULL);
  struct dirent *entry;
  errno = 0;
  while ((entry = readdir(list)) != NULL)
  {
    static const struct
    {
      const char *name;
      unsigned char type;
    } expected[] = {{".", DT_DIR},    {"..", DT_DIR},      {"folder", DT_DIR},
                    {"link", DT_LNK}, {".hidden", DT_REG}, {"file", DT_REG}};
    struct stat status;
    CHECK(fstatat(dirfd(list), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(entry->d_ino == status.st_ino);
    size_t i = 0;
    while (i < 6 && strcmp(entry->d_name, expected[i].name) != 0)
      i++;
    if (i == 6)
      others++;
    else
    {
      CHECK((seen & 1u << i) == 0);
      CHECK(entry->d_type == expected[i].type || entry->d_type == DT_UNKNOWN);
      seen |= 1u << i;
    }
  }
  CHECK(errno == 0 && seen == 0x3f && others == 0);
  CHECK(readdir(list) == NULL && errno == 0);
  GIVES(closedir(list), 0);
}

static void test_errors(void)
{
  make_empty("plain");
  CHECK(symlink("kinds", "way") == 0 && symlink("loop", "loop") == 0);
  GIVES_NULL(opendir("absent"), ENOENT);
  GIVES_NULL(opendir(""), ENOENT);
  GIVES_NULL(opendir("plain"), ENOTDIR);
  GIVES_NULL(opendir("plain/x"), ENOTDIR);
  GIVES_NULL(opendir("loop"), ELOOP);
  DIR *list = opendir("way");
  CHECK(list != NULL && readdir(list) != NULL);
  CHECK((fcntl(dirfd(list), F_GETFD) & FD_CLOEXEC) != 0);
  closedir(list);
  GIVES_NULL(fdopendir(-1), EBADF);
  int fd = open("plain", O_RDONLY);
  GIVES_NULL(fdopendir(fd), ENOTDIR);
  GIVES(close(fd), 0);
  fd = open("kinds", O_RDONLY);
  list = fdopendir(fd);
  CHECK(list != NULL);
  GIVES(dirfd(list), fd);
  int count = 0;
  while (readdir(list) != NULL)
    count++;
  GIVES(count, 6);
  GIVES(closedir(list), 0);
  FAILS(close(fd), EBADF);
  if (is_root())
    return;
  CHECK(mkdir("locked", 0300) == 0);
  GIVES_NULL(opendir("locked"), EACCES);
  CHECK(chmod("locked", 0700) == 0);
}

/* Of a folder that is made anew: 0 to `many` - 1 as names. */
static void make_many(void)
{
  char name[20];
  CHECK(mkdir("many", 0755) == 0 && chdir("many") == 0);
  for (int i = 0; i < many; i++)
  {
    snprintf(name, sizeof(name), "%d", i);
    make_empty(name);
  }
  CHECK(chdir("..") == 0);
}

/* How often the names come that are numbers up to many. Others than '.' and '..' fail. */
static unsigned char seen[MOST];

static int count_names(DIR *list)
{
  struct dirent *entry;
  int count = 0;
  while ((entry = readdir(list)) != NULL)
  {
    if (entry->d_name[0] == '.')
      continue;
    int number = atoi(entry->d_name);
    if (number < 0 || number >= many || seen[number]++ != 0)
      CHECK(false);
    count++;
  }
  return count;
}

static void test_many(void)
{
  DIR *list = opendir("many");
  CHECK(list != NULL);
  memset(seen, 0, sizeof(seen));
  GIVES(count_names(list), many);
  rewinddir(list);
  memset(seen, 0, sizeof(seen));
  GIVES(count_names(list), many);
  make_empty("many/.more");
  rewinddir(list);
  bool is_there = false;
  struct dirent *entry;
  while ((entry = readdir(list)) != NULL)
    is_there |= strcmp(entry->d_name, ".more") == 0;
  CHECK(is_there);
  CHECK(unlink("many/.more") == 0);
  closedir(list);
}

/* From each place that telldir() named, the rest is the same, in any order of places. */
static void test_places(void)
{
  enum
  {
    PLACES = 20
  };
  long place[PLACES];
  char name[PLACES][NAME_BYTES + 1];
  DIR *list = opendir("many");
  struct dirent *entry;
  for (int i = 0; i < PLACES; i++)
  {
    for (int skipped = 0; skipped < many / PLACES - 10; skipped++)
      CHECK(readdir(list) != NULL);
    place[i] = telldir(list);
    entry = readdir(list);
    if (CHECK(entry != NULL))
      strcpy(name[i], entry->d_name);
  }
  for (int i = 0; i < PLACES; i++)
  {
    int at = i * 7 % PLACES;
    seekdir(list, place[at]);
    CHECK(telldir(list) == place[at]);
    entry = readdir(list);
    CHECK(entry != NULL && strcmp(entry->d_name, name[at]) == 0);
  }
  closedir(list);
}

/* As rm -r does it: what was read already goes. All come, and each once. */
static void test_removal(void)
{
  DIR *list = opendir("many");
  struct dirent *entry;
  int removed = 0;
  while ((entry = readdir(list)) != NULL)
    if (entry->d_name[0] != '.')
      removed += unlinkat(dirfd(list), entry->d_name, 0) == 0;
  GIVES(removed, many);
  rewinddir(list);
  int count = 0;
  while (readdir(list) != NULL)
    count++;
  GIVES(count, 2);
  /* The folder itself goes, too. */
  GIVES(rmdir("many"), 0);
  rewinddir(list);
  CHECK(readdir(list) == NULL);
  FAILS(openat(dirfd(list), "new", O_CREAT | O_RDWR, 0600), ENOENT);
  GIVES(closedir(list), 0);
}

/* Two readers of one folder have each their place; two numbers of one open folder share it. */
static void test_two_readers(void)
{
  DIR *first = opendir("kinds"), *second = opendir("kinds");
  int count = 0;
  while (readdir(first) != NULL)
    count++;
  GIVES(count, 6);
  CHECK(readdir(second) != NULL);
  closedir(first);
  for (count = 1; readdir(second) != NULL; count++)
    ;
  GIVES(count, 6);
  closedir(second);
  int fd = open("kinds", O_RDONLY);
  first = fdopendir(dup(fd));
  while (readdir(first) != NULL)
    ;
  second = fdopendir(fd);
  CHECK(readdir(second) == NULL);
  rewinddir(second);
  CHECK(readdir(second) != NULL);
  closedir(first);
  closedir(second);
}

static void test_long_names(void)
{
  CHECK(mkdir("long", 0755) == 0 && chdir("long") == 0);
  for (char letter = 'a'; letter <= 'z'; letter++)
    make_empty(name_of(letter, NAME_BYTES));
  make_empty("x");
  make_empty("\xc3\xbc\x01\xff name\n");
  CHECK(chdir("..") == 0);
  DIR *list = opendir("long");
  struct dirent *entry;
  int longest = 0, count = 0;
  bool has_odd = false;
  while ((entry = readdir(list)) != NULL)
  {
    count++;
    longest += strlen(entry->d_name) == NAME_BYTES;
    has_odd |= strcmp(entry->d_name, "\xc3\xbc\x01\xff name\n") == 0;
  }
  CHECK(longest == 26 && count == 30 && has_odd);
  closedir(list);
}

static int is_visible(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

static void test_scan(void)
{
  struct dirent **names;
  int count = scandir("kinds", &names, is_visible, alphasort);
  GIVES(count, 3);
  CHECK(count == 3 && strcmp(names[0]->d_name, "file") == 0 &&
        strcmp(names[1]->d_name, "folder") == 0 && strcmp(names[2]->d_name, "link") == 0);
  for (int i = 0; i < count; i++)
    free(names[i]);
  free(names);
  count = scandir("kinds", &names, NULL, NULL);
  GIVES(count, 6);
  for (int i = 0; i < count; i++)
    free(names[i]);
  free(names);
  FAILS(scandir("absent", &names, NULL, NULL), ENOENT);
  FAILS(scandir("plain", &names, NULL, NULL), ENOTDIR);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  if (argc > 2)
    many = atoi(argv[2]);
  test_kinds();
  test_errors();
  make_many();
  test_many();
  test_places();
  test_removal();
  test_two_readers();
  test_long_names();
  test_scan();
  return leave_folder();
}
