/* More thread-local storage than the stack that a thread has by default. */
#include <pthread.h>
#include <stdint.h>

#include "check.h"

#define BYTES 300000

static _Thread_local volatile unsigned char big[BYTES];
static _Thread_local int initialised = 42;

/* About as deep as the default stack allows. */
static int use_stack(int depth)
{
  volatile char frame[1024];
  frame[0] = (char) depth;
  return depth == 0 ? frame[0] : use_stack(depth - 1) + frame[0] - (char) depth;
}

static void *use(void *argument)
{
  unsigned char value = (unsigned char) (uintptr_t) argument;
  bool good = initialised == 42;
  for (int i = 0; i < BYTES; i++)
    good = good && big[i] == 0;
  for (int i = 0; i < BYTES; i++)
    big[i] = value;
  good = good && use_stack(128) == 0;
  for (int i = 0; i < BYTES; i++)
    good = good && big[i] == value;
  CHECK(good);
  return argument;
}

int main(void)
{
  pthread_t threads[4];
  for (int round = 0; round < 3; round++)
  {
    for (uintptr_t i = 0; i < 4; i++)
      CHECK(pthread_create(&threads[i], NULL, use, (void *) (i + 1)) == 0);
    for (int i = 0; i < 4; i++)
      CHECK(pthread_join(threads[i], NULL) == 0);
  }
  use((void *) 9);

  /* The smallest stack, with the storage in addition; one of the program's own, too small for it.
   */
  static _Alignas(64) char own[64 << 10];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK(pthread_attr_setstack(&attributes, own, sizeof(own)) == 0);
  CHECK(pthread_create(&threads[0], &attributes, use, NULL) != 0);
  return check_finish();
}
