/* The text of --help, from the table of all options. */
#include "uhyve/option_table.h"

#include <string.h>

static void print_row(FILE *stream, const struct option_row *row)
{
  static const int column = 28;
  char option[64];
  int len =
      snprintf(option, sizeof option, row->letter != 0 ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
               row->letter != 0 ? row->letter : ' ', row->name,
               row->argument == NULL || row->argument[0] == '[' ? "" : " ",
               row->argument == NULL ? "" : row->argument);
  fprintf(stream, "%s%s", option, len < column ? "" : "\n");

  int pad = len < column ? column - len : column;
  for (const char *line = row->help; line != NULL; pad = column)
  {
    size_t line_len = strcspn(line, "\n");
    fprintf(stream, "%*s%.*s\n", pad, "", (int) line_len, line);
    line = line[line_len] == '\n' ? line + line_len + 1 : NULL;
  }
}

/* What may be repeated. */
static bool is_list(const struct option_row *row)
{
  static const char *const lists[] = {"env", "volume", "file-mapping", "ulimit", "net", "publish"};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
  {
    if (strcmp(row->name, lists[i]) == 0)
      return true;
  }
  return false;
}

void options_print_help(FILE *stream)
{
  fputs("Usage: uhyve [OPTION]... FILE [ARG]...\n"
        "Run the program FILE in a virtual machine of its own, as if it were a process.\n"
        "What follows FILE is for the program.\n"
        "\nOptions:\n",
        stream);
  for (size_t i = 0; i < OPTION_ROWS; i++)
    print_row(stream, &option_rows[i]);

  fputs("\nEnvironment (an option given on the command line comes first):\n", stream);
  for (size_t i = 0; i < OPTION_ROWS; i++)
  {
    if (option_rows[i].variable != NULL)
      fprintf(stream, "  UHYVE_%-20s  as --%s%s\n", option_rows[i].variable, option_rows[i].name,
              option_rows[i].set == NULL ? ", 1 or 0"
              : is_list(&option_rows[i]) ? ", one per line"
                                         : "");
  }
  fputs("HERMIT_ in place of UHYVE_ works too; so do", stream);
  const char *separator = " ";
  for (size_t i = 0; i < OPTION_ROWS; i++)
  {
    if (option_rows[i].old_variable == NULL)
      continue;
    fprintf(stream, "%sHERMIT_%s", separator, option_rows[i].old_variable);
    separator = " and ";
  }
  fputs(".\n"
        "UHYVE_IP, UHYVE_GATEWAY and UHYVE_MASK: the address of the first interface.\n"
        "\nExit status:\n"
        "  0 to 255  the program's own\n"
        "  125       uhyve failed\n"
        "  126       the program broke the rules of the interface to uhyve\n"
        "  127       FILE cannot be run\n"
        "  128+N     the program died by signal N: 139 bad memory access, 134 abort()\n"
        "\nExample:\n"
        "  uhyve -m 1G -c 4 -e LANG=C hello.elf --name World\n",
        stream);
}
