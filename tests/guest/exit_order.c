/* What runs before main() and after it, and what happens to unwritten output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor(201))) static void construct_first(void)
{
  puts("constructor 201");
}

__attribute__((constructor(202))) static void construct_second(void)
{
  puts("constructor 202");
}

__attribute__((constructor)) static void construct_last(void)
{
  puts("constructor");
}

__attribute__((destructor(202))) static void destruct_second(void)
{
  puts("destructor 202");
}

__attribute__((destructor(201))) static void destruct_last(void)
{
  puts("destructor 201");
}

static void at_exit_nested(void)
{
  puts("atexit nested");
}

static void at_exit_first(void)
{
  puts("atexit registered first");
}

static void at_exit_second(void)
{
  puts("atexit registered second");
  atexit(at_exit_nested);
}

static void at_quick_exit_only(void)
{
  puts("at_quick_exit");
  fflush(stdout);
}

int main(int argc, char **argv)
{
  atexit(at_exit_first);
  atexit(at_exit_second);
  at_quick_exit(at_quick_exit_only);
  printf("main");
  if (argc == 2 && strcmp(argv[1], "_exit") == 0)
    _exit(3);
  if (argc == 2 && strcmp(argv[1], "quick_exit") == 0)
    quick_exit(4);
  puts("");
  if (argc == 2 && strcmp(argv[1], "many") == 0)
  {
    for (int i = 0; i < 100; i++)
      if (atexit(at_exit_nested) != 0)
        return 5;
  }
  fputs("no newline at the end", stdout);
  return 0;
}
