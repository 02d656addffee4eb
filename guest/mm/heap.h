/* The application heap: one region that the break grows through. */
#ifndef GUEST_MM_HEAP_H
#define GUEST_MM_HEAP_H

#include <stddef.h>

/* Moves the break by a signed number of bytes. Returns the old break, or null when there is no more
 * memory or the break would go below its start. For tasks; blocks while another moves it. */
void *heap_move_break(ptrdiff_t bytes);

#endif
