/* Timers that send signals. Errors are negative errno. */
#ifndef GUEST_SIGNAL_TIMERS_H
#define GUEST_SIGNAL_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "signal/signal.h"

enum signal_timer_clock
{
  TIMER_CLOCK_MONOTONIC,
  TIMER_CLOCK_PROCESS, /* processor time */
  TIMER_CLOCK_THREAD,
};

enum signal_timer_notify
{
  TIMER_NOTIFY_NOBODY,
  TIMER_NOTIFY_PROCESS,
  TIMER_NOTIFY_THREAD, /* of the number target_id */
  TIMER_NOTIFY_CALL,   /* expired() */
};

struct signal_timer_arm;

/* In memory that upcalls may touch, for good: timers of CPUs point to it. */
struct signal_timer
{
  struct signal_node node; /* its signal; the info to send is in `info` */
  struct signal_info info;
  enum signal_timer_clock clock;
  enum signal_timer_notify notify;
  int target_id;
  int clock_id;                   /* whose processor time TIMER_CLOCK_THREAD is */
  uint64_t deadline_ns;           /* of its clock; 0: not running */
  uint64_t interval_ns;           /* 0: once */
  unsigned int overruns;          /* missed since the last expiry that somebody was told of */
  struct signal_timer_arm *armed; /* the timer of a CPU that counts; null: none */
  struct signal_timer_arm *arms;  /* of all CPUs where it was ever started */
  /* In an upcall, with the lock of signals. */
  void (*expired)(struct signal_timer *timer);
};

struct signal_timer_setting
{
  uint64_t left_ns; /* until it runs out; 0: it does not run */
  uint64_t interval_ns;
};

/* Starts or, with 0, stops a timer. is_absolute: left_ns is a time of its clock. -EAGAIN: no
 * memory. */
int signal_timer_set(struct signal_timer *timer, const struct signal_timer_setting *setting,
                     bool is_absolute, struct signal_timer_setting *former);
void signal_timer_get(struct signal_timer *timer, struct signal_timer_setting *setting);

/* Stops it, and takes its signal back if that has not been handled. */
void signal_timer_stop(struct signal_timer *timer);

/* Expiries beyond the one that the last signal told of. */
int signal_timer_overruns(const struct signal_timer *timer);

#endif
