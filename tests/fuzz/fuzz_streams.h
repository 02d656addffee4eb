/* Standard streams of a fuzzer's guest: of each kind that a monitor may be given. */
#ifndef TESTS_FUZZ_STREAMS_H
#define TESTS_FUZZ_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "uhyve/streams.h"

/* Makes one of each kind, once. */
void fuzz_streams_create(void);

/* The thread at the other end of the terminal. */
void fuzz_streams_start(void);

/* Three of them; used ones are as they were. */
void fuzz_streams_choose(struct streams *streams, uint16_t kinds);

/* Whether no call for any of these waits, however long it may. */
bool fuzz_streams_never_wait(const struct streams *streams);

#endif
