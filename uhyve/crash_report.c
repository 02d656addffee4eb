/* Words a guest's crash for people: what, where, registers, backtraces. */
#include "crash_report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crash_cause.h"
#include "demangle.h"
#include "guest_threads.h"
#include "hypercalls/hypercalls.h"
#include "symbols.h"

#define MAX_CXX_BYTES    200 /* of what a C++ name stands for */
#define MOST_THREADS     64  /* whose backtraces are printed */

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Places ---- */

static void put_source(FILE *out, const struct symbol_place *place)
{
  crash_put_string(out, place->file);
  if (place->line > 0)
    fprintf(out, ":%d", place->line);
}

/* "name+0x12" or the bare address. Looks at pc - 1 for a return address, but prints pc. */
static void put_function(FILE *out, const struct symbol_place *place,
                         const struct backtrace_frame *frame)
{
  char text[MAX_CXX_BYTES];

  if (place->function == NULL)
  {
    fprintf(out, "0x%016" PRIx64, frame->pc);
    return;
  }
  crash_put_string(out, demangle(place->function, text, sizeof text) ? text : place->function);
  fprintf(out, "+0x%" PRIx64, place->offset + (frame->is_return ? 1 : 0));
}

static void find_place(struct symbols *symbols, const struct backtrace_frame *frame,
                       struct symbol_place *place)
{
  memset(place, 0, sizeof *place);
  if (symbols != NULL)
    symbols_lookup(symbols, frame->is_return ? frame->pc - 1 : frame->pc, place);
}

static void put_where(FILE *out, const struct crash_report_input *input, uint64_t rip, uint32_t cpu)
{
  struct backtrace_frame frame = {.pc = rip};
  struct symbol_place place;

  find_place(input->symbols, &frame, &place);
  fputs("  at ", out);
  put_function(out, &place, &frame);
  if (place.file != NULL)
  {
    fputs(" (", out);
    put_source(out, &place);
    fputc(')', out);
  }
  else if (input->symbols != NULL && !symbols_is_code(input->symbols, rip))
    fputs(" (outside the program's code)", out);
  if (cpu > 0 || input->cpu_count > 1)
    fprintf(out, " on CPU %" PRIu32, cpu);
  fputc('\n', out);
}

/* ---- Registers and backtrace ---- */

static void put_registers(FILE *out, const struct hc_registers *r)
{
  const struct
  {
    const char *name;
    uint64_t value;
  } rows[] = {
      {"rax", r->rax}, {"rbx", r->rbx}, {"rcx", r->rcx},    {"rdx", r->rdx}, {"rsi", r->rsi},
      {"rdi", r->rdi}, {"rbp", r->rbp}, {"rsp", r->rsp},    {"r8", r->r8},   {"r9", r->r9},
      {"r10", r->r10}, {"r11", r->r11}, {"r12", r->r12},    {"r13", r->r13}, {"r14", r->r14},
      {"r15", r->r15}, {"rip", r->rip}, {"flg", r->rflags},
  };

  fputs("  registers:", out);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    fprintf(out, "%s%-3s %016" PRIx64, i % 4 == 0 ? "\n    " : "  ", rows[i].name, rows[i].value);
  fputc('\n', out);
}

static void put_frame(FILE *out, struct symbols *symbols, const struct backtrace_frame *frame,
                      size_t number)
{
  struct symbol_place place;

  find_place(symbols, frame, &place);
  fprintf(out, "    #%zu ", number);
  put_function(out, &place, frame);
  if (place.file != NULL)
  {
    fputs("  ", out);
    put_source(out, &place);
  }
  fputc('\n', out);
}

/* Endless recursion is the usual cause of a stack overflow: equal frames are printed once. */
static void put_frames(FILE *out, const struct crash_report_input *input,
                       const struct hc_registers *registers)
{
  struct backtrace_frame frames[BACKTRACE_MAX_FRAMES];
  size_t count, repeats;

  count = backtrace_walk(input->symbols, registers, input->read, input->read_context, frames,
                         BACKTRACE_MAX_FRAMES);
  for (size_t i = 0; i < count; i += repeats)
  {
    repeats = 1;
    while (i + repeats < count && frames[i + repeats].pc == frames[i].pc)
      repeats++;
    put_frame(out, input->symbols, &frames[i], i);
    if (repeats > 1)
      fprintf(out, "    ... %zu more of the same\n", repeats - 1);
  }
  if (count == BACKTRACE_MAX_FRAMES)
    fputs("    ... and further out\n", out);
}

static bool has_backtrace(const struct crash_report_input *input)
{
  return input->symbols != NULL && input->read != NULL;
}

static void put_backtrace(FILE *out, const struct crash_report_input *input,
                          const struct hc_registers *registers)
{
  if (!has_backtrace(input))
    return;
  fputs("  backtrace:\n", out);
  put_frames(out, input, registers);
}

/* ---- Threads ---- */

static void put_thread_name(FILE *out, const struct guest_thread *thread)
{
  fprintf(out, "thread %" PRId32 " \"", thread->id);
  crash_put_string(out, thread->name);
  fputc('"', out);
}

/* A program that has one thread does not call it so. */
static void put_thread(FILE *out, const struct crash_report_input *input)
{
  const struct guest_threads *threads = input->threads;

  if (threads == NULL || threads->count < 2 || threads->crashed >= threads->count)
    return;
  fputs("  in ", out);
  put_thread_name(out, &threads->list[threads->crashed]);
  fputc('\n', out);
}

static void put_other_thread(FILE *out, const struct crash_report_input *input,
                             const struct guest_thread *thread)
{
  fputs("  ", out);
  put_thread_name(out, thread);
  if (thread->state == GUEST_THREAD_RUNNING)
    fprintf(out, ", on CPU %u", thread->cpu);
  else if (thread->state == GUEST_THREAD_READY)
    fputs(", ready to run", out);
  else if (thread->state == GUEST_THREAD_WAITING)
    fputs(", waiting", out);
  else
    fputs(", ended", out);
  if (!thread->has_registers || !has_backtrace(input))
  {
    fputc('\n', out);
    return;
  }
  fputs(":\n", out);
  put_frames(out, input, &thread->registers);
}

static void put_other_threads(FILE *out, const struct crash_report_input *input)
{
  const struct guest_threads *threads = input->threads;
  size_t printed = 0;

  if (threads == NULL || !input->all_threads)
    return;
  for (size_t i = 0; i < threads->count; i++)
  {
    if (i == threads->crashed)
      continue;
    if (printed == MOST_THREADS)
    {
      size_t left =
          threads->count - i - (threads->crashed > i && threads->crashed < threads->count);

      fprintf(out, "  ... and %s%zu more\n", threads->is_cut ? "at least " : "", left);
      return;
    }
    put_other_thread(out, input, &threads->list[i]);
    printed++;
  }
}

/* ---- All of it ---- */

struct hc_registers crash_report_registers(const struct crash_report_input *input)
{
  struct hc_registers registers;

  if (input->crash != NULL)
    return input->crash->regs;
  if (input->broken != NULL)
    return *input->broken_registers;
  memset(&registers, 0, sizeof registers);
  if (input->nucleus_registers != NULL)
    registers = *input->nucleus_registers;
  registers.rip = input->nucleus->rip;
  registers.rsp = input->nucleus->rsp;
  registers.rflags = input->nucleus->rflags;
  return registers;
}

void crash_report_print(FILE *out, const struct crash_report_input *input)
{
  struct hc_registers registers = crash_report_registers(input);
  uint32_t cpu = input->nucleus != NULL  ? input->nucleus_cpu
                 : input->broken != NULL ? input->broken_cpu
                                         : input->crash->cpu;
  char *text = NULL;
  size_t len_bytes = 0;
  FILE *buffer = open_memstream(&text, &len_bytes);
  FILE *target =
      buffer != NULL ? buffer : out; /* out of memory: better in pieces than not at all */

  crash_put_cause(target, input);
  put_thread(target, input);
  put_where(target, input, registers.rip, cpu);
  put_registers(target, &registers);
  put_backtrace(target, input, &registers);
  put_other_threads(target, input);
  if (buffer != NULL && fclose(buffer) == 0)
    fwrite(text, 1, len_bytes, out);
  free(text);
  fflush(out);
}
