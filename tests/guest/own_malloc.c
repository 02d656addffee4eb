/* A program with a malloc of its own: the C library's functions use it too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static _Alignas(16) char arena[1 << 18];
static size_t used;

void *malloc(size_t len_bytes)
{
  void *block = arena + used;
  used += (len_bytes + 15) & ~(size_t) 15;
  return used <= sizeof(arena) ? block : NULL;
}

void free(void *block)
{
  (void) block;
}

void *calloc(size_t count, size_t item_bytes)
{
  return malloc(count * item_bytes); /* never used before */
}

void *realloc(void *block, size_t len_bytes)
{
  char *moved = malloc(len_bytes);
  if (moved != NULL && block != NULL)
    memmove(moved, block, len_bytes);
  return moved;
}

static bool in_arena(const void *block)
{
  return (uintptr_t) block - (uintptr_t) arena < sizeof(arena);
}

int main(void)
{
  char *copy = strdup("copied");
  CHECK(in_arena(copy) && strcmp(copy, "copied") == 0);
  char *text = NULL;
  CHECK(asprintf(&text, "%s %.3f", copy, 0.5) == 12 && in_arena(text));
  free(text);
  free(copy);
  return check_finish();
}
