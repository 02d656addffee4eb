/* Thread-local storage of one thread (x86-64 psABI, variant II; local-exec model only). */
#ifndef GUEST_TLS_H
#define GUEST_TLS_H

#include <stddef.h>

struct cpu_features;

/* Alignment a block must have. */
#define TLS_ALIGN_BYTES 64

/* Size of a block: the program's thread-local variables and the thread control block. */
size_t tls_block_bytes(void);

/* Initialises a block and makes it the calling thread's. The caller owns the memory. */
void tls_start(void *block, const struct cpu_features *features);

#endif
