/* What -v tells of a virtual machine that is ready to run. */
#include "describe.h"

#include "net/net_interface.h"
#include "vm.h"

static void describe_range(FILE *out, const char *name, uint64_t gva, uint64_t gpa,
                           uint64_t len_bytes)
{
  fprintf(out, "uhyve:   %-12s at 0x%012llx, physical 0x%09llx, %llu KiB\n", name,
          (unsigned long long) gva, (unsigned long long) gpa,
          (unsigned long long) (len_bytes >> 10));
}

static void describe_map(FILE *out, const struct guest_layout *layout)
{
  describe_range(out, "image", layout->image_gva, layout->image_gpa, layout->image_bytes);
  describe_range(out, "boot area", UHYVE_KERNEL_BASE, layout->boot_gpa, layout->boot_bytes);
  describe_range(out, "page tables", UHYVE_TABLES_BASE, layout->tables_gpa, layout->tables_bytes);
  if (layout->initrd_bytes > 0)
    describe_range(out, "initrd", UHYVE_WINDOW_BASE + layout->initrd_gpa, layout->initrd_gpa,
                   layout->initrd_bytes);
  describe_range(out, "stack", layout->stack_gva, layout->stack_gpa, layout->stack_bytes);
  describe_range(out, "memory", UHYVE_WINDOW_BASE + layout->memory_gpa, layout->memory_gpa,
                 layout->memory_bytes);
}

static void describe_interface(FILE *out, const struct net_interface *interface)
{
  const uint8_t *mac = interface->net.config.mac;
  const unsigned int queue_count = interface->net.pair_count;
  fprintf(out, "uhyve: network: %s, %02x:%02x:%02x:%02x:%02x:%02x", interface->net.way->name,
          mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  if (queue_count > 1)
    fprintf(out, ", %u queues", queue_count);
  fputs(interface->polls ? ", polled while busy\n" : "\n", out);
}

static void describe_sandbox(FILE *out, const struct sandbox *sandbox)
{
  if (sandbox->isolation == ISOLATION_NONE)
  {
    fputs("uhyve: no sandbox (--file-isolation none)\n", out);
    return;
  }
  fprintf(out, "uhyve: sandbox: %s, ",
          sandbox->has_filter ? "system calls filtered"
                              : "this host's kernel has no seccomp filters");
  if (sandbox->landlock_version > 0)
    fprintf(out, "files by Landlock, version %d", sandbox->landlock_version);
  else
    fputs("this host's kernel has no Landlock (Linux 5.19, switched on at boot)", out);
  if (!sandbox->closes_others)
    fputs(", descriptors of the parent stay open", out);
  if (!sandbox->drops_privileges)
    fputs(", capabilities stay", out);
  fputc('\n', out);
}

void vm_describe(FILE *out, const struct vm *vm)
{
  const struct options *options = vm->options;
  fprintf(out, "uhyve: %s: %s, %llu KiB, at 0x%llx\n", options->file,
          vm->image.position_independent ? "position-independent" : "fixed address",
          (unsigned long long) (vm->image.file_size >> 10),
          (unsigned long long) vm->layout.image_gva);
  fprintf(out, "uhyve: %u CPU%s, %llu MiB of memory (reserved), huge pages %s, TSC %llu MHz\n",
          vm->vcpu_count, vm->vcpu_count > 1 ? "s" : "",
          (unsigned long long) (options->memory_bytes >> 20),
          options->thp ? "everywhere" : "for what it grows into",
          (unsigned long long) (vm->vcpus[0].tsc_khz / 1000));
  for (unsigned int i = 0; i < vm->mappings.count; i++)
  {
    const struct mapping *mapping = &vm->mappings.list[i];
    fprintf(out, "uhyve: %s%s at %s\n", mapping->read_only ? "read-only " : "",
            mapping->folder ? "folder" : "file", mapping->path);
  }
  for (unsigned int i = 0; i < vm->net.interface_count; i++)
    describe_interface(out, vm->net.interfaces[i]);
  describe_sandbox(out, &vm->sandbox);
  if (options->verbosity >= 2)
    describe_map(out, &vm->layout);
}
