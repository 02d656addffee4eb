/* Walks the guest's list of threads, and finds the registers of each: those of the CPU that it runs
 * on, of what an upcall there has interrupted, or those saved when it left its CPU.
 *
 * Nothing moves, but the guest may have stopped anywhere, and may have written anything: the list
 * may be a loop, pointers may lead nowhere. */
#include "guest_threads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest_layout.h"
#include "hypercalls/start_info.h"
#include "hypercalls/task_layout.h"

#define MOST_TASK_BYTES 4096
#define FIRST_ROOM      16

struct reader
{
  const struct guest_threads_input *input;
  struct uhyve_task_layout layout;
};

static int read_guest(const struct reader *reader, uint64_t gva, void *buffer, size_t len_bytes)
{
  return reader->input->read(reader->input->read_context, gva, buffer, len_bytes);
}

/* ---- What the kernel library keeps of a thread ---- */

struct record
{
  uint8_t bytes[MOST_TASK_BYTES];
  uint32_t len_bytes;
};

/* Zero where the layout makes no sense. */
static void get(const struct record *record, uint32_t offset, void *value, uint32_t len_bytes)
{
  memset(value, 0, len_bytes);
  if (offset <= record->len_bytes && len_bytes <= record->len_bytes - offset)
    memcpy(value, record->bytes + offset, len_bytes);
}

static uint64_t get_u64(const struct record *record, uint32_t offset)
{
  uint64_t value;
  get(record, offset, &value, sizeof(value));
  return value;
}

static uint32_t get_u32(const struct record *record, uint32_t offset)
{
  uint32_t value;
  get(record, offset, &value, sizeof(value));
  return value;
}

static bool get_flag(const struct record *record, uint32_t offset)
{
  uint8_t value;
  get(record, offset, &value, sizeof(value));
  return value != 0;
}

/* ---- Registers ---- */

static struct hc_registers frame_registers(const struct uhyve_saved_frame *frame)
{
  const struct uhyve_saved_registers *from = &frame->registers;
  return (struct hc_registers){.rax = from->rax,
                               .rcx = from->rcx,
                               .rdx = from->rdx,
                               .rbx = from->rbx,
                               .rsp = frame->rsp,
                               .rbp = from->rbp,
                               .rsi = from->rsi,
                               .rdi = from->rdi,
                               .r8 = from->r8,
                               .r9 = from->r9,
                               .r10 = from->r10,
                               .r11 = from->r11,
                               .r12 = from->r12,
                               .r13 = from->r13,
                               .r14 = from->r14,
                               .r15 = from->r15,
                               .rip = frame->rip,
                               .rflags = frame->rflags};
}

/* As they are after the return from the call by which it left. The others are lost, and not needed:
 * a call need not keep them. */
static bool read_saved_call(const struct reader *reader, uint64_t gva,
                            struct hc_registers *registers)
{
  struct uhyve_saved_call saved;
  if (read_guest(reader, gva, &saved, sizeof(saved)) != 0)
    return false;
  *registers = (struct hc_registers){.rbx = saved.rbx,
                                     .rsp = gva + sizeof(saved),
                                     .rbp = saved.rbp,
                                     .r12 = saved.r12,
                                     .r13 = saved.r13,
                                     .r14 = saved.r14,
                                     .r15 = saved.r15,
                                     .rip = saved.rip,
                                     .rflags = 0x202};
  return true;
}

static void take_saved_registers(const struct reader *reader, const struct record *record,
                                 struct guest_thread *thread)
{
  struct uhyve_saved_frame frame;
  if (!thread->is_preempted)
  {
    thread->has_registers =
        read_saved_call(reader, get_u64(record, reader->layout.context), &thread->registers);
    return;
  }
  get(record, reader->layout.frame, &frame, sizeof(frame));
  thread->registers = frame_registers(&frame);
  thread->has_registers = true;
  thread->vector_state_gva = get_u64(record, reader->layout.vector_state);
}

/* What the running upcall has interrupted. Its entry pushes the general registers one by one from
 * the save area down, its end pops them: those below the stack pointer are still, or again, the
 * CPU's own. */
static void take_interrupted(const struct reader *reader, const struct stopped_cpu *cpu,
                             const struct uhyve_upcall_area *area, struct hc_registers *registers)
{
  union
  {
    struct uhyve_saved_registers named;
    uint64_t word[sizeof(struct uhyve_saved_registers) / sizeof(uint64_t)];
  } live, saved;
  const struct hc_registers *r = &cpu->registers;
  uint64_t saved_gva = cpu->area_gva - sizeof(saved);
  live.named =
      (struct uhyve_saved_registers){r->rax, r->rcx, r->rdx, r->rbx, r->rbp, r->rsi, r->rdi, r->r8,
                                     r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};
  if (read_guest(reader, saved_gva, &saved, sizeof(saved)) != 0)
    return;
  for (size_t i = 0; i < sizeof(saved.word) / sizeof(saved.word[0]); i++)
    if (r->rsp > saved_gva + i * sizeof(uint64_t))
      saved.word[i] = live.word[i];
  const struct uhyve_saved_frame frame = {
      .registers = saved.named, .rip = area->rip, .rsp = area->rsp, .rflags = area->rflags};
  *registers = frame_registers(&frame);
}

/* The registers of what runs on a CPU, or false: those that are saved are right. */
static bool find_running(const struct reader *reader, const struct stopped_cpu *cpu,
                         const struct guest_thread *thread, struct hc_registers *registers)
{
  struct uhyve_upcall_area area;
  *registers = cpu->registers;
  if (!cpu->known || read_guest(reader, cpu->area_gva, &area, sizeof(area)) != 0)
    return false;
  if (cpu->area_gva - cpu->registers.rsp > CPU_UPCALL_STACK_BYTES)
    return true;
  /* On the upcall stack; or on its way from there to a thread that is to go on. */
  if (thread->is_preempted || area.active == 0)
    return false;
  take_interrupted(reader, cpu, &area, registers);
  return true;
}

static bool is_on_stack(const struct guest_thread *thread, uint64_t gva)
{
  return gva - thread->stack_gva <= thread->stack_bytes;
}

static void set_registers(struct guest_thread *thread, const struct hc_registers *registers)
{
  thread->registers = *registers;
  thread->has_registers = true;
  thread->vector_state_gva = 0;
}

/* A CPU names the thread that is to run a few instructions before it has left the one before: whose
 * stack it is on tells. */
static void place_running(struct guest_threads *threads, struct guest_thread *thread,
                          const struct hc_registers *registers)
{
  for (size_t i = 0; i < threads->count && !is_on_stack(thread, registers->rsp); i++)
  {
    if (!is_on_stack(&threads->list[i], registers->rsp))
      continue;
    if (threads->list[i].state != GUEST_THREAD_ENDED)
      set_registers(&threads->list[i], registers);
    return;
  }
  set_registers(thread, registers);
}

static size_t find_current(const struct reader *reader, const struct guest_threads *threads,
                           const struct stopped_cpu *cpu)
{
  uint64_t gva;
  size_t i = 0;
  if (read_guest(reader, cpu->area_gva + reader->layout.current, &gva, sizeof(gva)) != 0)
    return threads->count;
  while (i < threads->count && threads->list[i].gva != gva)
    i++;
  return i;
}

static void look_at_cpu(const struct reader *reader, struct guest_threads *threads,
                        unsigned int number)
{
  const struct guest_threads_input *input = reader->input;
  const struct stopped_cpu *cpu = &input->cpus[number];
  size_t current = find_current(reader, threads, cpu);
  if (number == input->crashed_cpu)
    threads->crashed = current;
  if (current == threads->count)
    return;
  struct guest_thread *thread = &threads->list[current];
  struct hc_registers registers;
  thread->state = GUEST_THREAD_RUNNING;
  thread->cpu = number;
  if (number == input->crashed_cpu)
    set_registers(thread, input->crashed_registers);
  else if (find_running(reader, cpu, thread, &registers))
    place_running(threads, thread, &registers);
}

/* ---- The list ---- */

static void read_thread(const struct reader *reader, const struct record *record,
                        struct guest_thread *thread)
{
  const struct uhyve_task_layout *layout = &reader->layout;
  uint32_t name_bytes =
      layout->name_bytes < GUEST_THREAD_NAME_BYTES ? layout->name_bytes : GUEST_THREAD_NAME_BYTES;
  thread->id = (int32_t) get_u32(record, layout->id);
  get(record, layout->name, thread->name, name_bytes);
  thread->fs_base = get_u64(record, layout->fs_base);
  thread->stack_gva = get_u64(record, layout->stack_gva);
  thread->stack_bytes = get_u64(record, layout->stack_bytes);
  thread->is_preempted = get_flag(record, layout->is_preempted);
  if ((get_u32(record, layout->end_state) & layout->ended) != 0)
    thread->state = GUEST_THREAD_ENDED;
  else if (get_flag(record, layout->is_queued) || get_u32(record, layout->wait_end) != 0)
    thread->state = GUEST_THREAD_READY;
  else
    thread->state = GUEST_THREAD_WAITING;
  if (thread->state != GUEST_THREAD_ENDED)
    take_saved_registers(reader, record, thread);
}

static struct guest_thread *add_thread(struct guest_threads *threads, size_t *room, uint64_t gva)
{
  if (threads->count == *room)
  {
    size_t more = *room == 0 ? FIRST_ROOM : 2 * *room;
    struct guest_thread *list = realloc(threads->list, more * sizeof(list[0]));
    if (list == NULL)
      return NULL;
    threads->list = list;
    *room = more;
  }
  struct guest_thread *thread = &threads->list[threads->count++];
  *thread = (struct guest_thread){.gva = gva};
  return thread;
}

static bool is_known(const struct guest_threads *threads, uint64_t gva)
{
  for (size_t i = 0; i < threads->count; i++)
    if (threads->list[i].gva == gva)
      return true;
  return false;
}

/* The list ends where it makes no sense any more. */
static int read_list(const struct reader *reader, struct guest_threads *threads)
{
  struct record record = {.len_bytes = reader->layout.task_bytes};
  size_t room = 0;
  uint64_t gva = 0;
  if (read_guest(reader, reader->layout.first_gva, &gva, sizeof(gva)) != 0)
    return 0;
  while (gva != 0 && !is_known(threads, gva) &&
         read_guest(reader, gva, record.bytes, record.len_bytes) == 0)
  {
    if (threads->count == GUEST_THREADS_MAX)
    {
      threads->is_cut = true;
      return 0;
    }
    struct guest_thread *thread = add_thread(threads, &room, gva);
    if (thread == NULL)
      return -ENOMEM;
    read_thread(reader, &record, thread);
    gva = get_u64(&record, reader->layout.next);
  }
  return 0;
}

static int compare_ids(const void *a, const void *b)
{
  int32_t id_a = ((const struct guest_thread *) a)->id;
  int32_t id_b = ((const struct guest_thread *) b)->id;
  return (id_a > id_b) - (id_a < id_b);
}

int guest_threads_read(struct guest_threads *threads, const struct guest_threads_input *input)
{
  struct reader reader = {.input = input};
  *threads = (struct guest_threads){.count = 0};
  if (input->layout_gva == 0 ||
      read_guest(&reader, input->layout_gva, &reader.layout, sizeof(reader.layout)) != 0 ||
      reader.layout.version != UHYVE_TASK_LAYOUT_VERSION || reader.layout.task_bytes == 0 ||
      reader.layout.task_bytes > MOST_TASK_BYTES)
    return 0;
  int error = read_list(&reader, threads);
  if (error != 0)
  {
    guest_threads_free(threads);
    return error;
  }
  if (threads->count > 0)
    qsort(threads->list, threads->count, sizeof(threads->list[0]), compare_ids);
  threads->crashed = threads->count;
  for (unsigned int cpu = 0; cpu < input->cpu_count; cpu++)
    look_at_cpu(&reader, threads, cpu);
  return 0;
}

void guest_threads_free(struct guest_threads *threads)
{
  free(threads->list);
  *threads = (struct guest_threads){.count = 0};
}
