/* The backtrace after a run-time error: addresses, for there is no file of the program to read
 * names from. addr2line tells the lines. */
#include <unwind.h>

#include "libgfortran.h"

static _Unwind_Reason_Code print_frame(struct _Unwind_Context *context, void *count)
{
  int *frame = count;
  unsigned long address = _Unwind_GetIP(context);
  if (address == 0)
    return _URC_END_OF_STACK;
  st_printf("#%d  0x%lx\n", *frame, address);
  (*frame)++;
  return _URC_NO_REASON;
}

void show_backtrace(bool in_signal_handler __attribute__((unused)))
{
  int frame = 0;
  _Unwind_Backtrace(print_frame, &frame);
}

/* The intrinsic procedure BACKTRACE. */
extern void backtrace(void);
export_proto(backtrace);

void backtrace(void)
{
  show_backtrace(false);
}
