/* Stacks of libgomp's threads often hold private arrays: they are larger than other threads', of
 * 256 KiB, and small enough for many threads in a small guest. OMP_STACKSIZE asks for others. */
#define GOMP_DEFAULT_STACKSIZE (1ul << 20)
