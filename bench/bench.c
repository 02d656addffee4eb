/* bench: measures uhyve against Linux, and compares what it measured with the goals. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "busy.h"
#include "check.h"
#include "figures.h"
#include "report.h"

#define STATUS_USAGE 2

/* More than this many CPUs' worth of other work spoils the figures. */
#define OTHERS_MAX 0.15

static const char usage[] = "Usage: uhyve-bench [OPTION]...\n"
                            "       uhyve-bench check FIGURES GOALS\n"
                            "  --json            print JSON instead of a table\n"
                            "  --quick           few repetitions: for a look, not for a record\n"
                            "  --only NAME       measure one figure, or those of one program\n"
                            "  --reference-only  measure Linux alone\n"
                            "  -o, --output FILE write JSON to FILE as well\n"
                            "  -p, --plot FILE   draw the gaps that hourglass saw (SVG)\n";

struct arguments
{
  struct figures_options measure;
  bool json;
  const char *output;
};

static int parse(struct arguments *arguments, int argc, char **argv)
{
  static const struct option options[] = {
      {"json", no_argument, NULL, 'j'},       {"quick", no_argument, NULL, 'q'},
      {"only", required_argument, NULL, 'n'}, {"output", required_argument, NULL, 'o'},
      {"plot", required_argument, NULL, 'p'}, {"reference-only", no_argument, NULL, 'r'},
      {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
  *arguments = (struct arguments){.measure.show_progress = isatty(STDERR_FILENO) == 1};
  for (int option; (option = getopt_long(argc, argv, "o:p:h", options, NULL)) != -1;)
  {
    switch (option)
    {
    case 'j':
      arguments->json = true;
      break;
    case 'q':
      arguments->measure.quick = true;
      break;
    case 'n':
      arguments->measure.only = optarg;
      break;
    case 'o':
      arguments->output = optarg;
      break;
    case 'p':
      arguments->measure.plot = optarg;
      break;
    case 'r':
      arguments->measure.reference_only = true;
      break;
    case 'h':
      fputs(usage, stdout);
      exit(EXIT_SUCCESS);
    default:
      return -1;
    }
  }
  return optind == argc ? 0 : -1;
}

/* Says so, here and in every note: the figures are then no record. */
static void note_others(double others, struct figure *figures, int count)
{
  fprintf(stderr, "bench: other programs kept %.2f CPUs busy: do not trust these figures\n",
          others);
  for (int i = 0; i < count; i++)
  {
    size_t length = strlen(figures[i].note);
    snprintf(figures[i].note + length, sizeof(figures[i].note) - length,
             "; other programs kept %.2f CPUs busy", others);
  }
}

static int write_output(const char *path, const struct figure *figures, int count)
{
  FILE *out = fopen(path, "w");
  int error = out == NULL ? -1 : report_json(out, figures, count);
  if (out != NULL && fclose(out) != 0)
    error = -1;
  if (error != 0)
    fprintf(stderr, "bench: cannot write %s: %s\n", path, strerror(errno));
  return error;
}

int main(int argc, char **argv)
{
  if (argc == 4 && strcmp(argv[1], "check") == 0)
    return check_goals(argv[2], argv[3]);
  struct arguments arguments;
  if (parse(&arguments, argc, argv) != 0)
  {
    fputs(usage, stderr);
    return STATUS_USAGE;
  }

  struct figure figures[FIGURES_MAX];
  int count;
  struct busy begin = busy_now();
  int error = figures_measure(figures, &count, &arguments.measure);
  double others = busy_others(&begin);
  if (others > OTHERS_MAX)
    note_others(others, figures, count);

  if (!arguments.json)
    report_table(stdout, figures, count);
  else if (report_json(stdout, figures, count) != 0)
    return EXIT_FAILURE;
  if (arguments.output != NULL && write_output(arguments.output, figures, count) != 0)
    return EXIT_FAILURE;
  return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
