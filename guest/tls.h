/* Thread-local storage of one thread (x86-64 psABI, variant II; local-exec model only). */
#ifndef GUEST_TLS_H
#define GUEST_TLS_H

#include <stddef.h>
#include <stdint.h>

/* Alignment a block must have. */
#define TLS_ALIGN_BYTES 64

/* Size of a block: the program's thread-local variables and the thread control block. */
size_t tls_block_bytes(void);

/* Initialises a block of tls_block_bytes(), the caller's. Returns the FS base that selects it. */
uint64_t tls_init(void *block);

#endif
