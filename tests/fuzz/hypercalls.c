/* Fuzzes the decoder of hypercalls with all that serves them: each input is a sequence of calls of
 * one guest, with real memory, files, streams and threads, but no virtual CPU. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <sys/mman.h>
#include <termios.h>

#include "tests/fuzz/blocks.h"
#include "tests/fuzz/fuzz_streams.h"
#include "tests/fuzz/keeper.h"
#include "tests/fuzz/tree.h"
#include "tests/unit/test_image.h"
#include "uhyve/guest_signals.h"
#include "uhyve/hypercall_table.h"
#include "uhyve/signals.h"
#include "uhyve/start_block.h"
#include "uhyve/terminal.h"
#include "uhyve/vm_memory.h"

#define RAM_BYTES      (UINT64_C(16) << 20)
#define ATTACHED_BYTES (UINT64_C(10) << 20) /* at the start */
#define MOST_CALLS     64
#define MOST_FILES     200 /* descriptors of one guest */
#define MOST_WAIT_US   100
#define SIGNALS        64
#define OUTPUT_GIVEN   0xc000 /* of the number that chooses streams: from here on */

/* What else there is in an input, beside the calls. */
enum other_step
{
  STEP_ANY_CALL = HYPERCALL_PORTS, /* any port and address */
  STEP_POKE,                       /* bytes into memory */
  STEP_SIGNAL,                     /* a signal comes */
  STEP_SHIFT,                      /* the host was suspended, and a CPU's TSC went on */
};

/* Steps may come to these, and calls: what corpora have stays what it is. */
#define STEP_NUMBERS 64
#define CALLS        18

static struct vm *vm;
static struct elf_image image;
static struct options options;
static struct kvm_run run;
static struct vcpu vcpu = {.fd = -1, .run = &run};
static struct sigaction actions[SIGNALS + 1];
static uint64_t signals_touched;
static unsigned int fds_before;
static bool has_used_tree;
static uint8_t code_before[GUEST_PAGE_BYTES];
static uint8_t boot_before[GUEST_PAGE_BYTES];

/* ---- The guest ---- */

static uint8_t *page_at(uint64_t gpa)
{
  return guest_memory_hva(&vm->memory, gpa, GUEST_PAGE_BYTES);
}

static void create_memory(void)
{
  struct guest_memory *memory = &vm->memory;
  const struct guest_layout_request request = {.cpu_count = 1, .start_block_bytes = 8192};
  CHECK(guest_memory_reserve(memory, RAM_BYTES) == 0);
  CHECK(guest_layout_plan(&vm->layout, &image, memory, &request) == 0);
  memory->attached_bytes = ATTACHED_BYTES;
  CHECK(guest_layout_map(&vm->layout, &image, memory, 1, false) == 0);
  CHECK(vm->layout.memory_gpa < ATTACHED_BYTES && vm->layout.memory_bytes > 0);
  options.thp = true;
  options.ksm = true;
  vm_memory_prepare(vm); /* a kernel may have no KSM */
  /* There is no KVM to be told of the rest. */
  memory->attached_bytes = RAM_BYTES;
  memset(page_at(vm->layout.image_gpa), 0xc3, GUEST_PAGE_BYTES);
  memset(page_at(vm->layout.boot_gpa), 0xb0, GUEST_PAGE_BYTES);
  memcpy(code_before, page_at(vm->layout.image_gpa), sizeof(code_before));
  memcpy(boot_before, page_at(vm->layout.boot_gpa), sizeof(boot_before));
}

static void create_guest(void)
{
  vm = calloc(1, sizeof(*vm));
  CHECK(vm != NULL);
  image = test_image(TEST_IMAGE_PLAIN, false);
  vm->options = &options;
  vm->image.needs = UHYVE_NEEDS_TIME_ZONES;
  vm->kvm.vm_fd = -1;
  vm->vcpu_count = 1;
  vm->vcpus = &vcpu;
  vm->explain.working_folder = "/tmp";
  pthread_mutex_init(&vm->memory_lock, NULL);
  pthread_mutex_init(&vm->clock.lock, NULL);
  fuzz_streams_create();
  tree_create(&vm->mappings);
  fuzz_streams_start();
  create_memory();
  guest_signals_prepare(-1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void) argc;
  (void) argv;
  keeper_start();
  /* What the monitor says to its user. */
  stderr = fopen("/dev/null", "we");
  CHECK(stderr != NULL);
  create_guest();
  return 0;
}

/* ---- What would end or stop the fuzzer itself ---- */

/* libFuzzer's own alarm; and what the limit of file sizes raises, which ends a monitor whose guest
 * leaves it to that. */
#define NOT_FOR_THE_GUEST (SIGNALS_BIT(SIGALRM) | SIGNALS_BIT(SIGXFSZ))

static void make_survivable(uint16_t port, uint64_t gpa)
{
  if (port == HC_write || port == HC_read)
  {
    struct hc_io *block = guest_memory_access(&vm->memory, gpa, sizeof(*block), GUEST_READ_WRITE);
    if (block != NULL && !fuzz_streams_never_wait(&vm->streams))
      block->wait_us %= MOST_WAIT_US;
  }
  if (port == HC_terminal)
  {
    struct hc_terminal *block =
        guest_memory_access(&vm->memory, gpa, sizeof(*block), GUEST_READ_WRITE);
    /* A read waits that long, in tenths of seconds. */
    if (block != NULL)
      block->characters[VTIME] = 0;
  }
  if (port == HC_signals)
  {
    struct hc_signals *block =
        guest_memory_access(&vm->memory, gpa, sizeof(*block), GUEST_READ_WRITE);
    if (block == NULL)
      return;
    block->mask &= ~NOT_FOR_THE_GUEST;
    if (block->operation != HC_SIGNALS_STOP && block->operation != HC_SIGNALS_TAKE)
      signals_touched |= block->mask;
  }
}

static void restore_signals(void)
{
  for (int number = 1; number <= SIGNALS; number++)
  {
    if ((signals_touched & SIGNALS_BIT(number)) != 0)
      sigaction(number, &actions[number], NULL);
  }
  signals_touched = 0;
  guest_signals_stop();
}

/* ---- One input ---- */

/* Some have --output, to nowhere or to a file. */
static void output_to(uint16_t kinds)
{
  char message[256] = "";
  bool is_given = kinds >= OUTPUT_GIVEN;
  options.output_none = is_given && kinds % 2 == 0;
  options.output = is_given && !options.output_none ? tree_output : NULL;
  int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  CHECK(program >= 0 && streams_open(&vm->streams, &options, program, message) == 0);
  close(program);
}

static void begin_guest(struct input *input)
{
  uint16_t kinds;
  input_take(input, &kinds, sizeof(kinds));
  fuzz_streams_choose(&vm->streams, kinds);
  output_to(kinds);
  files_init(&vm->files, (int) fds_before + MOST_FILES);
  stream_watch_prepare(&vm->watch, &vm->streams, -1);
  const struct clock_view view = clock_view_start(clock_pair_read(), 2000000);
  clock_follow_prepare(&vm->clock, &start_block_info(&vm->layout, &vm->memory)->clock, &view);
  atomic_store(&vm->running_threads, 1);
  atomic_store(&vm->ending, false);
  atomic_store(&vm->explain.looks, 0);
  vm->end = (struct vm_end){0};
  vm->memory.mapped_bytes = ATTACHED_BYTES;
  run.immediate_exit = 0;
}

static void check_files(void)
{
  for (uint32_t i = FILES_FIRST; i < vm->files.used; i++)
  {
    const struct file *file = &vm->files.table[i];
    CHECK(file->users <= 1);
    if (file->users > 0)
      tree_check_any_fd(file->fd);
  }
}

static void check_memory(void)
{
  CHECK(memcmp(code_before, page_at(vm->layout.image_gpa), sizeof(code_before)) == 0);
  CHECK(memcmp(boot_before, page_at(vm->layout.boot_gpa), sizeof(boot_before)) == 0);
  for (uint64_t gpa = vm->memory.mapped_bytes; gpa < RAM_BYTES; gpa += GUEST_LARGE_BYTES)
  {
    const uint8_t *page = page_at(gpa);
    CHECK(page[0] == 0 && memcmp(page, page + 1, GUEST_PAGE_BYTES - 1) == 0);
  }
}

static void end_guest(void)
{
  stream_watch_stop(&vm->watch);
  clock_follow_stop(&vm->clock);
  terminal_restore();
  check_files();
  check_memory();
  /* With their locks, of which the monitor keeps account. */
  for (uint32_t i = FILES_FIRST; i < vm->files.used; i++)
    files_close(&vm->files, i);
  streams_close(&vm->streams);
  files_destroy(&vm->files);
  restore_signals();
  tree_check();
  if (has_used_tree)
    tree_reset();
  has_used_tree = false;
  tree_check_count(fds_before);
  madvise(page_at(0), vm->layout.image_gpa, MADV_DONTNEED);
  uint64_t free_gpa = vm->layout.tables_gpa + vm->layout.tables_bytes;
  madvise(page_at(free_gpa), RAM_BYTES - free_gpa, MADV_DONTNEED);
}

/* Whether the guest goes on. */
static bool call(uint16_t port, uint64_t gpa)
{
  char message[256];
  memset(message, 'x', sizeof(message));
  make_survivable(port, gpa);
  has_used_tree |= port == HC_file_open || port == HC_path;
  bool has_name = hypercall_name(port) != NULL;
  enum hypercall_verdict verdict = hypercall_serve(vm, 0, port, gpa, message);
  if (verdict == HYPERCALL_BROKEN)
    CHECK(memchr(message, '\0', sizeof(message)) != NULL && message[0] != '\0');
  CHECK(verdict == HYPERCALL_BROKEN || has_name);
  CHECK((verdict == HYPERCALL_END) == atomic_load(&vm->ending));
  CHECK(verdict != HYPERCALL_END || run.immediate_exit == 1);
  return verdict == HYPERCALL_CONTINUE;
}

static bool make_call(struct input *input, unsigned int number)
{
  uint16_t port = (uint16_t) (HC_PORT_FIRST + number * HC_PORT_STEP);
  _Alignas(HC_BLOCK_ALIGN) uint8_t block[HC_BLOCK_ALIGN];
  block_make(input, vm, port, block);
  memcpy(guest_memory_hva(&vm->memory, BLOCKS_GPA, sizeof(block)), block, sizeof(block));
  return call(port, BLOCKS_GPA);
}

static void poke(struct input *input)
{
  uint64_t gpa = block_gpa(input, vm);
  size_t bytes = input_u8(input);
  void *hva = guest_memory_access(&vm->memory, gpa, bytes, GUEST_WRITE);
  if (hva != NULL)
    input_take(input, hva, bytes);
}

/* Returns whether the guest goes on. One that broke the rules is ended, but here one call more may
 * find something. */
static bool step(struct input *input)
{
  uint8_t number = input_u8(input) % STEP_NUMBERS;
  uint16_t port;
  switch (number)
  {
  case STEP_ANY_CALL:
    input_take(input, &port, sizeof(port));
    call(port, block_gpa(input, vm));
    break;
  case STEP_POKE:
    poke(input);
    break;
  case STEP_SIGNAL:
    /* One that ends no process, whoever sees to it. */
    raise(SIGWINCH);
    break;
  case STEP_SHIFT:
    clock_follow_tell_shift(&vm->clock, number);
    break;
  default:
    make_call(input, number < HYPERCALL_PORTS ? number : number % CALLS);
    break;
  }
  return !atomic_load(&vm->ending);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
  struct input input = {.at = data, .left = bytes};
  static bool has_begun;
  if (!has_begun)
  {
    has_begun = true;
    /* libFuzzer's are in place. */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (int number = 1; number <= SIGNALS; number++)
      sigaction(number, NULL, &actions[number]);
  }
  fds_before = tree_count_fds();
  begin_guest(&input);
  for (int i = 0; i < MOST_CALLS && input.left > 0; i++)
  {
    if (!step(&input))
      break;
  }
  end_guest();
  return 0;
}
