/* The test's own process in the place of a guest. */
#define _GNU_SOURCE 1
#include "own_process.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

int read_self(void *context, uint64_t gva, void *buffer, size_t len_bytes)
{
  const struct overlay *overlay = context;
  struct iovec local = {buffer, len_bytes};
  struct iovec remote = {(void *) (uintptr_t) gva, len_bytes};

  if (overlay != NULL && gva - overlay->gva < sizeof overlay->word &&
      len_bytes <= sizeof overlay->word - (gva - overlay->gva))
  {
    memcpy(buffer, (const char *) overlay->word + (gva - overlay->gva), len_bytes);
    return 0;
  }
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t) len_bytes ? 0 : -EFAULT;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *bias)
{
  (void) size;
  *(uint64_t *) bias = info->dlpi_addr;
  return 1;
}

uint64_t own_bias(void)
{
  uint64_t bias = 0;

  dl_iterate_phdr(first_object, &bias);
  return bias;
}

struct symbols *open_own(int *fd)
{
  struct symbols *symbols;

  *fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  assert_true(*fd >= 0);
  assert_int_equal(symbols_open(&symbols, *fd, own_bias()), 0);
  return symbols;
}

void close_own(struct symbols *symbols, int fd)
{
  symbols_close(symbols);
  close(fd);
}

static void from_context(const ucontext_t *context, struct hc_registers *registers)
{
  const greg_t *g = context->uc_mcontext.gregs;

  memset(registers, 0, sizeof *registers);
  registers->rbx = (uint64_t) g[REG_RBX];
  registers->rbp = (uint64_t) g[REG_RBP];
  registers->rsp = (uint64_t) g[REG_RSP];
  registers->r12 = (uint64_t) g[REG_R12];
  registers->r13 = (uint64_t) g[REG_R13];
  registers->r14 = (uint64_t) g[REG_R14];
  registers->r15 = (uint64_t) g[REG_R15];
  registers->rip = (uint64_t) g[REG_RIP];
}

NOINLINE void nest_inner(void *argument)
{
  struct nest *nest = argument;
  struct hc_registers registers;
  ucontext_t context;

  getcontext(&context);
  from_context(&context, &registers);
  nest->act(nest, &registers);
  __asm__ volatile("" ::: "memory");
}

static NOINLINE void nest_middle(struct nest *nest, unsigned depth)
{
  if (depth > 0)
    nest_middle(nest, depth - 1);
  else
    nest_inner(nest);
  __asm__ volatile("" ::: "memory");
}

NOINLINE void nest_outer(struct nest *nest, unsigned depth)
{
  char room[200];

  __asm__ volatile("" : : "r"(room) : "memory");
  nest_middle(nest, depth);
  __asm__ volatile("" : : "r"(room) : "memory");
}

void walk_here(struct nest *nest, const struct hc_registers *registers)
{
  nest->count =
      backtrace_walk(nest->symbols, registers, read_self, NULL, nest->frames, BACKTRACE_MAX_FRAMES);
}

void assert_frame(struct nest *nest, size_t index, const char *function)
{
  const struct backtrace_frame *frame = &nest->frames[index];
  struct symbol_place place;

  assert_true(index < nest->count);
  assert_int_equal(frame->is_return, index > 0);
  assert_true(symbols_lookup(nest->symbols, frame->pc - frame->is_return, &place));
  /* The compiler may have added ".constprop.0" or the like. */
  assert_non_null(place.function);
  assert_memory_equal(place.function, function, strlen(function));
}
