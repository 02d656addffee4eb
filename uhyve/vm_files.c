/* Opens what a guest gets of the host's files. */
#include "vm_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "exit_status.h"

/* The limit of open files that counts is the guest's. */
static void raise_limit(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
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
  if (error == 0 && vm->mappings.count > 0)
  {
    umask(0);
    raise_limit();
  }
  return error;
}

int vm_files_open(struct vm *vm)
{
  int error = initrd_open(&vm->initrd, vm->options->initrd, vm->end.message);
  if (error == 0)
  {
    error = open_mappings(vm);
    if (error == 0)
    {
      files_init(&vm->files);
      return 0;
    }
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
