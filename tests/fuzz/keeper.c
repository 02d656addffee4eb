/* A guest may stop its monitor, by SIGSTOP if it likes. Somebody has to let that go on. */
#include "tests/fuzz/keeper.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/fuzz/fuzz.h"

static void keep(pid_t child)
{
  int status;
  /* A terminal sends it to both: it is the fuzzer's. */
  signal(SIGINT, SIG_IGN);
  for (;;)
  {
    if (waitpid(child, &status, WUNTRACED) != child)
      continue;
    if (WIFSTOPPED(status))
      kill(child, SIGCONT);
    else
      break;
  }
  if (WIFSIGNALED(status))
  {
    signal(WTERMSIG(status), SIG_DFL);
    kill(getpid(), WTERMSIG(status));
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

void keeper_start(void)
{
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0)
    keep(child);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}
