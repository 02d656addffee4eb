/* Changes of mappings while another CPU uses them ("busy"), and while it does nothing ("idle"). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "check.h"

#define PAGE_BYTES 4096
#define ROUNDS     200

static _Atomic(char *) page;
static atomic_int reader_round; /* -1: content does not matter */
static atomic_ulong turns;
static atomic_bool stop;

/* Reads all the time; a stale translation shows what another frame held in an earlier round. */
static void *read_pages(void *argument)
{
  unsigned long *mistakes = argument;
  while (!stop)
  {
    int before = reader_round;
    char seen = *page;
    if (before >= 0 && before == reader_round && seen != (char) before)
      (*mistakes)++;
    turns++;
  }
  return NULL;
}

static void pin(pthread_attr_t *attributes, int cpu)
{
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_attr_init(attributes);
  pthread_attr_setaffinity_np(attributes, sizeof(set), &set);
}

static char *map_at(char *wish, int content)
{
  char *there = mmap(wish, PAGE_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | (wish != NULL ? MAP_FIXED : 0), -1, 0);
  CHECK(there != MAP_FAILED && (wish == NULL || there == wish));
  *there = (char) content;
  return there;
}

/* The reader has begun anew since. */
static void let_read(void)
{
  unsigned long before = turns;
  while (turns < before + 2)
    ;
}

/* Each round puts another frame behind the address that the other CPU reads. */
static void change_while_read(void)
{
  unsigned long mistakes = 0;
  pthread_t thread;
  pthread_attr_t attributes;
  pin(&attributes, 1);
  char *home = map_at(NULL, 0);
  char *shelter = map_at(NULL, 0);
  char *other = map_at(NULL, 0);
  reader_round = -1;
  page = home;
  CHECK(pthread_create(&thread, &attributes, read_pages, &mistakes) == 0);
  for (int i = 1; i <= ROUNDS; i++)
  {
    page = shelter;
    let_read();
    CHECK(munmap(home, PAGE_BYTES) == 0);
    /* Takes the frame that was behind it. */
    map_at(other, i - 1);
    map_at(home, i);
    page = home;
    reader_round = i;
    let_read();
    reader_round = -1;
    CHECK(munmap(other, PAGE_BYTES) == 0);
  }
  stop = true;
  pthread_join(thread, NULL);
  CHECK(mistakes == 0);
}

static void change_alone(void)
{
  for (int i = 0; i < ROUNDS; i++)
  {
    char *own = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(own != MAP_FAILED);
    *own = 1;
    CHECK(munmap(own, PAGE_BYTES) == 0);
  }
}

static void *write_for_ever(void *argument)
{
  volatile char *there = argument;
  for (;;)
    (*there)++;
  return NULL;
}

/* The other CPU has the page in its TLB, writable: it must die. */
static void forbid_while_written(void)
{
  pthread_t thread;
  pthread_attr_t attributes;
  pin(&attributes, 1);
  volatile char *there =
      mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pthread_create(&thread, &attributes, write_for_ever, (void *) there) == 0);
  while (*there == 0)
    sched_yield();
  CHECK(mprotect((void *) there, PAGE_BYTES, PROT_READ) == 0);
  nanosleep(&(struct timespec){.tv_sec = 5}, NULL);
}

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "busy") == 0)
    change_while_read();
  else if (argc == 2 && strcmp(argv[1], "idle") == 0)
    change_alone();
  else
    forbid_while_written();
  return check_finish();
}
