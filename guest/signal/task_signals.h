/* What a task has of signals. Numbers and codes are Linux's; a set of signals has bit n - 1 for
 * signal n. */
#ifndef GUEST_SIGNAL_TASK_SIGNALS_H
#define GUEST_SIGNAL_TASK_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is told about a signal: the members of siginfo_t that it has. */
struct signal_info
{
  int number;
  int code;
  int pid;       /* or the timer's number */
  int uid;       /* or how often the timer has run out while the signal waited */
  uint64_t data; /* the value sent along, or the address of a fault */
};

struct signal_action
{
  uint64_t handler_gva; /* or SIG_DFL, SIG_IGN */
  uint64_t mask;
  uint32_t flags;
};

/* Signals that wait: a bit for each number, and what is known of each signal in the order sent. */
struct signal_queue
{
  uint64_t pending;
  struct signal_node *first, *last;
};

/* A signal that is about to be handled. */
struct signal_taken
{
  struct signal_info info;
  struct signal_action action;
  uint64_t former_mask; /* to go on with after the handler */
  /* Of a fault: the exception, its error code, and where, if it is a page fault. */
  uint32_t vector;
  uint32_t error_code;
  uint64_t fault_gva;
};

struct task_signals
{
  uint64_t mask;      /* those that wait; set by the task itself. All, while it begins and ends */
  uint64_t inherited; /* to begin with: its creator's */
  uint64_t wanted;    /* it waits for one of these; the lock of signals guards this */
  struct signal_queue queue;
  bool is_over;              /* the thread has ended: signals to it come to nothing */
  uint32_t handled;          /* handlers that have run */
  uint32_t interruptions;    /* those that do not have interrupted calls go on */
  uint64_t alternate_gva;    /* the stack for handlers that ask for it */
  size_t alternate_bytes;    /* 0: none */
  struct signal_taken taken; /* on the way from an upcall to the task's own stack */
};

#endif
