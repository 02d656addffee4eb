/* Signals from outside that the guest sees to itself. A handler notes what has come and interrupts
 * the guest's first CPU, which asks. */
#include "guest_signals.h"

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hypercalls/start_info.h"
#include "signals.h"
#include "timeout.h"

/* Those that cannot be caught; of faults, which are the monitor's own; and two that the C library
 * keeps for itself. */
#define NOT_THE_GUESTS                                                                        \
  (SIGNALS_BIT(SIGKILL) | SIGNALS_BIT(SIGSTOP) | SIGNALS_BIT(SIGSEGV) | SIGNALS_BIT(SIGBUS) | \
   SIGNALS_BIT(SIGFPE) | SIGNALS_BIT(SIGILL) | SIGNALS_BIT(SIGTRAP) | SIGNALS_BIT(SIGSYS) |   \
   SIGNALS_BIT(32) | SIGNALS_BIT(33))

/* They stop it. */
#define STOPPING \
  (SIGNALS_BIT(SIGSTOP) | SIGNALS_BIT(SIGTSTP) | SIGNALS_BIT(SIGTTIN) | SIGNALS_BIT(SIGTTOU))

static int vm_fd = -1;
static _Atomic uint64_t caught;
static _Atomic uint64_t pending;
static _Atomic uint64_t sender;

void guest_signals_prepare(int fd)
{
  vm_fd = fd;
}

bool guest_signals_offer(int number, const siginfo_t *info)
{
  if ((atomic_load(&caught) & SIGNALS_BIT(number)) == 0)
    return false;
  bool has_sender = info->si_code <= 0;
  atomic_store(&sender, has_sender ? (uint64_t) info->si_uid << 32 | (uint32_t) info->si_pid : 0);
  atomic_fetch_or(&pending, SIGNALS_BIT(number));
  /* A message signalled interrupt to the first CPU: Documentation/virt/kvm/api.rst,
   * KVM_SIGNAL_MSI. */
  struct kvm_msi message = {.address_lo = 0xfee00000u, .data = UHYVE_VECTOR_SIGNAL};
  ioctl(vm_fd, KVM_SIGNAL_MSI, &message);
  return true;
}

void guest_signals_stop(void)
{
  atomic_store(&caught, 0);
}

static void for_each(uint64_t set, void (*act)(int number))
{
  for (; set != 0; set &= set - 1)
    act(__builtin_ctzll(set) + 1);
}

/* The lock is held: no two CPUs change what is done about a signal at the same time, and none while
 * one of them stops the guest by it. */
static bool serve(struct hc_signals *block, char message[static 256])
{
  uint64_t set = block->mask & ~NOT_THE_GUESTS;
  block->result = 0;
  switch (block->operation)
  {
  case HC_SIGNALS_CATCH:
    atomic_fetch_or(&caught, set);
    for_each(set, signals_catch);
    return true;
  case HC_SIGNALS_IGNORE:
    for_each(set, signals_ignore);
    return true;
  case HC_SIGNALS_DEFAULT:
    atomic_fetch_and(&caught, ~set);
    for_each(set, signals_leave);
    return true;
  case HC_SIGNALS_TAKE:
    block->mask = atomic_exchange(&pending, 0);
    block->sender = atomic_load(&sender);
    return true;
  case HC_SIGNALS_STOP:
    if ((block->mask & STOPPING) == 0 || (block->mask & (block->mask - 1)) != 0)
      block->result = -EINVAL;
    else if (timeout_is_over())
      block->result = -ETIME;
    else
      for_each(block->mask, signals_stop);
    return true;
  default:
    snprintf(message, 256, "hypercall signals: there is no operation %u", block->operation);
    return false;
  }
}

bool guest_signals_serve(struct hc_signals *block, char message[static 256])
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  bool is_served = serve(block, message);
  pthread_mutex_unlock(&lock);
  return is_served;
}
