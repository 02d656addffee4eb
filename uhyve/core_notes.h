/* The notes of a core file: threads and their registers, as Linux writes them. */
#ifndef UHYVE_CORE_NOTES_H
#define UHYVE_CORE_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include "guest_threads.h"

#define CORE_VECTORS_MAX_BYTES 832 /* an XSAVE area up to AVX */

/* The processor's area first, or as much of it as FXSAVE has. */
struct core_vectors
{
  uint32_t len_bytes; /* 0: not known; 512: no more than FXSAVE has */
  uint8_t area[CORE_VECTORS_MAX_BYTES];
};

struct core_thread
{
  int32_t id;
  const struct hc_registers *registers;
  uint64_t fs_base;
};

struct core_program
{
  const char *name;
  char *const *argv;
  int argc;
  int signal;         /* that it ended by */
  uint64_t fault_gva; /* of the signal, or 0 */
  uint64_t entry_gva; /* where the program was loaded: a debugger finds the difference by these */
  uint64_t headers_gva;
  uint64_t header_bytes; /* of one */
  uint64_t header_count;
};

/* Bytes that grow. */
struct core_notes
{
  uint8_t *bytes; /* owned */
  size_t len_bytes;
  size_t room_bytes;
  int error; /* -ENOMEM: from there on nothing is added */
};

/* To be called first, with the thread that crashed. */
void core_notes_begin(struct core_notes *notes, const struct core_program *program,
                      const struct core_thread *thread, const struct core_vectors *vectors);

void core_notes_add_thread(struct core_notes *notes, const struct core_program *program,
                           const struct core_thread *thread, const struct core_vectors *vectors);

void core_notes_free(struct core_notes *notes);

#endif
