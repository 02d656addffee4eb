/* Chunks: 2 MiB of memory each, divided into spans of 64 KiB that are given out in runs.
 *
 * A span holds objects of one size class, a run of spans one medium block. The first page of a
 * chunk describes it, and so the first span is a page shorter than others. A pointer leads to its
 * chunk by its upper bits.
 */
#ifndef GUEST_LIBC_MALLOC_CHUNK_H
#define GUEST_LIBC_MALLOC_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libc/malloc_classes.h"
#include "mm/address.h"

#define MALLOC_CHUNK_BYTES (2ul << 20)
#define MALLOC_SPAN_BYTES  (64ul << 10)
#define MALLOC_SPANS       (MALLOC_CHUNK_BYTES / MALLOC_SPAN_BYTES)

/* Runs of up to 15 spans: two of them fit a chunk; or of so many that they are most of one, for a
 * chunk comes in one large page. What is in between or larger is mapped alone. */
#define MALLOC_MEDIUM_SPANS       15ul
#define MALLOC_MEDIUM_MAX_BYTES   (MALLOC_MEDIUM_SPANS * MALLOC_SPAN_BYTES)
#define MALLOC_CHUNKFUL_SPANS     (MALLOC_SPANS - 1)
#define MALLOC_CHUNKFUL_MIN_BYTES (MALLOC_CHUNK_BYTES * 3 / 4)
#define MALLOC_CHUNKFUL_MAX_BYTES (MALLOC_CHUNKFUL_SPANS * MALLOC_SPAN_BYTES)

/* The first span serves classes up to this size, and alignments up to a page. */
#define MALLOC_FIRST_SPAN_MAX_BYTES PAGE_BYTES

/* Kinds of spans that are no size class. */
#define MALLOC_KIND_MEDIUM 254u /* the first of a run */
#define MALLOC_KIND_NONE   255u /* free, or another of a run: no block begins here */

#define MALLOC_CHUNK_MARK  0x6b6e7568636c616dul
#define MALLOC_LARGE_MARK  0x656772616c6c616dul

/* The second word of an object that is free; no program has it in memory by chance. */
#define MALLOC_FREE_MARK 0x9f3ad1c7658be247ul

struct malloc_object
{
  struct malloc_object *next;
  uint64_t mark;
};

struct malloc_span
{
  struct malloc_span *next; /* in its class's list of spans that have objects to give */
  struct malloc_span *previous;
  struct malloc_object *free;
  uint16_t out;      /* objects that are not here: in caches, batches or the program */
  uint16_t made;     /* objects that were given out once; memory behind them is untouched */
  uint16_t capacity; /* in objects */
  uint16_t run;      /* spans of a medium block */
};

/* What free() looks at, in one cache line. */
struct malloc_line
{
  uint64_t mark;
  uint8_t kinds[MALLOC_SPANS + 1]; /* a size class or MALLOC_KIND_*; no block begins at the end */
};

/* The rest of a chunk's description. */
struct malloc_chunk
{
  struct malloc_chunk *next; /* among chunks with as long a run of free spans */
  struct malloc_chunk *previous;
  uint32_t free;  /* a bit for each span that is free */
  uint32_t dirty; /* a bit for each span that was ever given out */
  uint32_t list;  /* of which list it is part */
  struct malloc_span spans[MALLOC_SPANS];
};

#define MALLOC_LINE_COLOURS 32u
#define MALLOC_CHUNK_OFFSET (MALLOC_LINE_COLOURS * 64ul)

_Static_assert(sizeof(struct malloc_line) <= 64, "a cache line");
_Static_assert(sizeof(struct malloc_chunk) + MALLOC_CHUNK_OFFSET <= PAGE_BYTES, "the first page");

/* Where the chunk of a block begins. No block begins there, so that one which is aligned to 2 MiB
 * belongs to what ends at it. */
static inline uint64_t malloc_chunk_gva(const void *block)
{
  return ((uint64_t) block - 1) & ~(MALLOC_CHUNK_BYTES - 1);
}

/* The line of each chunk is at another place in the page, for all chunks begin in the same set of
 * the processor's caches. */
static inline struct malloc_line *malloc_line_of(uint64_t chunk_gva)
{
  uint64_t colour = chunk_gva / MALLOC_CHUNK_BYTES % MALLOC_LINE_COLOURS;
  return (struct malloc_line *) (chunk_gva + colour * 64);
}

static inline struct malloc_chunk *malloc_chunk_at(uint64_t chunk_gva)
{
  return (struct malloc_chunk *) (chunk_gva + MALLOC_CHUNK_OFFSET);
}

/* Of a block in a chunk: which span it begins in; MALLOC_SPANS for one at the end of the chunk. */
static inline unsigned int malloc_span_index(const void *block)
{
  return (unsigned int) (((uint64_t) block - malloc_chunk_gva(block)) / MALLOC_SPAN_BYTES);
}

static inline uint64_t malloc_span_gva(uint64_t chunk_gva, unsigned int index)
{
  return index == 0 ? chunk_gva + PAGE_BYTES : chunk_gva + index * MALLOC_SPAN_BYTES;
}

/* Takes a run of spans whose address is a multiple of align_spans spans (a power of two) for blocks
 * of that kind. *zeroed (may be null): the memory was never used. Returns its address, or 0 when no
 * chunk has such a run. For masked code. */
uint64_t malloc_spans_take(unsigned int spans, unsigned int align_spans, uint8_t kind,
                           bool *zeroed);

/* Gives a run back. For masked code. */
void malloc_spans_give(uint64_t chunk_gva, unsigned int index, unsigned int spans);

/* Maps another chunk; unmaps empty ones but for `keep`, and says whether there were such. Not for
 * masked code. */
bool malloc_chunk_add(void);
bool malloc_chunks_trim(unsigned int keep);

/* Whether there are more empty chunks than are worth keeping, MALLOC_EMPTY_CHUNKS. */
bool malloc_chunks_in_excess(void);

#define MALLOC_EMPTY_CHUNKS 2u

#endif
