/* The kernel heap: size classes, each of slabs of one frame; larger objects are whole frames.
 *
 * A slab's header is at the begin of its frame, so that an object's slab is found by its address.
 * Slabs with room are in their class's list. A slab that becomes empty is given back, but one is
 * kept.
 */
#include "mm/kernel_heap.h"

#include <stdbool.h>
#include <stdint.h>

#include "crash.h"
#include "mm/address.h"
#include "mm/physical.h"
#include "sched/spinlock.h"

#define OBJECT_ALIGN_BYTES 64ul

/* What is free links objects; it holds the address of the next. */
struct free_object
{
  struct free_object *next;
};

struct slab
{
  struct slab *next;
  struct slab *previous;
  struct free_object *first_free;
  uint32_t used;  /* objects */
  uint32_t fresh; /* objects from the first on that have ever been used */
  uint32_t class;
};

_Static_assert(sizeof(struct slab) <= OBJECT_ALIGN_BYTES, "the first object follows");

/* As many objects as fit into a frame beside the header. */
#define CLASS_BYTES(objects) ((FRAME_BYTES - OBJECT_ALIGN_BYTES) / (objects) & -OBJECT_ALIGN_BYTES)
#define CLASS(objects)                               \
  {                                                  \
    .bytes = CLASS_BYTES(objects), .room = (objects) \
  }
#define CLASS_BYTES_MAX CLASS_BYTES(2)

static struct class
{
  const uint32_t bytes;
  const uint32_t room; /* objects in a slab */
  struct spinlock lock;
  struct slab *with_room;
  uint32_t empty; /* slabs in the list without objects */
} classes[] = {CLASS(63), CLASS(31), CLASS(21), CLASS(15), CLASS(12), CLASS(10),
               CLASS(9),  CLASS(7),  CLASS(5),  CLASS(4),  CLASS(3),  CLASS(2)};

static struct class *class_of(size_t len_bytes)
{
  struct class *class = classes;
  while (class->bytes < len_bytes)
    class ++;
  return class;
}

static void list_add(struct class *class, struct slab *slab)
{
  slab->previous = NULL;
  slab->next = class->with_room;
  if (slab->next != NULL)
    slab->next->previous = slab;
  class->with_room = slab;
}

static void list_remove(struct class *class, struct slab *slab)
{
  if (slab->previous != NULL)
    slab->previous->next = slab->next;
  else
    class->with_room = slab->next;
  if (slab->next != NULL)
    slab->next->previous = slab->previous;
}

/* Frames, promised and taken. */
static void *allocate_frames(size_t len_bytes, bool *zeroed)
{
  if (physical_commit(len_bytes) < 0)
    return NULL;
  uint64_t gpa = physical_allocate(len_bytes, FRAME_BYTES, zeroed);
  if (gpa != PHYSICAL_NONE)
    return address_of_gpa(gpa);
  physical_uncommit(len_bytes);
  return NULL;
}

static void free_frames(void *frames, size_t len_bytes)
{
  uint64_t gpa = address_to_gpa(frames, ADDRESS_WRITE);
  if (gpa == ADDRESS_UNMAPPED)
    panic("a frame of the kernel heap is not mapped");
  physical_free(gpa, len_bytes);
  physical_uncommit(len_bytes);
}

/* With the lock of the class, and a slab in its list. */
static void *take_object(struct class *class)
{
  struct slab *slab = class->with_room;
  struct free_object *object = slab->first_free;
  if (object != NULL)
    slab->first_free = object->next;
  else
    object = (struct free_object *) ((char *) slab + OBJECT_ALIGN_BYTES +
                                     (size_t) slab->fresh++ * class->bytes);
  if (slab->used++ == 0)
    class->empty--;
  if (slab->used == class->room)
    list_remove(class, slab);
  return object;
}

static void *allocate_small(struct class *class)
{
  uint32_t was_masked = spinlock_lock_masked(&class->lock);
  while (class->with_room == NULL)
  {
    bool zeroed;
    spinlock_unlock_restore(&class->lock, was_masked);
    struct slab *slab = allocate_frames(FRAME_BYTES, &zeroed);
    if (slab == NULL)
      return NULL;
    *slab = (struct slab){.class = (uint32_t) (class - classes)};
    was_masked = spinlock_lock_masked(&class->lock);
    list_add(class, slab);
    class->empty++;
  }
  void *object = take_object(class);
  spinlock_unlock_restore(&class->lock, was_masked);
  return object;
}

static size_t whole_frames(size_t len_bytes)
{
  return (len_bytes + FRAME_BYTES - 1) & -FRAME_BYTES;
}

void *kernel_allocate(size_t len_bytes)
{
  bool zeroed;
  if (len_bytes <= CLASS_BYTES_MAX)
    return allocate_small(class_of(len_bytes));
  return len_bytes > -FRAME_BYTES ? NULL : allocate_frames(whole_frames(len_bytes), &zeroed);
}

void *kernel_allocate_zeroed(size_t len_bytes)
{
  bool zeroed = false;
  void *object = NULL;
  if (len_bytes <= CLASS_BYTES_MAX)
    object = allocate_small(class_of(len_bytes));
  else if (len_bytes <= -FRAME_BYTES)
    object = allocate_frames(whole_frames(len_bytes), &zeroed);
  /* Objects are whole words; memset() would use vector registers. */
  for (size_t i = 0; object != NULL && !zeroed && i < (len_bytes + 7) / 8; i++)
    ((uint64_t *) object)[i] = 0;
  return object;
}

/* Returns whether the slab is to be given back. */
static bool put_object(struct class *class, struct slab *slab, struct free_object *object)
{
  if (slab->used-- == class->room)
    list_add(class, slab);
  object->next = slab->first_free;
  slab->first_free = object;
  if (slab->used > 0)
    return false;
  if (class->empty == 0)
  {
    class->empty = 1;
    return false;
  }
  list_remove(class, slab);
  return true;
}

void kernel_free(void *object, size_t len_bytes)
{
  if (object == NULL)
    return;
  if (len_bytes > CLASS_BYTES_MAX)
  {
    free_frames(object, whole_frames(len_bytes));
    return;
  }
  struct class *class = class_of(len_bytes);
  struct slab *slab = (struct slab *) ((uintptr_t) object & -FRAME_BYTES);
  uint32_t was_masked = spinlock_lock_masked(&class->lock);
  if (slab->class != (uint32_t) (class - classes) || slab->used == 0)
    panic("an object of the kernel heap was freed with another size, or twice");
  bool give_back = put_object(class, slab, object);
  spinlock_unlock_restore(&class->lock, was_masked);
  if (give_back)
    free_frames(slab, FRAME_BYTES);
}
