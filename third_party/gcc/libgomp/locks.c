/* libgomp's locks, with the second names by which its functions for Fortran call them. */
/* By its path: config/linux has one by the same name, which includes headers of Linux. */
#include "config/../lock.c"

/* Macros that end with a semicolon of their own. */
/* clang-format off */
ialias(omp_init_lock)
ialias(omp_init_nest_lock)
ialias(omp_destroy_lock)
ialias(omp_destroy_nest_lock)
ialias(omp_set_lock)
ialias(omp_set_nest_lock)
ialias(omp_unset_lock)
ialias(omp_unset_nest_lock)
ialias(omp_test_lock)
ialias(omp_test_nest_lock)
