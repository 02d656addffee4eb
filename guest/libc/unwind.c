/* What gcc's unwinder, libgcc_eh.a, asks of the system: where the unwind tables are, and threads.
 *
 * It is compiled for glibc, with weak references to pthread functions: it takes them for absent
 * unless __pthread_key_create is linked, and calls through null what else is not. So that one, and
 * references to the others, are here, beside the function that it cannot do without. */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* As glibc has it. The unwinder looks at the address of the tables only. */
struct dl_find_object
{
  unsigned long long flags;
  void *map_start;
  void *map_end;
  void *link_map;
  void *eh_frame_hdr;
  unsigned long long reserved[7];
};

_Static_assert(sizeof(struct dl_find_object) == 96, "glibc's");

extern char __uhyve_image_begin[];
extern char __uhyve_eh_frame_hdr[];
extern char _end[];

int _dl_find_object(void *address, struct dl_find_object *result);
int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

/* There is one object, the program. Returns 0, or -1 for an address outside of it. */
int _dl_find_object(void *address, struct dl_find_object *result)
{
  if ((char *) address < __uhyve_image_begin || (char *) address >= _end)
    return -1;
  result->flags = 0;
  result->map_start = __uhyve_image_begin;
  result->map_end = _end;
  result->link_map = NULL;
  result->eh_frame_hdr = __uhyve_eh_frame_hdr;
  return 0;
}

int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
  return pthread_key_create(key, destructor);
}

extern void *const __uhyve_unwinder_needs[];
void *const __uhyve_unwinder_needs[] = {
    (void *) pthread_once,        (void *) pthread_mutex_lock,  (void *) pthread_mutex_unlock,
    (void *) pthread_getspecific, (void *) pthread_setspecific,
};
