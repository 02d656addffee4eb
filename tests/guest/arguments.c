/* Prints its arguments and its environment, one a line. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp)
{
  for (int i = 0; i < argc; i++)
    printf("argument [%s]\n", argv[i]);
  if (argv[argc] != NULL)
    puts("argv does not end");
  for (char **entry = envp; *entry != NULL; entry++)
    printf("variable [%s]\n", *entry);
  if (envp != environ)
    puts("environ is another one");
  return 0;
}
