/* Free objects of each size class that are in no CPU's cache: whole batches, and those in spans.
 *
 * For masked code, where nothing else is said. Lists are linked by `next` and end in null.
 */
#ifndef GUEST_LIBC_MALLOC_POOL_H
#define GUEST_LIBC_MALLOC_POOL_H

#include "libc/malloc_chunk.h"

/* A list of objects and how many they are, at most malloc_batch_objects(); null when no chunk has a
 * span left. */
struct malloc_object *malloc_pool_take(unsigned int size_class, unsigned int *count);

/* Puts a list of malloc_batch_objects() in. */
void malloc_pool_give(unsigned int size_class, struct malloc_object *batch);

/* Puts a list of any length back into spans; spans that are complete become free. */
void malloc_pool_return(unsigned int size_class, struct malloc_object *list, unsigned int count);

/* All batches back into spans; not for masked code, and bounded only by what there is. */
void malloc_pools_flush(void);

/* Ends the program because of an error in its use of the heap. */
_Noreturn void malloc_abort(const char *message);

#endif
