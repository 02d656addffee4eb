/* Compares measured figures with the goals. */
#include "check.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MET        0
#define STATUS_MISSED     1
#define STATUS_UNREADABLE 2

struct goal
{
  char name[64];
  char field[32]; /* a number of the figure, or "difference": guest less reference */
  double at_most;
};

static const json_t *find_figure(const json_t *figures, const char *name)
{
  size_t index;
  const json_t *figure;
  json_array_foreach(figures, index, figure)
  {
    const char *found = json_string_value(json_object_get(figure, "name"));
    if (found != NULL && strcmp(found, name) == 0)
      return figure;
  }
  return NULL;
}

static bool find_value(const json_t *figures, const struct goal *goal, double *value)
{
  const json_t *figure = find_figure(figures, goal->name);
  bool difference = strcmp(goal->field, "difference") == 0;
  const json_t *number = json_object_get(figure, difference ? "guest" : goal->field);
  const json_t *reference = json_object_get(figure, "reference");
  if (!json_is_number(number) || (difference && !json_is_number(reference)))
    return false;
  *value = json_number_value(number) - (difference ? json_number_value(reference) : 0);
  return true;
}

static int check_goal(const json_t *figures, const struct goal *goal)
{
  double value;
  if (!find_value(figures, goal, &value))
  {
    printf("%-26s %-11s %12s %12.10g  not measured\n", goal->name, goal->field, "-", goal->at_most);
    return STATUS_MISSED;
  }
  bool met = value <= goal->at_most;
  printf("%-26s %-11s %12.6g %12.10g  %s\n", goal->name, goal->field, value, goal->at_most,
         met ? "met" : "MISSED");
  return met ? STATUS_MET : STATUS_MISSED;
}

static bool parse_goal(const char *line, struct goal *goal)
{
  char number[32];
  char more;
  char *end;
  if (sscanf(line, "%63s %31s %31s %c", goal->name, goal->field, number, &more) != 3)
    return false;
  goal->at_most = strtod(number, &end);
  return *end == '\0';
}

static int check_lines(const json_t *figures, FILE *goals, const char *goals_path)
{
  char line[256];
  int status = STATUS_MET;
  printf("%-26s %-11s %12s %12s\n", "", "", "measured", "at most");
  for (int number = 1; fgets(line, sizeof(line), goals) != NULL; number++)
  {
    struct goal goal;
    line[strcspn(line, "#\n")] = '\0';
    if (line[strspn(line, " \t")] == '\0')
      continue;
    if (!parse_goal(line, &goal))
    {
      fprintf(stderr, "bench: %s:%d: a goal is a name, a field and a number\n", goals_path, number);
      return STATUS_UNREADABLE;
    }
    if (check_goal(figures, &goal) != STATUS_MET)
      status = STATUS_MISSED;
  }
  return status;
}

int check_goals(const char *figures_path, const char *goals_path)
{
  json_error_t error;
  json_t *figures = json_load_file(figures_path, 0, &error);
  if (!json_is_array(figures))
  {
    fprintf(stderr, "bench: %s: %s (`make bench` writes it)\n", figures_path,
            figures == NULL ? error.text : "no array of figures");
    json_decref(figures);
    return STATUS_UNREADABLE;
  }
  FILE *goals = fopen(goals_path, "r");
  if (goals == NULL)
  {
    fprintf(stderr, "bench: %s: %s\n", goals_path, strerror(errno));
    json_decref(figures);
    return STATUS_UNREADABLE;
  }
  int status = check_lines(figures, goals, goals_path);
  fclose(goals);
  json_decref(figures);
  return status;
}
