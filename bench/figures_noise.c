/* Figures of what interrupts a program: hourglass looks for gaps in the time it gets. */
#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "gaps_plot.h"
#include "program.h"
#include "topics.h"

#define REPETITIONS 3
#define OVER        "hourglass_over_1us"

static const struct program hourglass = {.file = "hourglass", .with_counters = true};

static const struct program_row rows[] = {{"hourglass_shortest", "cycles", 0},
                                          {"hourglass_average", "cycles", 1},
                                          {"hourglass_longest", "cycles", 0},
                                          {OVER, "%", 3}};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct watching
{
  struct pairs pairs[ROWS];
  struct gaps_plot plot;
  double interrupts; /* the most that came into the guest in one run; -1: not known */
};

/* Adds a run's gaps to those of the side. */
static int add_gaps(const char *text, struct gaps_plot *plot, struct gaps_side *side)
{
  double seconds;
  if (program_printed(text, "cycles_per_us", "cycles", &plot->cycles_per_us) != 0 ||
      program_printed(text, "seconds", "s", &seconds) != 0)
    return -1;
  side->seconds += seconds;
  for (int power = 0; power < GAPS_POWERS; power++)
  {
    char name[16];
    double count;
    snprintf(name, sizeof(name), "gaps_%d", power);
    if (program_printed(text, name, "times", &count) == 0)
      side->count[power] += count;
  }
  return 0;
}

/* Whatever entered the guest while it ran, from its first instruction to its last. */
static double interrupts(const char *text)
{
  double timer = counters_sum(text, "timer_interrupts");
  double other = counters_sum(text, "other_interrupts");
  return timer < 0 || other < 0 ? -1 : timer + other;
}

static int take_gaps(struct run *run, char *const argv[], bool guest, int repetition,
                     void *argument)
{
  struct watching *watching = argument;
  if (runner_command(run, argv, PROCESS_TEXT) != 0)
    return -1;
  const char *text = run->result.text;
  for (size_t row = 0; row < ROWS; row++)
  {
    struct pairs *pairs = &watching->pairs[row];
    double *values = guest ? pairs->guest : pairs->reference;
    if (program_printed(text, rows[row].name, rows[row].unit, &values[repetition]) != 0)
      return runner_complain(run, argv, "no result in its output");
  }
  if (add_gaps(text, &watching->plot, guest ? &watching->plot.guest : &watching->plot.reference) !=
      0)
    return runner_complain(run, argv, "no time in its output");
  if (!guest)
    return 0;
  double came = interrupts(text);
  if (came < 0)
    return runner_complain(run, argv, "no count of interrupts in its statistics");
  if (came > watching->interrupts)
    watching->interrupts = came;
  return 0;
}

static bool any_wanted(const struct run *run)
{
  bool wanted = runner_wanted(run, "hourglass") || runner_wanted(run, "hourglass_interrupts");
  for (size_t row = 0; row < ROWS; row++)
    wanted = wanted || runner_wanted(run, rows[row].name);
  return wanted;
}

static void add_rows(struct run *run, struct watching *watching, int repetitions)
{
  static const char note[] =
      "reading the TSC in a loop on one CPU, guest and Linux in turn: gaps between two reads, and "
      "the share of time in gaps over 1 us; the goal is on the difference in percentage points";
  bool with_guest = !run->options->reference_only;
  bool all = runner_wanted(run, "hourglass");
  for (size_t row = 0; row < ROWS; row++)
  {
    struct pairs *pairs = &watching->pairs[row];
    if (all || runner_wanted(run, rows[row].name))
      runner_add(run, rows[row].name, rows[row].unit,
                 with_guest ? runner_median(pairs->guest, repetitions) : -1,
                 runner_median(pairs->reference, repetitions), rows[row].decimals, note);
  }
  if (with_guest && (all || runner_wanted(run, "hourglass_interrupts")))
    runner_add(run, "hourglass_interrupts", "times", watching->interrupts, -1, 0,
               "no reference; interrupts that came into the guest during a whole run of "
               "hourglass, by --stats: the most of all runs");
}

int figures_noise(struct run *run)
{
  static struct watching watching;
  struct program_command guest = {.argv = {NULL}};
  struct program_command reference = {.argv = {NULL}};
  struct program program = hourglass;
  if (!any_wanted(run))
    return 0;
  program.argument = run->options->quick ? "2" : "10";
  int repetitions = run->options->quick ? 1 : REPETITIONS;
  watching = (struct watching){.interrupts = -1};
  program_guest_command(&guest, &program);
  program_linux_command(&reference, &program);
  int error = process_pin(1);
  if (error != 0)
    fprintf(stderr, "bench: cannot pin to one CPU: %s\n", strerror(-error));
  error = runner_turns(run, "hourglass", guest.argv, reference.argv, 0, repetitions, take_gaps,
                       &watching);
  process_pin(0);
  if (error != 0)
    return -1;
  add_rows(run, &watching, repetitions);
  if (run->options->plot == NULL)
    return 0;
  error = gaps_plot_write(run->options->plot, &watching.plot);
  if (error != 0)
    fprintf(stderr, "bench: cannot write %s: %s\n", run->options->plot, strerror(-error));
  return error;
}
