/* A call that learns when an exception leaves it, without the unwinder being linked. */
#ifndef GUEST_ARCH_GUARDED_CALL_H
#define GUEST_ARCH_GUARDED_CALL_H

#include <unwind.h>

/* The register that holds the context while function() runs, as _Unwind_GetGR() numbers them. */
#define GUARDED_CALL_CONTEXT 3

/* Calls function(). What unwinds the stack asks guarded_call_personality() on its way through the
 * frame, which the one file that uses this defines. */
void guarded_call(void (*function)(void), void *context);
_Unwind_Reason_Code guarded_call_personality(int version, _Unwind_Action actions,
                                             _Unwind_Exception_Class class,
                                             struct _Unwind_Exception *exception,
                                             struct _Unwind_Context *context);

#endif
