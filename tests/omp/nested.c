/* Regions in regions, and teams on the host. */
#include <omp.h>

#include "../guest/check.h"

static void check_levels(void)
{
  bool right = true;
  int leaves = 0;
  omp_set_max_active_levels(3);
  CHECK(omp_get_max_active_levels() == 3 && omp_get_level() == 0 && omp_get_active_level() == 0);
#pragma omp parallel num_threads(2) reduction(&& : right) reduction(+ : leaves)
  {
    int outer = omp_get_thread_num();
#pragma omp parallel num_threads(3) reduction(&& : right) reduction(+ : leaves)
    {
      int middle = omp_get_thread_num();
#pragma omp parallel num_threads(2) reduction(&& : right) reduction(+ : leaves)
      {
        leaves++;
        right = right && omp_get_level() == 3 && omp_get_active_level() == 3 &&
                omp_get_num_threads() == 2 && omp_get_ancestor_thread_num(0) == 0 &&
                omp_get_ancestor_thread_num(1) == outer &&
                omp_get_ancestor_thread_num(2) == middle &&
                omp_get_ancestor_thread_num(3) == omp_get_thread_num() &&
                omp_get_ancestor_thread_num(4) == -1 && omp_get_team_size(0) == 1 &&
                omp_get_team_size(1) == 2 && omp_get_team_size(2) == 3 &&
                omp_get_team_size(3) == 2 && omp_get_team_size(4) == -1;
      }
    }
  }
  CHECK(right && leaves == 12);
}

static void check_limit(void)
{
  int inner = 0;
  omp_set_max_active_levels(1);
#pragma omp parallel num_threads(2) reduction(+ : inner)
  {
#pragma omp parallel num_threads(4) reduction(+ : inner)
    inner += omp_get_num_threads() == 1 && omp_get_level() == 2 && omp_get_active_level() == 1;
  }
  CHECK(inner == 2);
  /* A region of one thread is not active. */
  int size = 0;
#pragma omp parallel num_threads(1)
#pragma omp parallel num_threads(3) reduction(+ : size)
  size++;
  CHECK(size == 3);
}

/* What is set in a region holds there only. */
static void check_settings(void)
{
  bool right = true;
  int before = omp_get_max_threads();
  omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2) reduction(&& : right)
  {
    int wanted = 2 + omp_get_thread_num();
    int count = 0;
    omp_set_num_threads(wanted);
#pragma omp parallel reduction(+ : count)
    count++;
    right = right && count == wanted && omp_get_max_threads() == wanted;
  }
  CHECK(right && omp_get_max_threads() == before);
}

static void check_loops(void)
{
  enum
  {
    ROWS = 6,
    COLUMNS = 40
  };
  static int cell[ROWS][COLUMNS];
  omp_set_max_active_levels(2);
#pragma omp parallel for num_threads(2) schedule(dynamic)
  for (int i = 0; i < ROWS; i++)
  {
#pragma omp parallel for num_threads(2) schedule(dynamic, 3)
    for (int j = 0; j < COLUMNS; j++)
      cell[i][j] = i * COLUMNS + j;
  }
  bool right = true;
  for (int i = 0; i < ROWS * COLUMNS; i++)
    right = right && cell[i / COLUMNS][i % COLUMNS] == i;
  CHECK(right);
}

static void check_teams(void)
{
  int teams = 0;
  int threads = 0;
  int sum = 0;
  bool right = true;
#pragma omp teams num_teams(3) thread_limit(2) reduction(+ : teams, threads, sum) \
    reduction(&& : right)
  {
    teams++;
    right = right && omp_get_num_teams() == 3 && omp_get_team_num() >= 0 && omp_get_team_num() < 3;
#pragma omp parallel reduction(+ : threads) reduction(&& : right)
    {
      threads++;
      right = right && omp_get_thread_limit() == 2;
    }
#pragma omp distribute parallel for reduction(+ : sum)
    for (int i = 0; i < 100; i++)
      sum += i;
  }
  CHECK(right && teams == 3 && threads >= 3 && threads <= 6 && sum == 4950);
  CHECK(omp_get_num_teams() == 1 && omp_get_team_num() == 0);
}

int main(void)
{
  check_levels();
  check_limit();
  check_settings();
  check_loops();
  check_teams();
  return check_finish();
}
