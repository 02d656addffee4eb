/* The application heap: one region that the break grows through. */
#ifndef GUEST_MM_HEAP_H
#define GUEST_MM_HEAP_H

#include <stddef.h>

void heap_init(void);

/* Moves the break by a signed number of bytes. Returns the old break, or null when the region is
 * used up or the break would go below its start. */
void *heap_move_break(ptrdiff_t bytes);

#endif
