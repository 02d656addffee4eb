/* A folder on the host for a fuzzer's guest, with links that lead out of it. */
#include "tests/fuzz/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/confine.h"
#include "tests/fuzz/fuzz.h"

#define MOST_FILE_BYTES (16u << 20)

char tree_output[PATH_MAX + 16];
static char secret_link[PATH_MAX + 128];
static char top[PATH_MAX];
static size_t top_len;
static int top_fd;
static const char *const names[TREE_MAPPINGS] = {"inside", "read-only", "single/file"};

/* ---- Making it ---- */

static void make_file(int folder, const char *name, const char *content)
{
  int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  CHECK(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t) strlen(content));
  close(fd);
}

static void make_folder(int folder, const char *name)
{
  CHECK(mkdirat(folder, name, 0755) == 0);
}

static void make_link(int folder, const char *name, const char *target)
{
  CHECK(symlinkat(target, folder, name) == 0);
}

static int open_folder(int folder, const char *name)
{
  int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  CHECK(fd >= 0);
  return fd;
}

static void fill(const char *name)
{
  int folder = open_folder(top_fd, name);
  make_file(folder, "file", "content");
  make_folder(folder, "folder");
  make_file(folder, "folder/inner", "inner");
  make_folder(folder, "empty");
  make_link(folder, "link", "folder");
  make_link(folder, "folder/up", "../file");
  make_link(folder, "out", "../outside");
  make_link(folder, "secret", secret_link);
  make_link(folder, "absolute", "/outside/secret");
  make_link(folder, "self", "/proc/self/fd/0");
  make_link(folder, "loop", "loop");
  make_link(folder, "nowhere", "missing");
  make_link(folder, "away", "../outside/new");
  CHECK(mkfifoat(folder, "fifo", 0644) == 0);
  close(folder);
}

/* ---- Emptying it ---- */

static void remove_all(int folder);

static void remove_one(int folder, const char *name)
{
  if (unlinkat(folder, name, 0) == 0)
    return;
  /* A folder, which its owner may have closed. */
  fchmodat(folder, name, 0700, 0);
  int fd = open_folder(folder, name);
  remove_all(fd);
  CHECK(unlinkat(folder, name, AT_REMOVEDIR) == 0);
}

/* Takes the folder over. */
static void remove_all(int folder)
{
  DIR *stream = fdopendir(folder);
  CHECK(stream != NULL);
  const struct dirent *entry;
  while ((entry = readdir(stream)) != NULL)
  {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      remove_one(folder, entry->d_name);
  }
  closedir(stream);
}

static void remove_tree(void)
{
  fchmodat(top_fd, names[TREE_INSIDE], 0700, 0);
  remove_all(top_fd);
  rmdir(top);
}

void tree_reset(void)
{
  CHECK(fchmodat(top_fd, names[TREE_INSIDE], 0755, 0) == 0);
  remove_all(open_folder(top_fd, names[TREE_INSIDE]));
  fill(names[TREE_INSIDE]);
  CHECK(fchmodat(top_fd, names[TREE_FILE], 0644, 0) == 0);
  make_file(top_fd, names[TREE_FILE], "single");
}

/* ---- What must not change ---- */

static const char *const fixed[] = {
    "outside",        "outside/secret",   "outside/folder",  "read-only",
    "read-only/file", "read-only/folder", "read-only/empty", "read-only/folder/inner",
    "read-only/link", "read-only/fifo",   "single",          "."};
#define FIXED (sizeof(fixed) / sizeof(fixed[0]))
static struct stat fixed_status[FIXED];

/* The time of the last change of a file's status is the kernel's own: nobody can set it back. */
static void look_at_fixed(bool first)
{
  for (size_t i = 0; i < FIXED; i++)
  {
    struct stat status;
    CHECK(fstatat(top_fd, fixed[i], &status, AT_SYMLINK_NOFOLLOW) == 0);
    if (first)
      fixed_status[i] = status;
    const struct stat *before = &fixed_status[i];
    CHECK(status.st_ino == before->st_ino && status.st_mode == before->st_mode);
    CHECK(status.st_ctim.tv_sec == before->st_ctim.tv_sec &&
          status.st_ctim.tv_nsec == before->st_ctim.tv_nsec);
  }
}

void tree_check(void)
{
  look_at_fixed(false);
}

static bool is_in(int fd, unsigned int mapping)
{
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  ssize_t len = readlink(link, path, sizeof(path) - 1);
  CHECK(len > 0);
  path[len] = '\0';
  size_t name_len = strlen(names[mapping]);
  return strncmp(path, top, top_len) == 0 && path[top_len] == '/' &&
         strncmp(path + top_len + 1, names[mapping], name_len) == 0 &&
         (path[top_len + 1 + name_len] == '/' || path[top_len + 1 + name_len] == '\0' ||
          path[top_len + 1 + name_len] == ' ');
}

void tree_check_fd(int fd, unsigned int mapping)
{
  if (!is_in(fd, mapping))
    dprintf(2, "descriptor %d is not in %s\n", fd, names[mapping]);
  CHECK(is_in(fd, mapping));
}

void tree_check_any_fd(int fd)
{
  CHECK(is_in(fd, TREE_INSIDE) || is_in(fd, TREE_READ_ONLY) || is_in(fd, TREE_FILE));
}

static unsigned int count_fds(bool says)
{
  unsigned int count = 0;
  DIR *stream = opendir("/proc/self/fd");
  CHECK(stream != NULL);
  const struct dirent *entry;
  while ((entry = readdir(stream)) != NULL)
  {
    char path[PATH_MAX];
    count++;
    ssize_t len = says ? readlinkat(dirfd(stream), entry->d_name, path, sizeof(path)) : 0;
    if (len > 0)
      dprintf(2, "descriptor %s: %.*s\n", entry->d_name, (int) len, path);
  }
  closedir(stream);
  return count;
}

unsigned int tree_count_fds(void)
{
  return count_fds(false);
}

void tree_check_count(unsigned int expected)
{
  if (count_fds(false) == expected)
    return;
  count_fds(true);
  dprintf(2, "there were %u descriptors\n", expected);
  abort();
}

/* ---- All ---- */

void tree_create(struct mappings *mappings)
{
  /* Else a bug would be found on the files of this machine. */
  snprintf(top, sizeof(top), "%s/tree-XXXXXX", confine());
  umask(0);
  CHECK(mkdtemp(top) != NULL);
  top_len = strlen(top);
  snprintf(secret_link, sizeof(secret_link), "../../../../../../../../../..%s/outside/secret", top);
  snprintf(tree_output, sizeof(tree_output), "%s/output", top);
  top_fd = open_folder(AT_FDCWD, top);
  make_folder(top_fd, "inside");
  make_folder(top_fd, "read-only");
  make_folder(top_fd, "outside");
  make_folder(top_fd, "outside/folder");
  make_folder(top_fd, "single");
  make_file(top_fd, "outside/secret", "secret");
  make_file(top_fd, names[TREE_FILE], "single");
  make_file(top_fd, "output", "");
  fill(names[TREE_INSIDE]);
  fill(names[TREE_READ_ONLY]);
  look_at_fixed(true);
  atexit(remove_tree);

  /* A guest may fill what is mapped, but here not the disk. */
  struct rlimit limit = {.rlim_cur = MOST_FILE_BYTES, .rlim_max = MOST_FILE_BYTES};
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  *mappings = (struct mappings){.count = TREE_MAPPINGS};
  for (unsigned int i = 0; i < TREE_MAPPINGS; i++)
  {
    int fd = openat(top_fd, names[i], O_PATH | O_CLOEXEC);
    CHECK(fd >= 0);
    mappings->list[i] =
        (struct mapping){.fd = fd, .folder = i != TREE_FILE, .read_only = i == TREE_READ_ONLY};
  }
}
