/* Brings the stack in before the lock of a memory manager is taken.
 *
 * A task's stack may be memory that is mapped on first touch. Were it touched first under such a
 * lock, the page fault would wait for the lock for ever. */
#ifndef GUEST_ARCH_STACK_TOUCH_H
#define GUEST_ARCH_STACK_TOUCH_H

#include "arch/x86_64/layout.h"

/* Reads what the next 8 KiB of calls will use. Upcalls have a stack that is always mapped, and
 * which ends sooner. */
static inline void stack_touch(void)
{
  __asm__ volatile("cmpl $0, %%gs:%c0\n\t"
                   "jne 1f\n\t"
                   "testb $0, -4096(%%rsp)\n\t"
                   "testb $0, -8192(%%rsp)\n"
                   "1:"
                   :
                   : "i"(AREA_ACTIVE)
                   : "cc", "memory");
}

#endif
