/* A program may use all names that are not the C standard's. */
#include <stdio.h>

int kill = 5;
int boot, heap_init, start_info, hypercall, pipe;
char nucleus_begin[] = "nucleus";
char image_begin[] = "image";
void *tls_layout;

int wait(int value);
int getuid(void);
int poll(void);
int panic(void);

int wait(int value)
{
  return value + 1;
}

int getuid(void)
{
  return 9;
}

int poll(void)
{
  return 1;
}

int panic(void)
{
  return 3;
}

int main(void)
{
  printf("%d %d %d %s %s %d %d\n", wait(1), kill, panic(), nucleus_begin, image_begin, getuid(),
         poll());
  return boot + heap_init + start_info + hypercall + pipe + (tls_layout != NULL);
}
