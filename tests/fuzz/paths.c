/* Fuzzes the resolution of paths in mappings, and the calls that act on names, also while somebody
 * exchanges a folder for a link that leads out: whatever is opened lies in the mapping, and nothing
 * else changes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"
#include "uhyve/call.h"
#include "uhyve/file_open.h"
#include "uhyve/path_calls.h"
#include "uhyve/path_resolve.h"

#define RAM_BYTES  (UINT64_C(2) << 20)
#define PATH_GPA   0x10000
#define OTHER_GPA  0x20000
#define BUFFER_GPA 0x30000
#define MOST_STEPS 100

enum step
{
  STEP_OPEN,
  STEP_FIND,
  STEP_PLACE,
  STEP_CALL,
  STEP_PLAIN,
  STEP_MAP,
  STEPS
};

static struct vm *vm;
static atomic_bool is_racing;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void) argc;
  (void) argv;
  vm = calloc(1, sizeof(*vm));
  CHECK(vm != NULL && guest_memory_reserve(&vm->memory, RAM_BYTES) == 0);
  vm->memory.attached_bytes = RAM_BYTES;
  vm->memory.mapped_bytes = RAM_BYTES;
  tree_create(&vm->mappings);
  return 0;
}

/* ---- What an input has ---- */

/* Up to the end of a line. */
static void take_line(struct input *input, char text[static HC_MAX_PATH_BYTES + 1])
{
  size_t len = 0;
  while (input->left > 0)
  {
    char letter = (char) input_u8(input);
    if (letter == '\n' || letter == '\0')
      break;
    if (len < HC_MAX_PATH_BYTES)
      text[len++] = letter;
  }
  text[len] = '\0';
}

static int take_flags(struct input *input)
{
  static const int flags[] = {O_WRONLY,    O_RDWR,     O_CREAT, O_EXCL, O_TRUNC,   O_APPEND,
                              O_DIRECTORY, O_NOFOLLOW, O_PATH,  O_SYNC, O_TMPFILE, O_NOATIME};
  uint16_t bits;
  int chosen = 0;
  input_take(input, &bits, sizeof(bits));
  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
    chosen |= (bits >> i & 1) != 0 ? flags[i] : 0;
  return chosen;
}

/* ---- Steps ---- */

static void try_open(unsigned int number, const char *path, int flags)
{
  struct stat status;
  int fd = file_open(&vm->mappings.list[number], path, flags, 0644, &status);
  CHECK(fd >= 0 || fd > -4096);
  if (fd < 0)
    return;
  struct stat own;
  tree_check_fd(fd, number);
  CHECK(fstat(fd, &own) == 0 && own.st_ino == status.st_ino && own.st_dev == status.st_dev);
  bool is_path = (fcntl(fd, F_GETFL) & O_PATH) != 0;
  CHECK(is_path || S_ISREG(own.st_mode) || S_ISDIR(own.st_mode));
  if (number == TREE_READ_ONLY && !is_path)
    CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
  close(fd);
}

static void try_find(unsigned int number, const char *path, int flags)
{
  int fd = file_find(&vm->mappings.list[number], path, flags & (O_DIRECTORY | O_NOFOLLOW));
  if (fd < 0)
    return;
  tree_check_fd(fd, number);
  close(fd);
}

static void try_place(unsigned int number, const char *path)
{
  struct path_place place;
  if (path_find_place(vm->mappings.list[number].fd, path, &place) != 0)
    return;
  tree_check_fd(place.folder_fd, number);
  CHECK(memchr(place.name, '/', place.name_bytes) == NULL);
  path_leave_place(&place);
}

static void put(const char *text, uint64_t gpa, struct hc_segment list[static 2])
{
  size_t len = strlen(text);
  memcpy(guest_memory_hva(&vm->memory, gpa, len), text, len);
  list[0] = (struct hc_segment){gpa, len / 3};
  list[1] = (struct hc_segment){gpa + len / 3, len - len / 3};
}

static void try_call(unsigned int number, const char *path, const char *other, uint8_t operation,
                     uint8_t argument)
{
  char message[256];
  struct call call = {.vm = vm, .name = "path", .message = message};
  struct hc_path block = {.operation = operation % HC_PATH_EXPLAIN,
                          .mapping = number,
                          .other_mapping = argument >= 0x80 ? TREE_INSIDE : number,
                          .buffer = {BUFFER_GPA, 4096}};
  for (int i = 0; i < 5; i++)
    block.argument[i] = argument % 8;
  put(path, PATH_GPA, block.path);
  put(other, OTHER_GPA, block.other);
  CHECK(path_call_serve(&call, &block) == HYPERCALL_CONTINUE);
  CHECK(block.result > -4096);
}

/* A path without '.', '..', double and trailing '/'. */
static void check_plain(const char *path)
{
  CHECK(path[0] == '/');
  for (const char *part = path; *part == '/';)
  {
    size_t len = strcspn(part + 1, "/");
    CHECK(len > 0 || path[1] == '\0');
    CHECK(!(len == 1 && part[1] == '.') && !(len == 2 && part[1] == '.' && part[2] == '.'));
    part += 1 + len;
  }
}

static void try_plain(const char *path, const char *folder)
{
  char *plain = mappings_plain_path(folder, path, strlen(path));
  CHECK(plain != NULL);
  check_plain(plain);
  free(plain);
}

/* Two of what --volume may say. */
static void try_map(const char *host, const char *guest)
{
  static struct options options;
  static struct mappings mappings;
  char message[256] = "";
  options.mapping_count = 2;
  options.mappings[0] = (struct option_mapping){"/", "/", 1, 1, true};
  options.mappings[1] = (struct option_mapping){host, guest, strlen(host), strlen(guest), true};
  int error = mappings_open(&mappings, &options, "/work", message);
  CHECK((error == 0) == (message[0] == '\0'));
  if (error != 0)
    return;
  check_plain(mappings.list[1].path);
  mappings_close(&mappings);
}

static void step(struct input *input)
{
  static char path[HC_MAX_PATH_BYTES + 1];
  static char other[HC_MAX_PATH_BYTES + 1];
  enum step kind = input_u8(input) % STEPS;
  unsigned int number = input_u8(input) % TREE_MAPPINGS;
  uint8_t operation = input_u8(input);
  uint8_t argument = input_u8(input);
  int flags = take_flags(input);
  take_line(input, path);
  take_line(input, other);
  switch (kind)
  {
  case STEP_OPEN:
    try_open(number, path, flags);
    break;
  case STEP_FIND:
    try_find(number, path, flags);
    break;
  case STEP_PLACE:
    try_place(number, path);
    break;
  case STEP_CALL:
    try_call(number, path, other, operation, argument);
    break;
  case STEP_PLAIN:
    try_plain(path, other);
    break;
  case STEP_MAP:
    try_map(path, other);
    break;
  case STEPS:
    break;
  }
}

/* ---- Somebody else on the host ---- */

static void *race(void *unused)
{
  int folder = vm->mappings.list[TREE_INSIDE].fd;
  while (atomic_load(&is_racing))
    renameat2(folder, "folder", folder, "out", RENAME_EXCHANGE);
  return unused;
}

static void start_race(pthread_t *thread)
{
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  atomic_store(&is_racing, true);
  CHECK(pthread_create(thread, NULL, race, NULL) == 0);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
  struct input input = {.at = data, .left = bytes};
  pthread_t thread;
  signal(SIGXFSZ, SIG_IGN);
  unsigned int fds_before = tree_count_fds();
  bool has_race = input_u8(&input) == 'R';
  if (has_race)
    start_race(&thread);
  for (int i = 0; i < MOST_STEPS && input.left > 0; i++)
    step(&input);
  if (has_race)
  {
    atomic_store(&is_racing, false);
    pthread_join(thread, NULL);
  }
  tree_check_count(fds_before);
  tree_check();
  tree_reset();
  return 0;
}
