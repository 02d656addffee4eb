/* The reference for resident memory: a C program that only returns 0. */
int main(void)
{
  return 0;
}
