/* The note that names the interface version; the layout note is in the linker script. */
#include "hypercalls/guest_image.h"
#include "hypercalls/hypercalls.h"

struct version_note
{
  uint32_t name_bytes;
  uint32_t desc_bytes;
  uint32_t type;
  char name[8];
  struct uhyve_note_version desc;
};

extern const struct version_note version_note;

const struct version_note version_note
    __attribute__((used, retain, section(".note.uhyve.version"), aligned(4))) = {
        .name_bytes = sizeof(UHYVE_NOTE_NAME),
        .desc_bytes = sizeof(struct uhyve_note_version),
        .type = UHYVE_NOTE_VERSION,
        .name = UHYVE_NOTE_NAME,
        .desc = {.interface_version = UHYVE_INTERFACE_VERSION},
};
