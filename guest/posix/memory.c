/* The break. */
#include "mm/heap.h"
#include "posix/sys.h"

void *sys_sbrk(ptrdiff_t bytes)
{
  return heap_move_break(bytes);
}
