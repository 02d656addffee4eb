/* The topics figures are sorted by, a file each. Each function measures those of its topic that are
 * wanted, and returns 0, or -1 after a line on standard error. */
#ifndef BENCH_TOPICS_H
#define BENCH_TOPICS_H

#include "runner.h"

int figures_launch(struct run *run); /* start, resident memory, size of the file */
int figures_cpu(struct run *run);    /* computing, and the C library */
int figures_tasks(struct run *run);  /* threads, and what they wait for */
int figures_memory(struct run *run); /* mappings, malloc, bandwidth */
int figures_files(struct run *run);  /* files, and standard output */
int figures_net(struct run *run);    /* the network */
int figures_openmp(struct run *run); /* OpenMP's constructs, and programs that use them */
int figures_cxx(struct run *run);    /* C++ */
int figures_noise(struct run *run);  /* what interrupts a program */
int figures_idle(struct run *run);   /* what a program that does nothing costs */

#endif
