/* Signals to the monitor itself, which are those to its guest. What the guest does not see to does
 * to this process what it does to any: it ends by that very signal, or stops. */
#ifndef UHYVE_SIGNALS_H
#define UHYVE_SIGNALS_H

#include <signal.h>
#include <stdint.h>

/* Bit n - 1 of a set stands for signal n. */
#define SIGNALS_BIT(number) (UINT64_C(1) << ((number) -1))

/* Wakes a vCPU's thread out of KVM_RUN or a blocking call, sent by pthread_kill(). No real-time
 * signal: every single one of those is kept, until a thread that a file system of the host holds
 * has as many as all processes of the user may have pending together. */
#define SIGNALS_KICK SIGSTKFLT

/* Installs the handlers. No write of this process ends it by SIGPIPE from here on, and no signal is
 * blocked, whatever a parent has left: the guest's program begins so, and the kick must come. */
void signals_install(void);

/* The other signals that end a process, real-time ones and faults, do so after what is put right,
 * too: called when there is something. */
void signals_catch_rest(void);

/* Those that were ignored when the monitor was started, by nohup or a parent: they stay so. */
uint64_t signals_ignored(void);

/* From now on a signal is offered to the guest, guest_signals_offer(), or ignored. */
void signals_catch(int number);
void signals_ignore(int number);

/* It does what it does to any process. */
void signals_leave(int number);

/* Ends this process by a signal, without a core file, after what is put right before any end.
 * Returns only if that signal ends no process. Safe in signal handlers. */
void signals_end(int number);

/* Stops this process by a signal until SIGCONT. */
void signals_stop(int number);

#endif
