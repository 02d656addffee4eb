/* Who works on one file at the same time: threads, and handlers in the middle of calls. */
#include "file_check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/uio.h>

/* ---- Large writes while another thread reads in small pieces: what is written is read back ----
 */

#define BLOCK_BYTES  200000
#define PIECE_BYTES  64
#define BLOCKS_LEAST 50
#define BLOCKS_US    3000000

static int rounds = 600;
static bool is_over; /* atomic */

static void *read_on_and_on(void *argument)
{
  static char piece[4096];
  int fd = open("block", O_RDONLY);
  (void) argument;
  while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED))
  {
    lseek(fd, 0, SEEK_SET);
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED) && read(fd, piece, sizeof(piece)) > 0)
      ;
  }
  close(fd);
  return NULL;
}

/* How many of some pieces are not as they were written. */
static int count_old(int fd, int round)
{
  char piece[PIECE_BYTES];
  int old = 0;
  for (int i = 0; i < 4; i++)
  {
    off_t at = (round * 7919l + i * 50000l) % (BLOCK_BYTES - PIECE_BYTES);
    if (pread(fd, piece, PIECE_BYTES, at) != PIECE_BYTES || piece[0] != (char) round ||
        piece[PIECE_BYTES - 1] != (char) round)
      old++;
  }
  return old;
}

static long now_us(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void test_reader_beside(void)
{
  static char block[BLOCK_BYTES];
  char piece[PIECE_BYTES];
  pthread_t reader;
  int old = 0, longer = 0;
  int fd = open("block", O_RDWR | O_CREAT, 0600);
  GIVES(pwrite(fd, block, BLOCK_BYTES, 0), BLOCK_BYTES);
  CHECK(pthread_create(&reader, NULL, read_on_and_on, NULL) == 0);
  /* As many rounds as there is time for. */
  long end_us = now_us() + BLOCKS_US;
  for (int round = 0; round < rounds && (round < BLOCKS_LEAST || now_us() < end_us); round++)
  {
    memset(block, round, sizeof(block));
    GIVES(pwrite(fd, block, BLOCK_BYTES, 0), BLOCK_BYTES);
    old += count_old(fd, round);
    if (round % 4 == 0 && ftruncate(fd, 100) == 0)
      longer += pread(fd, piece, PIECE_BYTES, 5000) != 0;
  }
  __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
  pthread_join(reader, NULL);
  GIVES(old, 0);
  GIVES(longer, 0);
  close(fd);
}

/* ---- Another thread has written out what was written while its size is looked at by name ---- */

/* As many rounds as there is time for. */
#define LOOKS_LEAST 10
#define LOOKS_US    500000

static int wanted_syncs, done_syncs; /* atomic; -1: no more */

static void *sync_when_told(void *argument)
{
  int wanted;
  while ((wanted = __atomic_load_n(&wanted_syncs, __ATOMIC_ACQUIRE)) >= 0)
  {
    if (wanted == done_syncs)
      sched_yield();
    else
    {
      sync();
      __atomic_store_n(&done_syncs, wanted, __ATOMIC_RELEASE);
    }
  }
  return argument;
}

static void test_look_beside(void)
{
  pthread_t syncer;
  off_t size = 0;
  int wrong = 0;
  int fd = open("looked-at", O_WRONLY | O_CREAT, 0600);
  CHECK(pthread_create(&syncer, NULL, sync_when_told, NULL) == 0);
  long end_us = now_us() + LOOKS_US;
  for (int round = 1; round <= rounds && (round <= LOOKS_LEAST || now_us() < end_us); round++)
  {
    for (int i = 0; i < 3; i++)
      size += write(fd, "1234567", 7) == 7 ? 7 : 0;
    __atomic_store_n(&wanted_syncs, round, __ATOMIC_RELEASE);
    long look_us = now_us() + round % 40;
    while (now_us() < look_us)
      ;
    wrong += size_of("looked-at") != size;
    while (__atomic_load_n(&done_syncs, __ATOMIC_ACQUIRE) < round)
      sched_yield();
  }
  __atomic_store_n(&wanted_syncs, -1, __ATOMIC_RELEASE);
  pthread_join(syncer, NULL);
  GIVES(wrong, 0);
  close(fd);
}

/* ---- A handler writes to the file that the interrupted call works on ---- */

static int handled_fd;
static volatile sig_atomic_t handled;

static void write_one(int number)
{
  (void) number;
  if (write(handled_fd, "h", 1) == 1)
    handled = handled + 1;
}

static void test_handlers(void)
{
  struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
  int written = 0;
  handled_fd = open("handled", O_RDWR | O_CREAT, 0600);
  signal(SIGALRM, write_one);
  setitimer(ITIMER_REAL, &often, NULL);
  while (handled < 200)
  {
    written += write(handled_fd, "1234567", 7) == 7;
    sync();
  }
  setitimer(ITIMER_REAL, &never, NULL);
  signal(SIGALRM, SIG_DFL);
  GIVES(lseek(handled_fd, 0, SEEK_END), written * 7 + handled);
  close(handled_fd);
}

/* ---- More pieces than a pipe holds are written by one call ---- */

static int pipe_ends[2];

static void *count_bytes(void *argument)
{
  static char bytes[4096];
  ssize_t got;
  while ((got = read(pipe_ends[0], bytes, sizeof(bytes))) > 0)
    *(long *) argument += got;
  return NULL;
}

static void test_pieces(void)
{
  static char bytes[50000];
  struct iovec pieces[] = {{bytes, 50000}, {bytes, 0}, {bytes, 50000}, {bytes, 50000}};
  long count = 0;
  pthread_t reader;
  CHECK(pipe(pipe_ends) == 0);
  CHECK(pthread_create(&reader, NULL, count_bytes, &count) == 0);
  GIVES(writev(pipe_ends[1], pieces, 4), 150000);
  close(pipe_ends[1]);
  pthread_join(reader, NULL);
  GIVES(count, 150000);
  close(pipe_ends[0]);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  if (argc > 2)
    rounds = atoi(argv[2]);
  test_reader_beside();
  test_look_beside();
  test_handlers();
  test_pieces();
  return leave_folder();
}
