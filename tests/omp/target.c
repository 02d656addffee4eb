/* Regions for devices: there is none, so they run on the host. */
#include <omp.h>
#include <string.h>

#include "../guest/check.h"

#define COUNT 1000

#pragma omp declare target
static int table[4] = {1, 2, 3, 4};

static int look_up(int i)
{
  return table[i % 4];
}
#pragma omp end declare target

static void check_region(void)
{
  int x = 1;
  int on_host = 0;
#pragma omp target map(tofrom : x, on_host)
  {
    x += 5;
    on_host = omp_is_initial_device();
  }
  CHECK(x == 6 && on_host == 1);
  CHECK(omp_get_num_devices() == 0 && omp_get_default_device() == 0);
  CHECK(omp_get_initial_device() == 0 && omp_get_device_num() == 0);
}

static void check_loop(void)
{
  static double a[COUNT], b[COUNT];
  double sum = 0;
  for (int i = 0; i < COUNT; i++)
    b[i] = i;
#pragma omp target data map(to : b) map(from : a)
  {
#pragma omp target teams distribute parallel for
    for (int i = 0; i < COUNT; i++)
      a[i] = 2 * b[i];
#pragma omp target update from(a)
#pragma omp target parallel for map(tofrom : sum) reduction(+ : sum)
    for (int i = 0; i < COUNT; i++)
      sum += a[i];
  }
  CHECK(sum == (double) COUNT * (COUNT - 1));
  int found = 0;
#pragma omp target map(from : found)
  found = look_up(6);
  CHECK(found == 3);
}

static void check_tasks(void)
{
  int x = 0;
#pragma omp parallel
#pragma omp single
  {
#pragma omp target nowait depend(out : x) map(tofrom : x)
    x = 7;
#pragma omp task depend(inout : x) shared(x)
    x *= 2;
#pragma omp taskwait
  }
  CHECK(x == 14);
}

static void check_memory(void)
{
  int device = omp_get_initial_device();
  int *copy = omp_target_alloc(4 * sizeof(int), device);
  CHECK(copy != NULL && omp_target_is_present(copy, device));
  CHECK(omp_target_memcpy(copy, table, sizeof(table), 0, 0, device, device) == 0);
  CHECK(memcmp(copy, table, sizeof(table)) == 0);
  omp_target_free(copy, device);
}

int main(void)
{
  check_region();
  check_loop();
  check_tasks();
  check_memory();
  return check_finish();
}
