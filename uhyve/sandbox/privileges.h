/* Capabilities of the calling thread, which what it starts inherits. */
#ifndef UHYVE_SANDBOX_PRIVILEGES_H
#define UHYVE_SANDBOX_PRIVILEGES_H

#include <stdbool.h>

/* No program that is executed gets more rights than this process has. Returns 0 or a negative
 * errno. */
int privileges_forbid_new(void);

/* Gives up all capabilities but those that root has over files, where the guest reads or changes
 * some: there a program that runs as root gets at them, as any process would. Returns 0 or a
 * negative errno. */
int privileges_drop(bool reads_files, bool changes_files);

#endif
