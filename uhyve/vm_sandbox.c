/* What a virtual machine needs of the sandbox: by its mappings, its program's notes and its
 * options. */
#include "vm_sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "exit_status.h"
#include "memory_watch.h"
#include "sandbox/sandbox.h"
#include "time_zone.h"
#include "vm_net.h"

/* Beside those of places, CPUs and networks: program, output, initrd, two of KVM, statistics,
 * watch, two of the core file. */
#define OWN_FDS 9
#define ZONES   2

struct places
{
  struct sandbox_place list[OPTIONS_MAX_MAPPINGS + ZONES];
  size_t count;
};

static unsigned int find_needs(const struct vm *vm)
{
  unsigned int needs = 0;
  if ((vm->image.needs & UHYVE_NEEDS_TIME_ZONES) != 0)
    needs |= FILTER_READ_FILES;
  for (unsigned int i = 0; i < vm->mappings.count; i++)
    needs |= FILTER_READ_FILES | (vm->mappings.list[i].read_only ? 0u : FILTER_CHANGE_FILES);
  if (memory_watch_is_wanted())
    needs |= FILTER_FORK;
  if (vm->options->isolation != ISOLATION_STRICT)
    needs |= FILTER_LOOK;
  return needs;
}

static void add_place(struct places *places, int fd, bool folder, bool read_only)
{
  if (fd >= 0)
    places->list[places->count++] =
        (struct sandbox_place){.fd = fd, .folder = folder, .read_only = read_only};
}

static size_t list_fds(const struct vm *vm, const struct places *places, int *fds)
{
  const int own[OWN_FDS] = {
      vm->image.fd,      vm->streams.output_fd,   vm->initrd.fd,
      vm->kvm.fd,        vm->kvm.vm_fd,           vm->stats.status_fd,
      memory_watch_fd(), core_file_fd(&vm->core), core_file_keeper_fd(&vm->core)};
  size_t count = 0;
  for (size_t i = 0; i < OWN_FDS; i++)
    fds[count++] = own[i];
  for (size_t i = 0; i < places->count; i++)
    fds[count++] = places->list[i].fd;
  for (unsigned int i = 0; i < vm->vcpu_count; i++)
    fds[count++] = vm->vcpus[i].fd;
  return count + vm_net_list_fds(vm, &fds[count]);
}

static int enter(struct vm *vm, unsigned int needs, const struct places *places)
{
  int *fds = malloc((OWN_FDS + places->count + vm->vcpu_count + VM_NET_FDS) * sizeof(fds[0]));
  if (fds == NULL)
    return -ENOMEM;
  struct sandbox_request request = {
      .isolation = vm->options->isolation,
      .needs = needs,
      .places = places->list,
      .place_count = places->count,
      .kept_fds = fds,
      .kept_count = list_fds(vm, places, fds),
  };
  int error = sandbox_enter(&vm->sandbox, &request, vm->end.message);
  free(fds);
  return error;
}

int vm_sandbox_enter(struct vm *vm)
{
  struct places places = {.count = 0};
  int zones[ZONES] = {-1, -1};
  if (vm->options->isolation == ISOLATION_STRICT)
    explain_nothing(&vm->explain);
  if ((vm->image.needs & UHYVE_NEEDS_TIME_ZONES) != 0)
    time_zone_open_places(&zones[0], &zones[1]);
  add_place(&places, zones[0], true, true);
  add_place(&places, zones[1], false, true);
  for (unsigned int i = 0; i < vm->mappings.count; i++)
    add_place(&places, vm->mappings.list[i].fd, vm->mappings.list[i].folder,
              vm->mappings.list[i].read_only);
  int error = enter(vm, find_needs(vm), &places);
  for (int i = 0; i < ZONES; i++)
  {
    if (zones[i] >= 0)
      close(zones[i]);
  }
  if (error != 0)
    vm->end.status = STATUS_MONITOR;
  return error;
}
