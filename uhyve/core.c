/* Gathers what goes into a core file, and has it written. */
#include "core.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core_map.h"
#include "core_notes.h"
#include "core_write.h"
#include "monotonic.h"
#include "signals.h"
#include "stopped_cpu.h"

/* ---- Threads ---- */

/* An XSAVE area: what its header says is as at the start need not be in it. */
#define FXSAVE_BYTES    512
#define MXCSR_OFFSET    24
#define X87_OFFSET      32
#define SSE_OFFSET      160
#define SSE_BYTES       256
#define HEADER_BYTES    64
#define HEADER_RESERVED 16
#define FCW_INIT        0x37f
#define PRESENT_X87     1u
#define PRESENT_SSE     2u
#define PRESENT_MOST    0xffffu

static void complete_vectors(uint8_t *area, const uint8_t *header)
{
  static const uint8_t zero[HEADER_BYTES - HEADER_RESERVED];
  const uint16_t fcw = FCW_INIT;
  uint64_t present;
  memcpy(&present, header, sizeof(present));
  /* Saved by FXSAVE, on a processor without XSAVE, there is no header. */
  if (present > PRESENT_MOST || memcmp(header + HEADER_RESERVED, zero, sizeof(zero)) != 0)
    return;
  if ((present & PRESENT_X87) == 0)
  {
    memset(area, 0, MXCSR_OFFSET);
    memset(area + X87_OFFSET, 0, SSE_OFFSET - X87_OFFSET);
    memcpy(area, &fcw, sizeof(fcw));
  }
  if ((present & PRESENT_SSE) == 0)
    memset(area + SSE_OFFSET, 0, SSE_BYTES);
}

/* Of a thread that has left its CPU by a call they are lost, and need not be kept. */
static void read_vectors(struct vm *vm, const struct guest_thread *thread,
                         struct core_vectors *vectors)
{
  uint8_t saved[FXSAVE_BYTES + HEADER_BYTES];
  vectors->len_bytes = 0;
  if (thread->vector_state_gva != 0)
  {
    if (vm_read_virtual(vm, thread->vector_state_gva, saved, sizeof(saved)) != 0)
      return;
    complete_vectors(saved, saved + FXSAVE_BYTES);
    memcpy(vectors->area, saved, FXSAVE_BYTES);
    vectors->len_bytes = FXSAVE_BYTES;
  }
  else if (thread->state == GUEST_THREAD_RUNNING && thread->cpu < vm->vcpu_count)
    vectors->len_bytes =
        stopped_cpu_vectors(vm, thread->cpu, vectors->area, CORE_VECTORS_MAX_BYTES);
}

/* The number of a thread that is in no list. */
static int32_t free_id(const struct guest_threads *threads)
{
  int32_t id = 1;
  for (size_t i = 0; i < threads->count; i++)
    if (threads->list[i].id >= id && threads->list[i].id < INT32_MAX)
      id = threads->list[i].id + 1;
  return id;
}

static void add_threads(struct vm *vm, struct core_notes *notes, const struct core_program *program,
                        const struct guest_threads *threads, const struct hc_registers *registers)
{
  struct core_vectors vectors;
  struct guest_thread crashed = {.state = GUEST_THREAD_RUNNING, .cpu = vm->end.cpu};
  if (threads->crashed < threads->count)
    crashed = threads->list[threads->crashed];
  else
    crashed.id = free_id(threads);
  struct core_thread thread = {crashed.id, registers, crashed.fs_base};
  read_vectors(vm, &crashed, &vectors);
  core_notes_begin(notes, program, &thread, &vectors);
  for (size_t i = 0; i < threads->count; i++)
  {
    const struct guest_thread *other = &threads->list[i];
    if (i == threads->crashed || !other->has_registers)
      continue;
    thread = (struct core_thread){other->id, &other->registers, other->fs_base};
    read_vectors(vm, other, &vectors);
    core_notes_add_thread(notes, program, &thread, &vectors);
  }
}

/* ---- The program ---- */

/* Where in memory the headers of the program's file are, or 0. */
static uint64_t find_headers(struct vm *vm, uint64_t offset)
{
  for (unsigned int i = 0; i < vm->image.segment_count; i++)
  {
    const struct elf_segment *segment = &vm->image.segments[i];
    if (offset >= segment->offset && offset - segment->offset < segment->filesz)
      return segment->vaddr + (offset - segment->offset) + vm->layout.load_bias;
  }
  return 0;
}

static struct core_program describe_program(struct vm *vm, int signal)
{
  Elf64_Ehdr header;
  struct core_program program = {
      .name = vm->options->file,
      .argv = vm->options->guest_argv,
      .argc = vm->options->guest_argc,
      .signal = signal != 0 ? signal : SIGABRT,
      .fault_gva = vm->end.kind == VM_END_CRASH ? vm->end.crash.fault_gva : vm->end.fault_gva,
  };
  /* As the file is now: these numbers are for a debugger, which compares them with the file. */
  if (pread(vm->image.fd, &header, sizeof(header), 0) == sizeof(header))
  {
    program.entry_gva = header.e_entry + vm->layout.load_bias;
    program.headers_gva = find_headers(vm, header.e_phoff);
    program.header_bytes = header.e_phentsize;
    program.header_count = header.e_phnum;
  }
  return program;
}

/* ---- Progress ---- */

#define PROGRESS_AFTER_NS UINT64_C(1000000000)
#define PROGRESS_EVERY_NS UINT64_C(200000000)

struct writer
{
  struct vm *vm;
  uint64_t all_bytes;
  bool is_terminal;
  bool has_printed;
  uint64_t next_ns; /* when to print */
};

static void show_progress(void *context, uint64_t done_bytes)
{
  struct writer *writer = context;
  uint64_t time_ns = monotonic_ns();
  if (!writer->is_terminal || time_ns < writer->next_ns)
    return;
  writer->next_ns = time_ns + PROGRESS_EVERY_NS;
  writer->has_printed = true;
  fprintf(stderr, "\ruhyve: writing the core file: %3.0f %%",
          100.0 * (double) done_bytes / (double) writer->all_bytes);
}

static const void *find_page(void *context, uint64_t gva)
{
  const struct writer *writer = context;
  return vm_virtual_page(writer->vm, gva);
}

/* ---- All of it ---- */

static int write_core(struct vm *vm, int fd, const struct core_notes *notes,
                      const struct core_map *map, uint64_t *written_bytes)
{
  struct writer writer = {
      .vm = vm,
      .all_bytes = map->len_bytes,
      .is_terminal = isatty(STDERR_FILENO) != 0,
      .next_ns = monotonic_ns() + PROGRESS_AFTER_NS,
  };
  const struct core_write_input input = {
      .notes = notes,
      .map = map,
      .page = find_page,
      .progress = show_progress,
      .context = &writer,
  };
  int error = core_write(fd, &input, written_bytes);
  if (writer.has_printed)
    fputs("\r\033[K", stderr);
  return error;
}

void core_dump(struct vm *vm, const struct guest_threads *threads,
               const struct hc_registers *registers, int signal)
{
  const struct core_program program = describe_program(vm, signal);
  struct core_file *core = &vm->core;
  struct core_notes notes;
  struct core_map map = {.count = 0};
  uint64_t written_bytes = 0;
  /* Too large a file is an error like others, and so is that nobody can name it. */
  signals_ignore(SIGXFSZ);
  signals_ignore(SIGPIPE);
  add_threads(vm, &notes, &program, threads, registers);
  /* The window shows all memory once more. What is below it is no more than there is. */
  int error = core_map_read(&map, &vm->memory, vm->layout.tables_gpa, UHYVE_WINDOW_BASE,
                            guest_memory_size(&vm->memory));
  if (error == 0)
    error = write_core(vm, core->fd, &notes, &map, &written_bytes);
  if (error == 0)
    error = core_file_keep(core);
  if (error != 0)
    fprintf(stderr, "uhyve: cannot write the core file '%s': %s\n", core->path, strerror(-error));
  else
    fprintf(stderr, "uhyve: the core file is '%s': %llu KiB of memory%s\n", core->path,
            (unsigned long long) (written_bytes >> 10),
            map.is_cut ? ", not all of what the guest's page tables name" : "");
  core_map_free(&map);
  core_notes_free(&notes);
}
