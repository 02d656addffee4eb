/* Stands in for guest/arch/x86_64/stack_touch.h in unit tests: the host's stacks are its own. */
#ifndef GUEST_ARCH_STACK_TOUCH_H
#define GUEST_ARCH_STACK_TOUCH_H

static inline void stack_touch(void)
{
}

#endif
