/* What c_interop.f90 calls, and what calls it. */
#include <ISO_Fortran_binding.h>
#include <complex.h>
#include <stdint.h>
#include <string.h>

struct record
{
  int i;
  double x;
  char text[4];
  int8_t small;
  long double extended;
};

extern int shared_counter;
int fortran_square(int x);
void fortran_fill(double *a, int n);

int c_sum(const int *a, int n);
void c_change(struct record *record);
int c_apply(int (*function)(int), int x);
const char *c_text(void);
int c_rank(const CFI_cdesc_t *array);
void c_double_all(CFI_cdesc_t *array);
void c_allocate(CFI_cdesc_t *array);
int c_calls_fortran(void);
double complex c_times_i(double complex z);

int c_sum(const int *a, int n)
{
  int sum = 0;
  for (int i = 0; i < n; i++)
    sum += a[i];
  return sum;
}

void c_change(struct record *record)
{
  record->i++;
  record->x *= 2;
  record->text[0] = 'A';
  record->small = (int8_t) -record->small;
  record->extended *= 2;
}

int c_apply(int (*function)(int), int x)
{
  return function(x);
}

const char *c_text(void)
{
  return "fromC";
}

int c_rank(const CFI_cdesc_t *array)
{
  return array->rank;
}

void c_double_all(CFI_cdesc_t *array)
{
  for (CFI_index_t i = 0; i < array->dim[0].extent; i++)
    for (CFI_index_t j = 0; j < array->dim[1].extent; j++)
    {
      const CFI_index_t at[] = {i, j};
      *(double *) CFI_address(array, at) *= 2;
    }
}

void c_allocate(CFI_cdesc_t *array)
{
  const CFI_index_t lower[] = {1}, upper[] = {3};
  if (CFI_allocate(array, lower, upper, 0) != CFI_SUCCESS)
    return;
  for (int i = 0; i < 3; i++)
    ((int *) array->base_addr)[i] = 10 * (i + 1);
}

int c_calls_fortran(void)
{
  double a[3];
  fortran_fill(a, 3);
  shared_counter++;
  return fortran_square(3) == 9 && (int) (a[0] + a[1] + a[2]) == 6 ? 0 : 1;
}

double complex c_times_i(double complex z)
{
  return z * I;
}
