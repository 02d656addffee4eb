/* Opens what a guest gets of the host's files. */
#include "vm_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "exit_status.h"

/* What calls by names open for a moment, on each CPU, and the monitor for itself. */
#define FDS_OF_CPU 3
#define FDS_OWN    16

/* The limit of open files that counts is the guest's. Returns where the descriptors end that files
 * of the guest may have. */
static int raise_limit(unsigned int cpu_count)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return INT_MAX;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
    return INT_MAX;
  rlim_t own = FDS_OWN + (rlim_t) FDS_OF_CPU * cpu_count;
  return (int) (limit.rlim_cur - (own < limit.rlim_cur / 2 ? own : limit.rlim_cur / 2));
}

static int open_mappings(struct vm *vm)
{
  const struct options *options = vm->options;
  const char *host_folder = vm->surroundings.folder;
  const char *folder = options->working_folder != NULL ? options->working_folder : host_folder;
  vm->explain.working_folder = host_folder;
  vm->working_folder = mappings_plain_path(host_folder, folder, strlen(folder));
  if (vm->working_folder == NULL || strlen(vm->working_folder) > HC_MAX_PATH_BYTES)
  {
    int error = vm->working_folder == NULL ? -ENOMEM : -ENAMETOOLONG;
    snprintf(vm->end.message, sizeof(vm->end.message), "--workdir: %s", strerror(-error));
    return error;
  }
  int error = mappings_open(&vm->mappings, options, vm->working_folder, vm->end.message);
  if (error != 0)
    return error;
  int fds_end = INT_MAX;
  if (vm->mappings.count > 0)
  {
    umask(0);
    fds_end = raise_limit(vm->vcpu_count);
  }
  files_init(&vm->files, fds_end);
  return 0;
}

int vm_files_open(struct vm *vm)
{
  int error = initrd_open(&vm->initrd, vm->options->initrd, vm->end.message);
  if (error == 0)
  {
    error = open_mappings(vm);
    if (error == 0)
      return 0;
    free(vm->working_folder);
    initrd_close(&vm->initrd);
  }
  vm->end.status = STATUS_MONITOR;
  return error;
}

void vm_files_close(struct vm *vm)
{
  files_destroy(&vm->files);
  mappings_close(&vm->mappings);
  free(vm->working_folder);
  initrd_close(&vm->initrd);
}
