/* Figures of OpenMP: what its constructs cost, and programs, with 1 and 2 threads. */
#include "program.h"
#include "topics.h"

#define CYCLES(row)  \
  {                  \
    row, "cycles", 0 \
  }
#define CONSTRUCTS(threads)                                                                      \
  CYCLES("omp_parallel_" threads), CYCLES("omp_parallel_for_" threads),                          \
      CYCLES("omp_for_" threads), CYCLES("omp_barrier_" threads), CYCLES("omp_single_" threads), \
      CYCLES("omp_critical_" threads), CYCLES("omp_lock_" threads),                              \
      CYCLES("omp_reduction_" threads), CYCLES("omp_task_" threads)

static const struct program programs[] = {
    {.file = "omp_overheads",
     .argument = "1",
     .what = "an OpenMP construct around 0.1 us of work, less the work",
     .rows = {CONSTRUCTS("1")}},
    {.file = "omp_overheads",
     .argument = "2",
     .cpus = 2,
     .what = "an OpenMP construct around 0.1 us of work, less the work, with 2 threads",
     .rows = {CONSTRUCTS("2")}},
    {.file = "omp_jacobi",
     .argument = "1",
     .what = "Jacobi's method, a point of the grid",
     .rows = {{"jacobi_1", "ns", 3}}},
    {.file = "omp_jacobi",
     .argument = "2",
     .cpus = 2,
     .what = "Jacobi's method with 2 threads, a point of the grid",
     .rows = {{"jacobi_2", "ns", 3}}},
    {.file = "omp_conjugate_gradient",
     .argument = "1",
     .what = "conjugate gradients, a row and iteration",
     .rows = {{"conjugate_gradient_1", "ns", 3}}},
    {.file = "omp_conjugate_gradient",
     .argument = "2",
     .cpus = 2,
     .what = "conjugate gradients with 2 threads, a row and iteration",
     .rows = {{"conjugate_gradient_2", "ns", 3}}},
    {.file = "omp_nbody",
     .argument = "1",
     .what = "bodies that attract each other, a pair",
     .rows = {{"nbody_1", "ns", 3}}},
    {.file = "omp_nbody",
     .argument = "2",
     .cpus = 2,
     .what = "bodies that attract each other with 2 threads, a pair",
     .rows = {{"nbody_2", "ns", 3}}},
    {.file = "omp_stencil",
     .argument = "1",
     .what = "a stencil of nine points in Fortran, a point",
     .rows = {{"stencil_1", "ns", 3}}},
    {.file = "omp_stencil",
     .argument = "2",
     .cpus = 2,
     .what = "a stencil of nine points in Fortran with 2 threads, a point",
     .rows = {{"stencil_2", "ns", 3}}},
};

int figures_openmp(struct run *run)
{
  return program_measure_all(run, programs, sizeof(programs) / sizeof(programs[0]));
}
