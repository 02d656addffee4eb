/* Signal sets: bits, signal 1 is bit 0. */
#include <errno.h>
#include <signal.h>

#undef sigemptyset
#undef sigfillset
#undef sigaddset
#undef sigdelset
#undef sigismember

static sigset_t signal_bit(int signal)
{
  return signal > 0 && signal < NSIG ? (sigset_t) 1 << (signal - 1) : 0;
}

static int set_bits(sigset_t *set, int signal, sigset_t keep, sigset_t add)
{
  if (signal_bit(signal) == 0)
  {
    errno = EINVAL;
    return -1;
  }
  *set = (*set & keep) | add;
  return 0;
}

int sigemptyset(sigset_t *set)
{
  *set = 0;
  return 0;
}

int sigfillset(sigset_t *set)
{
  *set = ~(sigset_t) 0;
  return 0;
}

int sigaddset(sigset_t *set, int signal)
{
  return set_bits(set, signal, ~(sigset_t) 0, signal_bit(signal));
}

int sigdelset(sigset_t *set, int signal)
{
  return set_bits(set, signal, ~signal_bit(signal), 0);
}

int sigismember(const sigset_t *set, int signal)
{
  if (signal_bit(signal) == 0)
  {
    errno = EINVAL;
    return -1;
  }
  return (*set & signal_bit(signal)) != 0;
}

int sigisemptyset(const sigset_t *set)
{
  return *set == 0;
}

int sigandset(sigset_t *set, const sigset_t *left, const sigset_t *right)
{
  *set = *left & *right;
  return 0;
}

int sigorset(sigset_t *set, const sigset_t *left, const sigset_t *right)
{
  *set = *left | *right;
  return 0;
}
