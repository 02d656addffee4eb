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

#define GOAL_FORMAT       "%-28s %-11s"

struct goal
{
  char name[64];
  char field[32]; /* see goals.txt */
  bool at_least;  /* else at most */
  double limit;
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
  const json_t *guest = json_object_get(figure, "guest");
  const json_t *reference = json_object_get(figure, "reference");
  if (strcmp(goal->field, "guest") == 0 && json_is_number(guest))
  {
    *value = json_number_value(guest);
    return true;
  }
  if (!json_is_number(guest) || !json_is_number(reference))
    return false;
  double over = json_number_value(guest);
  double under = json_number_value(reference);
  if (strcmp(goal->field, "difference") == 0)
    *value = over - under;
  else if (strcmp(goal->field, "ratio") == 0 && under > 0)
    *value = over / under;
  else if (strcmp(goal->field, "inverse") == 0 && over > 0)
    *value = under / over;
  else
    return false;
  return true;
}

static int check_goal(const json_t *figures, const struct goal *goal)
{
  double value;
  const char *relation = goal->at_least ? ">=" : "<=";
  if (!find_value(figures, goal, &value))
  {
    printf(GOAL_FORMAT "%12s  %s %-10.10g  not measured\n", goal->name, goal->field, "-", relation,
           goal->limit);
    return STATUS_MISSED;
  }
  bool met = goal->at_least ? value >= goal->limit : value <= goal->limit;
  printf(GOAL_FORMAT "%12.6g  %s %-10.10g  %s\n", goal->name, goal->field, value, relation,
         goal->limit, met ? "met" : "MISSED");
  return met ? STATUS_MET : STATUS_MISSED;
}

static bool parse_goal(const char *line, struct goal *goal)
{
  static const char *const fields[] = {"guest", "ratio", "inverse", "difference"};
  char relation[3];
  char number[32];
  char more;
  char *end;
  if (sscanf(line, "%63s %31s %2s %31s %c", goal->name, goal->field, relation, number, &more) != 4)
    return false;
  goal->at_least = strcmp(relation, ">=") == 0;
  goal->limit = strtod(number, &end);
  bool known = goal->at_least || strcmp(relation, "<=") == 0;
  bool field_known = false;
  for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
    field_known = field_known || strcmp(goal->field, fields[i]) == 0;
  return known && field_known && *end == '\0';
}

static int check_lines(const json_t *figures, FILE *goals, const char *goals_path)
{
  char line[256];
  int status = STATUS_MET;
  printf(GOAL_FORMAT "%12s  %s\n", "", "", "measured", "goal");
  for (int number = 1; fgets(line, sizeof(line), goals) != NULL; number++)
  {
    struct goal goal;
    line[strcspn(line, "#\n")] = '\0';
    if (line[strspn(line, " \t")] == '\0')
      continue;
    if (!parse_goal(line, &goal))
    {
      fprintf(stderr, "bench: %s:%d: a goal is: name field <=|>= number\n", goals_path, number);
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
