/* Puts a guest image into guest memory. */
#ifndef UHYVE_IMAGE_LOADER_H
#define UHYVE_IMAGE_LOADER_H

#include "elf_image.h"
#include "guest_layout.h"
#include "guest_memory.h"

/* Maps what it can from the file (whole pages; read-only ones are shared by all guests of the
 * file), copies the rest, applies the relocations of a position-independent image. Returns 0 or
 * a negative errno, with one line in message. */
int image_load(const struct elf_image *image, const struct guest_layout *layout,
               const struct guest_memory *memory, char message[static 256]);

#endif
