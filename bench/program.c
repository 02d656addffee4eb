/* Figures that a program of bench/programs prints, as a guest and as a Linux program. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"

/* What a guest does more seldom for an operation is not worth a word. */
#define LEAST_SHOWN 0.005

/* A row's values, by row and repetition. */
struct side
{
  double values[PROGRAM_ROWS_MAX][PROGRAM_REPETITIONS_MAX];
  double parts[PROGRAM_REPETITIONS_MAX];
};

struct taking
{
  const struct program *program;
  struct side guest;
  struct side reference;
  char counted[128]; /* what the guest counted, from its last run */
};

static void add_arguments(struct program_command *command, int argc, const struct program *program)
{
  if (program->argument != NULL)
    command->argv[argc++] = program->argument;
  if (program->folder != NULL)
    command->argv[argc++] = program->folder;
  command->argv[argc] = NULL;
}

void program_guest_command(struct program_command *command, const struct program *program)
{
  int argc = 0;
  snprintf(command->file, sizeof(command->file), PROGRAM("%s"), program->file);
  command->argv[argc++] = UHYVE;
  if (program->cpus > 1)
  {
    snprintf(command->cpu_count, sizeof(command->cpu_count), "%u", program->cpus);
    process_cpu_list(program->cpus, command->host_cpus, sizeof(command->host_cpus));
    command->argv[argc++] = "-c";
    command->argv[argc++] = command->cpu_count;
    command->argv[argc++] = "--affinity";
    command->argv[argc++] = command->host_cpus;
  }
  if (program->memory != NULL)
  {
    command->argv[argc++] = "-m";
    command->argv[argc++] = program->memory;
  }
  if (program->with_counters)
    command->argv[argc++] = "--stats=json";
  if (program->folder != NULL)
  {
    snprintf(command->volume, sizeof(command->volume), "%s:%s", program->folder, program->folder);
    command->argv[argc++] = "--volume";
    command->argv[argc++] = command->volume;
  }
  command->argv[argc++] = command->file;
  add_arguments(command, argc, program);
}

void program_linux_command(struct program_command *command, const struct program *program)
{
  snprintf(command->file, sizeof(command->file), PROGRAM("linux/%s"), program->file);
  command->argv[0] = command->file;
  add_arguments(command, 1, program);
}

/* The text after "NAME " where a line begins so, or NULL. */
static const char *find_line(const char *text, const char *name)
{
  size_t length = strlen(name);
  for (const char *line = text; line != NULL; line = strchr(line, '\n'))
  {
    line += *line == '\n';
    if (strncmp(line, name, length) == 0 && line[length] == ' ')
      return line + length + 1;
  }
  return NULL;
}

int program_printed(const char *text, const char *name, const char *unit, double *value)
{
  const char *number = find_line(text, name);
  if (number == NULL)
    return -1;
  char *end;
  *value = strtod(number, &end);
  size_t length = strlen(unit);
  bool right = end != number && *end == ' ' && strncmp(end + 1, unit, length) == 0 &&
               end[length + 1] == '\n';
  return right ? 0 : -1;
}

/* "for one: 1.00 switches, 0.98 IPIs, ..." */
static void describe_counters(const char *text, char *counted, size_t bytes)
{
  static const struct
  {
    const char *name;
    const char *shown;
  } counters[] = {{"switches", "switches"},
                  {"ipis", "IPIs"},
                  {"timer_interrupts", "timer interrupts"},
                  {"upcalls", "upcalls"},
                  {"nucleus_calls", "nucleus calls"}};
  double operations;
  size_t length = 0;
  counted[0] = '\0';
  if (program_printed(text, "operations", "times", &operations) != 0 || operations <= 0)
    return;
  for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]) && length < bytes; i++)
  {
    double sum = counters_sum(text, counters[i].name);
    if (sum / operations >= LEAST_SHOWN)
      length +=
          (size_t) snprintf(counted + length, bytes - length, "%s%.2f %s",
                            length > 0 ? ", " : "for one: ", sum / operations, counters[i].shown);
  }
  double exits = counters_sum_group(text, "vm_exits");
  if (exits / operations >= LEAST_SHOWN && length < bytes)
    snprintf(counted + length, bytes - length, "%s%.2f VM exits",
             length > 0 ? ", " : "for one: ", exits / operations);
}

static int take_printed(struct run *run, char *const argv[], bool guest, int repetition,
                        void *argument)
{
  struct taking *taking = argument;
  const struct program *program = taking->program;
  struct side *side = guest ? &taking->guest : &taking->reference;
  if (runner_command(run, argv, PROCESS_TEXT) != 0)
    return -1;
  for (int row = 0; row < PROGRAM_ROWS_MAX && program->rows[row].name != NULL; row++)
  {
    if (program_printed(run->result.text, program->rows[row].name, program->rows[row].unit,
                        &side->values[row][repetition]) != 0)
      return runner_complain(run, argv, "no result in its output");
  }
  if (program->part != NULL &&
      program_printed(run->result.text, program->part, "cycles", &side->parts[repetition]) != 0)
    return runner_complain(run, argv, "no part of the result in its output");
  if (guest && program->with_counters)
    describe_counters(run->result.text, taking->counted, sizeof(taking->counted));
  return 0;
}

static bool program_wanted(const struct run *run, const struct program *program)
{
  bool wanted = runner_wanted(run, program->file);
  for (int row = 0; row < PROGRAM_ROWS_MAX && program->rows[row].name != NULL; row++)
    wanted = wanted || runner_wanted(run, program->rows[row].name);
  return wanted;
}

/* "in_sem_post 420 cycles (Linux: 1800); for one: 1.00 switches, ..." */
static void describe(struct figure *figure, struct taking *taking, bool with_guest, int repetitions)
{
  const struct program *program = taking->program;
  int length = 0;
  if (!with_guest)
    return;
  if (program->part != NULL)
    length = snprintf(figure->detail, sizeof(figure->detail), "%s %.0f cycles (Linux: %.0f)%s",
                      program->part, runner_median(taking->guest.parts, repetitions),
                      runner_median(taking->reference.parts, repetitions),
                      taking->counted[0] != '\0' ? "; " : "");
  snprintf(figure->detail + length, sizeof(figure->detail) - (size_t) length, "%s",
           taking->counted);
}

static void add_rows(struct run *run, struct taking *taking, int repetitions)
{
  const struct program *program = taking->program;
  bool with_guest = !run->options->reference_only;
  char note[256];
  snprintf(note, sizeof(note),
           "%s; measured by the program, against the same source as a Linux program (gcc -O2, "
           "glibc, dynamically linked), both on %s",
           program->what, program->cpus > 1 ? "the same CPUs" : "one CPU");
  for (int row = 0; row < PROGRAM_ROWS_MAX && program->rows[row].name != NULL; row++)
  {
    const struct program_row *shown = &program->rows[row];
    if (!runner_wanted(run, shown->name) && !runner_wanted(run, program->file))
      continue;
    struct figure *figure = runner_add(
        run, shown->name, shown->unit,
        with_guest ? runner_median(taking->guest.values[row], repetitions) : -1,
        runner_median(taking->reference.values[row], repetitions), shown->decimals, note);
    if (row == 0)
      describe(figure, taking, with_guest, repetitions);
  }
}

int program_measure(struct run *run, const struct program *program)
{
  static struct taking taking;
  struct program_command guest = {.argv = {NULL}};
  struct program_command reference = {.argv = {NULL}};
  int repetitions = program->repetitions > 0 ? program->repetitions : PROGRAM_REPETITIONS;
  if (!program_wanted(run, program))
    return 0;
  if (program->cpus > process_cpus())
  {
    fprintf(stderr, "bench: %s needs %u CPUs: not measured\n", program->rows[0].name,
            program->cpus);
    return 0;
  }
  if (run->options->quick && repetitions > 3)
    repetitions = 3;
  memset(&taking, 0, sizeof(taking));
  taking.program = program;
  program_guest_command(&guest, program);
  program_linux_command(&reference, program);
  int error = program->cpus > 1 ? 0 : process_pin(1);
  if (error != 0)
    fprintf(stderr, "bench: cannot pin to one CPU: %s\n", strerror(-error));
  error = runner_turns(run, program->rows[0].name, guest.argv, reference.argv, 0, repetitions,
                       take_printed, &taking);
  process_pin(0);
  if (error == 0)
    add_rows(run, &taking, repetitions);
  return error;
}

int program_measure_all(struct run *run, const struct program *programs, unsigned int count)
{
  int error = 0;
  for (unsigned int i = 0; i < count; i++)
  {
    if (program_measure(run, &programs[i]) != 0)
      error = -1;
  }
  return error;
}
