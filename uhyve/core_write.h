/* Writes a core file: headers, notes, and memory with holes for what is zero. */
#ifndef UHYVE_CORE_WRITE_H
#define UHYVE_CORE_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "core_map.h"
#include "core_notes.h"

/* The host address of a guest-virtual page, or null. */
typedef const void *(*core_page_fn)(void *context, uint64_t gva);

/* Told now and then how many bytes of memory have been looked at. */
typedef void (*core_progress_fn)(void *context, uint64_t done_bytes);

struct core_write_input
{
  const struct core_notes *notes;
  const struct core_map *map;
  core_page_fn page;
  core_progress_fn progress;
  void *context; /* of both */
};

/* The file is empty. Sets how many bytes of memory were written. Returns 0 or a negative errno. */
int core_write(int fd, const struct core_write_input *input, uint64_t *written_bytes);

#endif
