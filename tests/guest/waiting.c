/* Threads that wait for standard input or output, in the way that the first argument says; whoever
 * runs it gives and takes when this program has said that it is ready. Nobody else may have to wait
 * meanwhile, with one CPU neither. */
#define _GNU_SOURCE
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uhyve/realtime.h>

#include "thread_check.h"

#define READERS      4
#define OUTPUT_BYTES 300000

static void say(const char *text)
{
  CHECK(write(STDERR_FILENO, text, strlen(text)) == (ssize_t) strlen(text));
}

/* ---- What the others do meanwhile ---- */

static volatile bool is_over;
static volatile unsigned long rounds;
static sem_t gate;
static volatile bool has_passed;

static void *compute(void *argument)
{
  while (!is_over)
    rounds++;
  return argument;
}

static void *pass_gate(void *argument)
{
  sem_wait(&gate);
  has_passed = true;
  return argument;
}

/* Timers fire, threads compute, are woken and take each other's memory away. */
static void check_others(void)
{
  sem_init(&gate, 0, 0);
  pthread_t sleeper = start_thread(pass_gate, NULL, 16, ANY_CPU);
  pthread_t computer = start_thread(compute, NULL, 16, ANY_CPU);
  char *page = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[0] = 1;
  uint64_t begin_ns = uhyve_now();
  for (int i = 0; i < 10; i++)
    uhyve_task_sleep(5 * MS);
  while (rounds == 0 && uhyve_now() - begin_ns < 10000 * MS)
    uhyve_task_sleep(5 * MS);
  CHECK(rounds != 0);
  CHECK(munmap(page, 1 << 20) == 0);
  sem_post(&gate);
  CHECK(comes_while_asleep(&has_passed));
  CHECK(uhyve_now() - begin_ns < 20000 * MS);
  pthread_join(sleeper, NULL);
  is_over = true;
  pthread_join(computer, NULL);
}

/* ---- Reading ---- */

struct reader
{
  char *buffer;
  size_t bytes;
  volatile ssize_t got;
  volatile int error;
};

static void *read_once(void *argument)
{
  struct reader *reader = argument;
  reader->got = read(STDIN_FILENO, reader->buffer, reader->bytes);
  reader->error = errno;
  return argument;
}

/* others: one reads, on the CPU that the second argument names, -1 for any. */
static void read_beside_others(int cpu)
{
  char byte = 0;
  struct reader reader = {.buffer = &byte, .bytes = 1, .got = -2};
  pthread_t thread = start_thread(read_once, &reader, 16, cpu);
  uhyve_task_sleep(20 * MS);
  check_others();
  CHECK(reader.got == -2); /* or all this shows nothing */
  say("ready\n");
  pthread_join(thread, NULL);
  CHECK(reader.got == 1 && byte == 'x');
}

/* busy: each CPU has something to compute when the input comes. */
static void read_while_busy(void)
{
  char byte = 0;
  struct reader reader = {.buffer = &byte, .bytes = 1, .got = -2};
  pthread_t computers[8];
  int cpus = (int) uhyve_cpu_count();
  pthread_t thread = start_thread(read_once, &reader, 16, ANY_CPU);
  uhyve_task_sleep(20 * MS);
  for (int i = 0; i < cpus; i++)
    computers[i] = start_thread(compute, NULL, 16, i);
  say("ready\n");
  pthread_join(thread, NULL);
  CHECK(reader.got == 1 && byte == 'x');
  is_over = true;
  for (int i = 0; i < cpus; i++)
    pthread_join(computers[i], NULL);
}

/* several: threads share what comes until the end. */
static void *read_all(void *argument)
{
  char piece[4096];
  uint64_t *total = argument;
  ssize_t got;
  while ((got = read(STDIN_FILENO, piece, sizeof(piece))) > 0)
    *total += (uint64_t) got;
  CHECK(got == 0);
  return argument;
}

static void read_by_several(uint64_t expected)
{
  uint64_t totals[READERS] = {0};
  uint64_t sum = 0;
  pthread_t threads[READERS];
  for (int i = 0; i < READERS; i++)
    threads[i] = start_thread(read_all, &totals[i], 16, ANY_CPU);
  say("ready\n");
  for (int i = 0; i < READERS; i++)
  {
    pthread_join(threads[i], NULL);
    sum += totals[i];
  }
  CHECK(sum == expected);
}

/* unmapped: the buffer goes while its reader waits; the input stays. */
static void read_into_nothing(void)
{
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char good[4] = "";
  struct reader reader = {.buffer = page, .bytes = 4, .got = -2};
  page[0] = 1;
  pthread_t thread = start_thread(read_once, &reader, 16, ANY_CPU);
  uhyve_task_sleep(20 * MS);
  CHECK(munmap(page, 4096) == 0);
  say("ready\n");
  pthread_join(thread, NULL);
  CHECK(reader.got == -1 && reader.error == EFAULT);
  CHECK(read(STDIN_FILENO, good, 1) == 1 && good[0] == 'x');
}

/* exit: the program ends while one waits. */
static void exit_while_one_reads(void)
{
  char byte;
  struct reader reader = {.buffer = &byte, .bytes = 1, .got = -2};
  start_thread(read_once, &reader, 16, ANY_CPU);
  uhyve_task_sleep(20 * MS);
  exit(reader.got == -2 ? 7 : 8);
}

static volatile bool has_handled;

static void on_signal(int number)
{
  (void) number;
  has_handled = true;
}

static void handle(int flags)
{
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  has_handled = false;
}

/* Until the call has ended: a signal that comes before it has begun does not end it. */
static void interrupt_call(pthread_t thread, const volatile ssize_t *result)
{
  while (*result == -2)
  {
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    uhyve_task_sleep(5 * MS);
  }
  pthread_join(thread, NULL);
  CHECK(has_handled);
}

/* signals: a handler ends the call, or lets it go on. */
static void read_with_signals(void)
{
  char byte = 0;
  struct reader reader = {.buffer = &byte, .bytes = 1, .got = -2};
  handle(0);
  pthread_t thread = start_thread(read_once, &reader, 16, ANY_CPU);
  interrupt_call(thread, &reader.got);
  CHECK(reader.got == -1 && reader.error == EINTR);

  handle(SA_RESTART);
  reader.got = -2;
  thread = start_thread(read_once, &reader, 16, ANY_CPU);
  uhyve_task_sleep(20 * MS);
  CHECK(pthread_kill(thread, SIGUSR1) == 0);
  CHECK(comes_while_asleep(&has_handled));
  uhyve_task_sleep(20 * MS);
  CHECK(reader.got == -2);
  say("ready\n");
  pthread_join(thread, NULL);
  CHECK(reader.got == 1 && byte == 'x');
}

/* cancel: a request ends the call and its thread. */
static void read_and_cancel(void)
{
  char byte = 0;
  struct reader reader = {.buffer = &byte, .bytes = 1, .got = -2};
  void *result = NULL;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, read_once, &reader) == 0);
  uhyve_task_sleep(20 * MS);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  CHECK(reader.got == -2);
  say("ready\n");
  CHECK(read(STDIN_FILENO, &byte, 1) == 1 && byte == 'x');
}

/* echo: what comes goes back, each read by itself. */
static void echo(void)
{
  char piece[100];
  ssize_t got;
  say("ready\n");
  while ((got = read(STDIN_FILENO, piece, sizeof(piece))) > 0)
    CHECK(write(STDOUT_FILENO, piece, (size_t) got) == got);
  if (got < 0)
    fprintf(stderr, "error %d\n", errno);
}

/* ---- Writing ---- */

static char pattern[OUTPUT_BYTES];
static volatile bool has_written;

static void fill_pattern(void)
{
  for (size_t i = 0; i < OUTPUT_BYTES; i++)
    pattern[i] = (char) ('a' + i / 7 % 26);
}

/* In pieces of growing size, up to more than a pipe holds. */
static void *write_all(void *argument)
{
  size_t done = 0;
  for (size_t piece = 1; done < OUTPUT_BYTES; piece = piece * 3 + 1)
  {
    if (piece > OUTPUT_BYTES - done)
      piece = OUTPUT_BYTES - done;
    CHECK(write(STDOUT_FILENO, pattern + done, piece) == (ssize_t) piece);
    done += piece;
  }
  has_written = true;
  return argument;
}

static pthread_t start_writer(void)
{
  fill_pattern();
  return start_thread(write_all, NULL, 16, ANY_CPU);
}

/* output: nobody reads yet. */
static void write_beside_others(void)
{
  pthread_t writer = start_writer();
  uhyve_task_sleep(20 * MS);
  check_others();
  CHECK(!has_written);
  say("ready\n");
  pthread_join(writer, NULL);
}

static volatile ssize_t written = -2;
static volatile int write_error;

static void *write_once(void *argument)
{
  written = write(STDOUT_FILENO, pattern, *(size_t *) argument);
  write_error = errno;
  return argument;
}

/* output-signals: what has moved counts. */
static void write_with_signals(void)
{
  size_t most = OUTPUT_BYTES;
  size_t least = 1;
  handle(0);
  fill_pattern();
  pthread_t thread = start_thread(write_once, &most, 16, ANY_CPU);
  interrupt_call(thread, &written);
  CHECK(written > 0 && written < OUTPUT_BYTES);
  ssize_t before = written;
  written = -2;
  thread = start_thread(write_once, &least, 16, ANY_CPU);
  interrupt_call(thread, &written);
  CHECK(written == -1 && write_error == EINTR);
  say("ready\n");
  CHECK(write(STDOUT_FILENO, pattern + before, OUTPUT_BYTES - (size_t) before) ==
        OUTPUT_BYTES - before);
}

/* output-realtime: a real-time task, and who holds a ceiling, cannot sleep: their CPU waits. */
static const size_t realtime_bytes = 1000;
static volatile bool has_run;

static void write_in_task(void *argument)
{
  (void) argument;
  say("ready\n");
  written = write(STDOUT_FILENO, pattern, realtime_bytes);
  has_run = true;
}

static void write_in_real_time(void)
{
  struct uhyve_realtime *task;
  /* As much as the pipe holds. */
  const size_t room = 65536;
  fill_pattern();
  CHECK(write(STDOUT_FILENO, pattern, room) == (ssize_t) room);
  memmove(pattern, pattern + room, OUTPUT_BYTES - room);
  bind_to(pthread_self(), 0);
  CHECK(uhyve_realtime_bind(&task, 0, 1, write_in_task, NULL) == 0);
  CHECK(uhyve_realtime_set_timer(task, uhyve_now() + MS, 0) == 0);
  while (!has_run)
    ;
  CHECK(written == (ssize_t) realtime_bytes);
  unsigned int former = uhyve_realtime_lock(1);
  size_t rest = OUTPUT_BYTES - room - realtime_bytes;
  CHECK(write(STDOUT_FILENO, pattern + realtime_bytes, rest) == (ssize_t) rest);
  uhyve_realtime_unlock(former);
  CHECK(uhyve_realtime_free(task) == 0);
}

/* both: whoever runs this reads nothing before all that it gives has been taken. */
static void read_while_one_writes(void)
{
  uint64_t total = 0;
  pthread_t writer = start_writer();
  uhyve_task_sleep(20 * MS);
  CHECK(!has_written);
  say("ready\n");
  read_all(&total);
  CHECK(total == OUTPUT_BYTES);
  pthread_join(writer, NULL);
}

int main(int argc, char **argv)
{
  const char *way = argc > 1 ? argv[1] : "";
  int number = argc > 2 ? atoi(argv[2]) : 0;
  if (strcmp(way, "others") == 0)
    read_beside_others(number);
  else if (strcmp(way, "busy") == 0)
    read_while_busy();
  else if (strcmp(way, "several") == 0)
    read_by_several((uint64_t) number);
  else if (strcmp(way, "unmapped") == 0)
    read_into_nothing();
  else if (strcmp(way, "exit") == 0)
    exit_while_one_reads();
  else if (strcmp(way, "signals") == 0)
    read_with_signals();
  else if (strcmp(way, "cancel") == 0)
    read_and_cancel();
  else if (strcmp(way, "output-signals") == 0)
    write_with_signals();
  else if (strcmp(way, "output-realtime") == 0)
    write_in_real_time();
  else if (strcmp(way, "echo") == 0)
    echo();
  else if (strcmp(way, "output") == 0)
    write_beside_others();
  else if (strcmp(way, "both") == 0)
    read_while_one_writes();
  else
    return 99;
  fprintf(stderr, "%u checks, %u failed\n", check_count, check_failures);
  return check_failures == 0 ? 0 : 1;
}
