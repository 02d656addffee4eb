/* C that Fortran calls. */
int half(int i);

int half(int i)
{
  return i / 2;
}
