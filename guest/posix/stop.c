/* Stops the whole process, as SIGSTOP and its like do by default. */
#include "hypercall.h"
#include "posix/sys.h"

void sys_stop(int number)
{
  HC_BLOCK(struct hc_signals) block;
  block.operation = HC_SIGNALS_STOP;
  block.mask = 1ull << (number - 1);
  hypercall(HC_signals, &block);
}
