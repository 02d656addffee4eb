/* The unwinder of gcc's library, null in programs that do not bring it along. Hidden, for in
 * position-independent programs the linker makes a PLT for other weak functions; hence under names
 * of our own, as <unwind.h> has them visible. */
#ifndef GUEST_ARCH_UNWINDER_H
#define GUEST_ARCH_UNWINDER_H

#include <unwind.h>

#define UNWINDER(name) __asm__(#name) __attribute__((weak, visibility("hidden")))

_Unwind_Reason_Code unwinder_force(struct _Unwind_Exception *exception, _Unwind_Stop_Fn stop,
                                   void *argument) UNWINDER(_Unwind_ForcedUnwind);
_Unwind_Word unwinder_cfa(struct _Unwind_Context *context) UNWINDER(_Unwind_GetCFA);
_Unwind_Word unwinder_register(struct _Unwind_Context *context, int number) UNWINDER(_Unwind_GetGR);

#endif
