/* Many threads at one file: appends are whole, offsets shared or not, names and numbers disputed.
 */
#include "file_check.h"

#include <pthread.h>

#define THREADS 8

static int rounds = 200;
static int shared_fd;
static int wrong; /* counted atomically */

static void note(bool holds)
{
  if (!holds)
    __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
}

/* THREADS run it, each with its number; true if none found anything wrong. */
static bool run_all(void *(*run)(void *argument))
{
  pthread_t thread[THREADS];
  wrong = 0;
  for (intptr_t i = 0; i < THREADS; i++)
    CHECK(pthread_create(&thread[i], NULL, run, (void *) i) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(thread[i], NULL) == 0);
  return wrong == 0;
}

/* ---- Appends: lines of 10 to 49 times the same letter, none mixed ---- */

static void append_lines(int fd, int letter)
{
  char line[50];
  memset(line, letter, sizeof(line));
  for (int i = 0; i < rounds; i++)
  {
    int len = 10 + i % 40;
    line[len] = '\n';
    note(write(fd, line, (size_t) len + 1) == len + 1);
    line[len] = (char) letter;
  }
}

static void *append_shared(void *argument)
{
  append_lines(shared_fd, 'a' + (int) (intptr_t) argument);
  return NULL;
}

static void *append_own(void *argument)
{
  int fd = open("appended", O_WRONLY | O_APPEND);
  append_lines(fd, 'a' + (int) (intptr_t) argument);
  close(fd);
  return NULL;
}

static void check_lines(const char *path)
{
  char line[100];
  int count[THREADS] = {0}, broken = 0;
  FILE *stream = fopen(path, "r");
  while (stream != NULL && fgets(line, sizeof(line), stream) != NULL)
  {
    int writer = line[0] - 'a';
    if (writer < 0 || writer >= THREADS)
    {
      broken++;
      continue;
    }
    /* Each writer's lines are in its order. */
    size_t len = (size_t) (10 + count[writer]++ % 40);
    broken += strspn(line, (char[]){line[0], '\0'}) != len || line[len] != '\n';
  }
  GIVES(broken, 0);
  for (int i = 0; i < THREADS; i++)
    GIVES(count[i], rounds);
  if (stream != NULL)
    fclose(stream);
}

static void test_appends(void)
{
  shared_fd = open("appended", O_WRONLY | O_CREAT | O_APPEND, 0600);
  CHECK(run_all(append_shared));
  close(shared_fd);
  check_lines("appended");
  CHECK(truncate("appended", 0) == 0);
  CHECK(run_all(append_own));
  check_lines("appended");
  /* One offset for all does the same without O_APPEND. */
  shared_fd = open("offset", O_WRONLY | O_CREAT, 0600);
  CHECK(run_all(append_shared));
  close(shared_fd);
  check_lines("offset");
}

/* ---- One offset: each record is read once ---- */

#define RECORDS 4000

static unsigned char taken[RECORDS];

static void *take_records(void *argument)
{
  (void) argument;
  int record;
  ssize_t got;
  while ((got = read(shared_fd, &record, sizeof(record))) == sizeof(record))
    note(record >= 0 && record < RECORDS &&
         __atomic_add_fetch(&taken[record], 1, __ATOMIC_RELAXED) == 1);
  note(got == 0);
  return NULL;
}

static void test_shared_offset(void)
{
  static int records[RECORDS];
  for (int i = 0; i < RECORDS; i++)
    records[i] = i;
  shared_fd = open("records", O_RDWR | O_CREAT, 0600);
  GIVES(write(shared_fd, records, sizeof(records)), sizeof(records));
  CHECK(lseek(shared_fd, 0, SEEK_SET) == 0);
  CHECK(run_all(take_records));
  int missing = 0;
  for (int i = 0; i < RECORDS; i++)
    missing += taken[i] != 1;
  GIVES(missing, 0);
  close(shared_fd);
}

/* ---- Places of one's own, with pread() and pwrite() ---- */

#define PIECE  1000
#define ROUNDS 50

static void *use_places(void *argument)
{
  int number = (int) (intptr_t) argument;
  unsigned char piece[PIECE], back[PIECE];
  for (int round = 0; round < ROUNDS; round++)
  {
    off_t at = ((off_t) round * THREADS + number) * PIECE;
    memset(piece, number * ROUNDS + round, sizeof(piece));
    note(pwrite(shared_fd, piece, PIECE, at) == PIECE);
    note(pread(shared_fd, back, PIECE, at) == PIECE && memcmp(piece, back, PIECE) == 0);
  }
  return NULL;
}

static void test_own_places(void)
{
  unsigned char back[PIECE];
  shared_fd = open("places", O_RDWR | O_CREAT, 0600);
  CHECK(run_all(use_places));
  GIVES(lseek(shared_fd, 0, SEEK_CUR), 0);
  int bad = 0;
  for (int i = 0; i < ROUNDS * THREADS; i++)
  {
    GIVES(read(shared_fd, back, PIECE), PIECE);
    unsigned char value = (unsigned char) (i % THREADS * ROUNDS + i / THREADS);
    for (int k = 0; k < PIECE; k++)
      bad += back[k] != value;
  }
  GIVES(bad, 0);
  close(shared_fd);
}

/* ---- Names and numbers ---- */

static int made;

static void *fight_for_names(void *argument)
{
  int number = (int) (intptr_t) argument;
  char name[20], other[20];
  for (int i = 0; i < rounds / 2; i++)
  {
    snprintf(name, sizeof(name), "once%d", i);
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    note(fd >= 0 || errno == EEXIST);
    if (fd >= 0)
    {
      __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
      note(close(fd) == 0);
    }
    /* Files and folders that come, move and go below other threads' eyes. */
    snprintf(name, sizeof(name), "f%d", number);
    snprintf(other, sizeof(other), "f%d", (number + 1) % THREADS);
    fd = open(name, O_RDWR | O_CREAT, 0600);
    note(fd >= 0);
    note(write(fd, name, 2) == 2);
    note(rename(name, other) == 0 || errno == ENOENT);
    note(close(fd) == 0);
    note(unlink(other) == 0 || errno == ENOENT);
    snprintf(name, sizeof(name), "d%d", i % 3);
    note(mkdir(name, 0755) == 0 || errno == EEXIST);
    note(rmdir(name) == 0 || errno == ENOENT || errno == ENOTEMPTY);
  }
  return NULL;
}

static void *open_and_close(void *argument)
{
  (void) argument;
  for (int i = 0; i < rounds; i++)
  {
    int fd = open("records", O_RDONLY);
    int copy = dup(fd), record = -1;
    note(fd >= 0 && copy >= 0 && copy != fd);
    note(pread(fd, &record, sizeof(record), 40) == sizeof(record) && record == 10);
    note(close(fd) == 0);
    note(lseek(copy, 0, SEEK_END) == RECORDS * (off_t) sizeof(int));
    note(close(copy) == 0);
  }
  return NULL;
}

static void test_names(void)
{
  int before = dup(0);
  close(before);
  CHECK(run_all(fight_for_names));
  GIVES(made, rounds / 2);
  CHECK(run_all(open_and_close));
  int after = dup(0);
  GIVES(after, before);
  close(after);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  if (argc > 2)
    rounds = atoi(argv[2]);
  test_appends();
  test_shared_offset();
  test_own_places();
  test_names();
  return leave_folder();
}
