/* What a guest without a monitor finds before its program begins. */
#ifndef GUEST_BARE_BEGIN_H
#define GUEST_BARE_BEGIN_H

/* On the first task. May block. */
void bare_begin(void);

#endif
