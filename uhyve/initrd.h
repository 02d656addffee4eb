/* The archive of --initrd, which a guest reads in its memory. */
#ifndef UHYVE_INITRD_H
#define UHYVE_INITRD_H

#include "guest_layout.h"
#include "guest_memory.h"

struct initrd
{
  int fd; /* -1: none */
  uint64_t len_bytes;
};

/* path: null for none. Returns 0 or a negative errno with one line in message. */
int initrd_open(struct initrd *initrd, const char *path, char message[static 256]);

/* Maps it where the layout has it: what the guest does not read is never read from the disk.
 * Returns 0 or a negative errno. */
int initrd_load(const struct initrd *initrd, const struct guest_layout *layout,
                const struct guest_memory *memory);
void initrd_close(struct initrd *initrd);

#endif
