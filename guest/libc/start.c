/* Starts the C library and the program. */
#include "libc/start.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arch/x86_64/cpu.h"
#include "bare/begin.h"
#include "large_data.h"
#include "libc/locks.h"
#include "signal/delivery.h"
#include "start_info.h"

/* The program's; called with three arguments as POSIX systems do. */
int main(int argc, char **argv, char **envp);

void __libc_init_array(void);
void __libc_fini_array(void);

/* gcc's start files would bring it: C++ tells the objects of a process apart by its address. */
extern void *__dso_handle;
__attribute__((visibility("hidden"))) void *__dso_handle;

char *program_invocation_name;
char *program_invocation_short_name;

static void set_program_name(char *path)
{
  program_invocation_name = path;
  program_invocation_short_name = path;
  for (; *path != '\0'; path++)
  {
    if (*path == '/')
      program_invocation_short_name = path + 1;
  }
}

/* Lines to a terminal, large blocks elsewhere. A buffer of our own saves a small program its whole
 * heap. */
static void buffer_output(void)
{
  static LARGE_DATA char buffer[65536];
  bool terminal = (start_info->streams_terminal >> STDOUT_FILENO & 1) != 0;
  setvbuf(stdout, buffer, terminal ? _IOLBF : _IOFBF, sizeof(buffer));
}

/* Before the streams are written out, as the last of exit(). */
static void finish(void)
{
  __libc_fini_array();
  locks_set_exiting();
}

_Noreturn void libc_start(void)
{
  char **argv = (char **) start_info->argv_gva; /* NOLINT(performance-no-int-to-ptr) */
  environ = (char **) start_info->envp_gva;     /* NOLINT(performance-no-int-to-ptr) */
  if (argv[0] != NULL)
    set_program_name(argv[0]);
  if (start_info->is_bare != 0)
    bare_begin();
  buffer_output();
  atexit(finish); /* first registered: destructors come last of all */
  if (signal_begin != NULL)
    signal_begin();
  __libc_init_array();
  start_info->mark_tsc[UHYVE_MARK_MAIN] = cpu_tsc();
  exit(main((int) start_info->argc, argv, environ));
}
