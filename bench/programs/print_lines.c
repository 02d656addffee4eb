/* Prints lines of 80 bytes. usage: print_lines MIB */
#include <string.h>

#include "measure.h"

#define LINE_BYTES 80

int main(int argc, char **argv)
{
  char line[LINE_BYTES + 1];
  measure_check(argc == 2, "print_lines MIB");
  uint64_t lines = (strtoull(argv[1], NULL, 10) << 20) / LINE_BYTES;
  memset(line, '.', LINE_BYTES - 1);
  line[LINE_BYTES - 1] = '\n';
  line[LINE_BYTES] = '\0';
  for (uint64_t i = 0; i < lines; i++)
    measure_check(fputs(line, stdout) >= 0, "fputs");
  measure_check(fflush(stdout) == 0, "fflush");
  return 0;
}
