/* A process that lets a fuzzer go on when its guest has stopped it. */
#ifndef TESTS_FUZZ_KEEPER_H
#define TESTS_FUZZ_KEEPER_H

/* Forks: the child returns and is the fuzzer, the parent waits for it and ends as it does. */
void keeper_start(void);

#endif
