/* What a unikernel has not fails with ENOSYS, and says so once. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define IS_NOT_HERE(call, failure) (errno = 0, (call) == (failure) && errno == ENOSYS)

int main(void)
{
  char *const arguments[] = {(char *) "true", NULL};
  CHECK(IS_NOT_HERE(fork(), -1));
  CHECK(IS_NOT_HERE(vfork(), -1));
  CHECK(IS_NOT_HERE(execv("/bin/true", arguments), -1));
  CHECK(IS_NOT_HERE(execve("/bin/true", arguments, environ), -1));
  CHECK(IS_NOT_HERE(execl("/bin/true", "true", (char *) NULL), -1));
  CHECK(IS_NOT_HERE(execvp("true", arguments), -1));
  CHECK(IS_NOT_HERE(execlp("true", "true", (char *) NULL), -1));
  CHECK(IS_NOT_HERE(popen("true", "r"), NULL));
  CHECK(IS_NOT_HERE(system("true"), -1));
  CHECK(system(NULL) == 0); /* there is no shell */
  CHECK(IS_NOT_HERE(dlopen("libm.so", RTLD_NOW), NULL));
  const char *told = dlerror();
  CHECK(told != NULL && strlen(told) > 0 && dlerror() == NULL);
  int status;
  errno = 0;
  CHECK(wait(&status) == -1 && errno == ECHILD);
  CHECK(getpid() == 1 && kill(4711, 0) == -1 && errno == ESRCH);
  return check_finish();
}
