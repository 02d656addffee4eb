/* Rules of time zones: the monitor reads them from the host's files. Newlib calls this with a lock
 * held, see third_party/newlib/patches/0019-time-zones.patch. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "hypercall.h"
#include "hypercalls/guest_image.h"
#include "posix/sys.h"
#include "sched/sched.h"

static const struct
{
  uint32_t name_bytes;
  uint32_t desc_bytes;
  uint32_t type;
  char name[8];
  struct uhyve_note_needs desc;
} needs_note __attribute__((used, retain, section(".note.uhyve.needs"), aligned(4))) = {
    .name_bytes = sizeof(UHYVE_NOTE_NAME),
    .desc_bytes = sizeof(struct uhyve_note_needs),
    .type = UHYVE_NOTE_NEEDS,
    .name = UHYVE_NOTE_NAME,
    .desc = {.needs = UHYVE_NEEDS_TIME_ZONES},
};

/* What was asked for last: of the host's own zone, and of any other. */
struct answer
{
  bool is_known;
  bool is_there;
  char name[HC_TIME_ZONE_BYTES];
  char rule[HC_TIME_ZONE_BYTES];
};

static void ask(struct answer *answer)
{
  HC_BLOCK(struct hc_time_zone) block;
  memcpy(block.name, answer->name, sizeof(block.name));
  block.result = 0;
  uint32_t was_masked = sched_go_away();
  hypercall(HC_time_zone, &block);
  sched_come_back(was_masked);
  memcpy(answer->rule, block.name, sizeof(answer->rule));
  answer->rule[sizeof(answer->rule) - 1] = '\0';
  answer->is_there = block.result == 0;
  answer->is_known = true;
}

const char *time_zone(const char *name)
{
  static struct answer own;
  static struct answer other;
  struct answer *answer = *name == '\0' ? &own : &other;
  size_t len = strnlen(name, HC_TIME_ZONE_BYTES);
  if (len == HC_TIME_ZONE_BYTES)
    return NULL;
  if (!answer->is_known || strcmp(answer->name, name) != 0)
  {
    memset(answer->name, 0, sizeof(answer->name));
    memcpy(answer->name, name, len);
    ask(answer);
  }
  return answer->is_there ? answer->rule : NULL;
}
