/* Prints where its code, its data, its stack and its heap are. */
#include <stdio.h>
#include <stdlib.h>

static int variable = 42;
static int *const relocated[] = {&variable, NULL};

int main(void)
{
  int local = 0;
  printf("code %p data %p stack %p heap %p\n", (void *) main, (void *) &variable, (void *) &local,
         malloc(16));
  return *relocated[0] == 42 && relocated[1] == NULL ? 0 : 1;
}
