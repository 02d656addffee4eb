/* Tests of uhyve/guest_threads.c: lists of threads as a kernel library keeps them, and as one may
 * write them that wants to harm. */
#include "uhyve/guest_threads.h"

#include <stdlib.h>
#include <string.h>

#include "hypercalls/start_info.h"
#include "hypercalls/task_layout.h"
#include "own_process.h"
#include "uhyve/guest_layout.h"

#define WAITING_STACK_WORDS 16

/* What a kernel library may keep of a thread. */
struct task
{
  struct task *next;
  uint64_t context;
  uint64_t fs_base, stack_gva, stack_bytes;
  struct uhyve_saved_frame frame;
  uint64_t vector_state;
  int32_t id;
  uint32_t wait_end, end_state;
  uint8_t is_queued, is_preempted;
  char name[16];
};

struct cpu_page
{
  uint8_t stack[CPU_UPCALL_STACK_BYTES];
  struct uhyve_upcall_area area;
  struct task *current;
};

#define CPUS 3

struct guest
{
  struct uhyve_task_layout layout;
  struct task *first;
  struct cpu_page page[CPUS];
  struct stopped_cpu cpus[CPUS];
  struct hc_registers crashed;
  uint64_t stack[8][WAITING_STACK_WORDS];
  struct task task[8];
  struct guest_threads_input input;
  struct guest_threads threads;
};

#define AT(pointer) ((uint64_t) (uintptr_t) (pointer))

static void add_task(struct guest *guest, size_t i)
{
  struct task *task = &guest->task[i];
  *task = (struct task){
      .next = guest->first,
      .context = AT(&guest->stack[i][4]),
      .fs_base = 0x1000 + i,
      .stack_gva = AT(guest->stack[i]),
      .stack_bytes = sizeof(guest->stack[i]),
      .id = (int32_t) i + 1,
      .wait_end = 0,
      .name = "task",
  };
  struct uhyve_saved_call saved = {1, 2, 3, 4, 5, 6, 0x400 + i};
  memcpy(&guest->stack[i][4], &saved, sizeof(saved));
  guest->first = task;
}

static int create(void **state)
{
  struct guest *guest = calloc(1, sizeof(*guest));
  assert_non_null(guest);
  guest->layout = (struct uhyve_task_layout){
      .version = UHYVE_TASK_LAYOUT_VERSION,
      .task_bytes = sizeof(struct task),
      .first_gva = AT(&guest->first),
      .current = offsetof(struct cpu_page, current) - offsetof(struct cpu_page, area),
      .next = offsetof(struct task, next),
      .id = offsetof(struct task, id),
      .name = offsetof(struct task, name),
      .name_bytes = 16,
      .is_queued = offsetof(struct task, is_queued),
      .is_preempted = offsetof(struct task, is_preempted),
      .wait_end = offsetof(struct task, wait_end),
      .end_state = offsetof(struct task, end_state),
      .ended = 4,
      .fs_base = offsetof(struct task, fs_base),
      .stack_gva = offsetof(struct task, stack_gva),
      .stack_bytes = offsetof(struct task, stack_bytes),
      .context = offsetof(struct task, context),
      .frame = offsetof(struct task, frame),
      .vector_state = offsetof(struct task, vector_state),
  };
  for (size_t i = 0; i < COUNT_OF(guest->task); i++)
    add_task(guest, i);
  for (size_t i = 0; i < CPUS; i++)
    guest->cpus[i] = (struct stopped_cpu){.known = true, .area_gva = AT(&guest->page[i].area)};
  guest->page[0].current = &guest->task[0];
  guest->crashed = (struct hc_registers){.rip = 0x1234, .rsp = AT(&guest->stack[0][2])};
  guest->input = (struct guest_threads_input){
      .layout_gva = AT(&guest->layout),
      .cpus = guest->cpus,
      .cpu_count = CPUS,
      .crashed_registers = &guest->crashed,
      .read = read_self,
  };
  *state = guest;
  return 0;
}

static int destroy(void **state)
{
  struct guest *guest = *state;
  guest_threads_free(&guest->threads);
  free(guest);
  return 0;
}

static const struct guest_thread *read_threads(struct guest *guest)
{
  guest_threads_free(&guest->threads);
  assert_int_equal(guest_threads_read(&guest->threads, &guest->input), 0);
  return guest->threads.list;
}

/* ---- As they should be ---- */

static void finds_all_by_number(void **state)
{
  struct guest *guest = *state;
  guest->task[1].end_state = 4;
  guest->task[2].is_queued = 1;
  guest->task[3].wait_end = 1;
  memcpy(guest->task[4].name, "sixteen letters.", 16);
  const struct guest_thread *thread = read_threads(guest);
  assert_int_equal(guest->threads.count, 8);
  assert_false(guest->threads.is_cut);
  for (size_t i = 0; i < 8; i++)
  {
    assert_int_equal(thread[i].id, i + 1);
    assert_int_equal(thread[i].fs_base, 0x1000 + i);
  }
  assert_int_equal(guest->threads.crashed, 0);
  assert_int_equal(thread[0].state, GUEST_THREAD_RUNNING);
  assert_int_equal(thread[0].registers.rip, 0x1234);
  assert_int_equal(thread[1].state, GUEST_THREAD_ENDED);
  assert_false(thread[1].has_registers);
  assert_int_equal(thread[2].state, GUEST_THREAD_READY);
  assert_int_equal(thread[3].state, GUEST_THREAD_READY);
  assert_int_equal(thread[4].state, GUEST_THREAD_WAITING);
  assert_string_equal(thread[4].name, "sixteen letters.");
  assert_true(thread[4].has_registers);
  const struct hc_registers *r = &thread[4].registers;
  const uint64_t got[] = {r->r15, r->r14, r->r13, r->r12, r->rbp, r->rbx, r->rip};
  const uint64_t expected[] = {1, 2, 3, 4, 5, 6, 0x404};
  assert_memory_equal(got, expected, sizeof(got));
  assert_int_equal(r->rsp, AT(&guest->stack[4][11]));
  assert_int_equal(thread[4].vector_state_gva, 0);
}

static void takes_the_frame_of_a_preempted_one(void **state)
{
  struct guest *guest = *state;
  guest->task[2].is_preempted = 1;
  guest->task[2].vector_state = 0x7000;
  guest->task[2].frame =
      (struct uhyve_saved_frame){{.rax = 1, .rcx = 2, .rdi = 3, .r15 = 4}, 0x99, 0x98, 0x246};
  const struct guest_thread *thread = &read_threads(guest)[2];
  assert_true(thread->has_registers);
  assert_int_equal(thread->registers.rax, 1);
  assert_int_equal(thread->registers.rcx, 2);
  assert_int_equal(thread->registers.rdi, 3);
  assert_int_equal(thread->registers.r15, 4);
  assert_int_equal(thread->registers.rip, 0x99);
  assert_int_equal(thread->registers.rsp, 0x98);
  assert_int_equal(thread->registers.rflags, 0x246);
  assert_int_equal(thread->vector_state_gva, 0x7000);
}

static void takes_the_registers_of_a_cpu(void **state)
{
  struct guest *guest = *state;
  guest->page[1].current = &guest->task[3];
  guest->cpus[1].registers = (struct hc_registers){.rip = 0x77, .rsp = AT(&guest->stack[3][1])};
  const struct guest_thread *thread = &read_threads(guest)[3];
  assert_int_equal(thread->state, GUEST_THREAD_RUNNING);
  assert_int_equal(thread->cpu, 1);
  assert_int_equal(thread->registers.rip, 0x77);
  /* On a stack that is nobody's, such as one for signals. */
  guest->cpus[1].registers.rsp = AT(&guest);
  thread = &read_threads(guest)[3];
  assert_int_equal(thread->registers.rip, 0x77);
  guest->cpus[1].known = false;
  thread = &read_threads(guest)[3];
  assert_int_equal(thread->state, GUEST_THREAD_RUNNING);
  assert_int_equal(thread->registers.rip, 0x403);
}

/* The CPU names the next one already, and is still on the stack of the one before. */
static void knows_whose_stack_it_is(void **state)
{
  struct guest *guest = *state;
  guest->page[2].current = &guest->task[5];
  guest->cpus[2].registers = (struct hc_registers){.rip = 0x77, .rsp = AT(&guest->stack[6][1])};
  const struct guest_thread *thread = read_threads(guest);
  assert_int_equal(thread[5].registers.rip, 0x405);
  assert_int_equal(thread[6].registers.rip, 0x77);
  /* On the stack of one that has ended just now. */
  guest->task[6].end_state = 4;
  thread = read_threads(guest);
  assert_int_equal(thread[5].registers.rip, 0x405);
  assert_false(thread[6].has_registers);
}

/* In an upcall, with so many of its registers pushed, or popped again. */
static void finds_what_an_upcall_has_interrupted(void **state)
{
  struct guest *guest = *state;
  struct cpu_page *page = &guest->page[1];
  uint64_t *saved = (uint64_t *) (void *) &page->area - 15;
  page->current = &guest->task[3];
  page->area.active = 1;
  page->area.rip = 0x88;
  page->area.rsp = AT(&guest->stack[3][1]);
  page->area.rflags = 0x202;
  for (uint64_t i = 0; i < 15; i++)
    saved[i] = 100 + i;
  for (uint64_t pushed = 0; pushed <= 16; pushed++)
  {
    guest->cpus[1].registers = (struct hc_registers){.rax = 1,
                                                     .rcx = 2,
                                                     .rdx = 3,
                                                     .rbx = 4,
                                                     .rbp = 5,
                                                     .rsi = 6,
                                                     .rdi = 7,
                                                     .r8 = 8,
                                                     .r9 = 9,
                                                     .r10 = 10,
                                                     .r11 = 11,
                                                     .r12 = 12,
                                                     .r13 = 13,
                                                     .r14 = 14,
                                                     .r15 = 15,
                                                     .rip = 0x55,
                                                     .rsp = AT(&page->area) - 8 * pushed};
    const struct hc_registers *r = &read_threads(guest)[3].registers;
    const uint64_t got[] = {r->rax, r->rcx, r->rdx, r->rbx, r->rbp, r->rsi, r->rdi, r->r8,
                            r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};
    assert_int_equal(r->rip, 0x88);
    assert_int_equal(r->rsp, AT(&guest->stack[3][1]));
    for (uint64_t i = 0; i < 15; i++)
      assert_int_equal(got[i], 15 - i <= pushed ? 100 + i : i + 1);
  }
}

static void upcalls_switch(void **state)
{
  struct guest *guest = *state;
  struct cpu_page *page = &guest->page[1];
  page->current = &guest->task[3];
  guest->cpus[1].registers = (struct hc_registers){.rip = 0x55, .rsp = AT(&page->area) - 0x200};
  /* Not interrupted, but about to go on. */
  assert_int_equal(read_threads(guest)[3].registers.rip, 0x403);
  page->area.active = 1;
  guest->task[3].is_preempted = 1;
  guest->task[3].frame.rip = 0x66;
  assert_int_equal(read_threads(guest)[3].registers.rip, 0x66);
}

static void no_cpu_or_no_thread(void **state)
{
  struct guest *guest = *state;
  guest->page[0].current = NULL;
  read_threads(guest);
  assert_int_equal(guest->threads.crashed, guest->threads.count);
  guest->input.layout_gva = 0;
  read_threads(guest);
  assert_int_equal(guest->threads.count, 0);
}

/* ---- As they should not be ---- */

static void loops_end(void **state)
{
  struct guest *guest = *state;
  guest->task[0].next = &guest->task[4];
  read_threads(guest);
  assert_int_equal(guest->threads.count, 8);
  guest->task[7].next = &guest->task[7];
  read_threads(guest);
  assert_int_equal(guest->threads.count, 1);
}

static void wild_pointers_end_the_list(void **state)
{
  struct guest *guest = *state;
  static const uint64_t wild[] = {1, 0xfff, UINT64_MAX, UINT64_MAX - 200, 1ull << 63, 1ull << 47};
  for (size_t i = 0; i < COUNT_OF(wild); i++)
  {
    memcpy(&guest->task[5].next, &wild[i], sizeof(wild[i]));
    guest->task[6].context = wild[i];
    guest->task[7].stack_gva = wild[i];
    guest->task[7].stack_bytes = wild[COUNT_OF(wild) - 1 - i];
    const struct guest_thread *thread = read_threads(guest);
    assert_int_equal(guest->threads.count, 3);
    assert_false(thread[1].has_registers);
    guest->layout.first_gva = wild[i];
    read_threads(guest);
    assert_int_equal(guest->threads.count, 0);
    guest->layout.first_gva = AT(&guest->first);
    guest->input.layout_gva = wild[i];
    read_threads(guest);
    assert_int_equal(guest->threads.count, 0);
    guest->input.layout_gva = AT(&guest->layout);
  }
}

static void long_lists_are_cut(void **state)
{
  struct guest *guest = *state;
  size_t count = GUEST_THREADS_MAX + 10;
  struct task *many = calloc(count, sizeof(many[0]));
  assert_non_null(many);
  for (size_t i = 0; i < count; i++)
    many[i] = (struct task){.next = i + 1 < count ? &many[i + 1] : NULL, .id = INT32_MIN};
  guest->first = many;
  read_threads(guest);
  assert_int_equal(guest->threads.count, GUEST_THREADS_MAX);
  assert_true(guest->threads.is_cut);
  guest->first = &many[10];
  read_threads(guest);
  assert_int_equal(guest->threads.count, GUEST_THREADS_MAX);
  assert_false(guest->threads.is_cut);
  free(many);
}

static void layouts_of_nonsense(void **state)
{
  struct guest *guest = *state;
  const struct uhyve_task_layout good = guest->layout;
  guest->layout.version++;
  read_threads(guest);
  assert_int_equal(guest->threads.count, 0);
  guest->layout = good;
  guest->layout.task_bytes = 0;
  read_threads(guest);
  assert_int_equal(guest->threads.count, 0);
  guest->layout.task_bytes = 4097;
  read_threads(guest);
  assert_int_equal(guest->threads.count, 0);
  uint64_t random = 1;
  for (unsigned int round = 0; round < 2000; round++)
  {
    guest->layout = good;
    uint32_t *word = (uint32_t *) (void *) &guest->layout;
    for (unsigned int i = 0; i < 4; i++)
      word[4 + random_next(&random) % (sizeof(guest->layout) / sizeof(*word) - 4)] =
          (uint32_t) random_magnitude(&random);
    read_threads(guest);
    assert_true(guest->threads.count <= GUEST_THREADS_MAX);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)
      TEST(finds_all_by_number),
      TEST(takes_the_frame_of_a_preempted_one),
      TEST(takes_the_registers_of_a_cpu),
      TEST(knows_whose_stack_it_is),
      TEST(finds_what_an_upcall_has_interrupted),
      TEST(upcalls_switch),
      TEST(no_cpu_or_no_thread),
      TEST(loops_end),
      TEST(wild_pointers_end_the_list),
      TEST(long_lists_are_cut),
      TEST(layouts_of_nonsense),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
