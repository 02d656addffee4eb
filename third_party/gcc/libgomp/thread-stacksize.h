/* Stacks of libgomp's threads, which often hold private arrays: larger than other threads' (256 KiB),
 * small enough for many threads in a small guest. OMP_STACKSIZE asks for others. */
#define GOMP_DEFAULT_STACKSIZE (1ul << 20)
