/* A virtual machine as a whole: bring-up, run, end. */
#ifndef UHYVE_VM_H
#define UHYVE_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "clock_follow.h"
#include "core_file.h"
#include "elf_image.h"
#include "explain.h"
#include "files.h"
#include "guest_layout.h"
#include "guest_memory.h"
#include "hypercalls/hypercalls.h"
#include "initrd.h"
#include "kvm.h"
#include "mappings.h"
#include "options.h"
#include "sandbox/sandbox.h"
#include "stats.h"
#include "stream_watch.h"
#include "streams.h"
#include "surroundings.h"
#include "timeline.h"
#include "vcpu.h"

struct net_interface;
struct net_way;

struct vm_net
{
  struct net_way *ways[UHYVE_MOST_INTERFACES];
  struct net_interface *interfaces[UHYVE_MOST_INTERFACES]; /* of the ways, which they own */
  unsigned int way_count;
  unsigned int interface_count;
};

enum vm_end_kind
{
  VM_END_EXIT,            /* the program ended; status is its own */
  VM_END_SIGNAL,          /* the program ended by the signal `status`, as by default */
  VM_END_CRASH,           /* crash and crash_text are valid */
  VM_END_NUCLEUS_FAILURE, /* nucleus_frame and registers are valid */
  VM_END_BROKEN,          /* the guest broke the interface; message says how, registers.rip where */
  VM_END_MONITOR,         /* the monitor cannot go on; message says why */
};

/* How the guest ended. Written once, by the thread that ends it. */
struct vm_end
{
  enum vm_end_kind kind;
  int status;
  unsigned int cpu;
  struct hc_crash crash;
  char crash_text[HC_MAX_MESSAGE_BYTES];
  struct hc_nucleus_frame nucleus_frame;
  struct hc_registers registers;
  uint64_t fault_gva;
  char message[256];
};

struct vm
{
  const struct options *options;
  struct timeline timeline;
  struct elf_image image;
  struct streams streams;
  struct kvm kvm;
  struct guest_memory memory;
  struct guest_layout layout;
  struct vcpu *vcpus;
  pthread_t *threads; /* of vcpus[i]; [0] is the thread that called vm_run */
  unsigned int thread_count;
  pthread_mutex_t start_lock;  /* held until all threads are there */
  atomic_uint running_threads; /* that serve a vCPU */
  unsigned int vcpu_count;
  struct stats stats;
  pthread_mutex_t memory_lock; /* for vm_memory_attach */
  struct clock_follow clock;
  struct stream_watch watch;
  struct surroundings surroundings; /* filled in before vm_create, */
  struct core_file core;            /* and so is this */
  char *working_folder;             /* the guest's first */
  struct mappings mappings;
  struct files files;
  struct initrd initrd;
  struct explain explain;
  struct vm_net net;
  struct sandbox sandbox;

  atomic_bool ending; /* set by the thread that fills 'end' */
  struct vm_end end;
};

/* Makes everything ready to run, in the order written there. Returns 0 or a negative errno with
 * one line in vm->end.message and the exit status in vm->end.status. */
int vm_create(struct vm *vm, const struct options *options);

/* Runs all CPUs until the guest ends; vm->end says how. */
void vm_run(struct vm *vm);

void vm_destroy(struct vm *vm);

/* Reads guest memory through the guest's page tables; for crash reports. 0 or -EFAULT. */
int vm_read_virtual(void *vm, uint64_t gva, void *buffer, size_t len_bytes);

/* The host address of the page of 4 KiB at a guest-virtual address, or null. */
const void *vm_virtual_page(const struct vm *vm, uint64_t gva);

#endif
