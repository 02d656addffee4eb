/* Where libgcc's unwinder finds the tables of frames: the program is one image. */
#include <stdint.h>

/* As glibc's <dlfcn.h> has it on x86-64: libgcc is compiled with that. */
struct dl_find_object
{
  uint64_t flags;
  const void *map_start;
  const void *map_end;
  void *link_map;
  const void *eh_frame_hdr;
  uint64_t reserved[7];
};

_Static_assert(sizeof(struct dl_find_object) == 96, "libgcc's view");

extern const char __executable_start[];
extern const char __uhyve_eh_frame_hdr[];
extern const char _end[];

int _dl_find_object(const void *address, struct dl_find_object *found);

int _dl_find_object(const void *address, struct dl_find_object *found)
{
  if ((uintptr_t) address < (uintptr_t) __executable_start ||
      (uintptr_t) address >= (uintptr_t) _end)
    return -1;
  *found = (struct dl_find_object){
      .map_start = __executable_start, .map_end = _end, .eh_frame_hdr = __uhyve_eh_frame_hdr};
  return 0;
}
