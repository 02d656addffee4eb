/* Keeps a fuzzer that acts on files from the host's own, should what it tests be broken. */
#ifndef TESTS_FUZZ_CONFINE_H
#define TESTS_FUZZ_CONFINE_H

/* From here on this process can change files below $FUZZ_SCRATCH only, and opens no device but
 * /dev/null. Ends it where that is not to be had: what was not confined would not be tested, but
 * tried out on the host. Called before any thread is there; what is open stays as it is. Returns
 * the folder. */
const char *confine(void);

#endif
