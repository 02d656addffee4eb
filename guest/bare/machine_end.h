/* The end of a machine without a monitor. */
#ifndef GUEST_BARE_MACHINE_END_H
#define GUEST_BARE_MACHINE_END_H

/* One CPU alone comes back from this: what it prints is the last. */
void machine_begin_end(void);

/* Says with which status, and switches the machine off: by QEMU's isa-debug-exit, where the status
 * is heard, by ACPI, else by a reset. */
_Noreturn void machine_end(int status);

#endif
