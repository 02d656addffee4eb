/* What CPUs do in a guest without a monitor before its program begins. */
#ifndef GUEST_BARE_BEGIN_H
#define GUEST_BARE_BEGIN_H

/* On the first task. May block. */
void bare_begin(void);

/* From the first instructions of any other CPU in ring 3. */
_Noreturn void bare_secondary(void);

#endif
