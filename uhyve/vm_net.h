/* The network interfaces of a virtual machine. */
#ifndef UHYVE_VM_NET_H
#define UHYVE_VM_NET_H

#include "vm.h"

/* Opens the ways out. Returns 0 or a negative errno, as vm_create. */
int vm_net_open(struct vm *vm);

/* Connects interfaces with KVM and starts their threads, which are shut in when this returns. The
 * guest's memory is there. Returns 0 or a negative errno, as vm_create. */
int vm_net_start(struct vm *vm);

/* When no CPU runs any more: ends the threads, after what the guest had sent. */
void vm_net_stop(struct vm *vm);

void vm_net_close(struct vm *vm);

/* Serves an access of a CPU to memory that is none. Returns false if there are no registers. */
bool vm_net_serve(struct vm *vm, struct kvm_run *run);

/* Descriptors that stay open in the sandbox. */
#define VM_NET_FDS (UHYVE_MOST_INTERFACES * (size_t) (NET_MOST_QUEUES + 3))
size_t vm_net_list_fds(const struct vm *vm, int fds[static VM_NET_FDS]);

#endif
