/* The environment as the program changes it. Started with FROM_HOST=given. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static bool is(const char *name, const char *value)
{
  const char *found = getenv(name);
  return found != NULL && strcmp(found, value) == 0;
}

int main(void)
{
  CHECK(is("FROM_HOST", "given"));
  CHECK(getenv("NO_SUCH") == NULL && getenv("FROM") == NULL);
  CHECK(setenv("FROM_HOST", "kept", 0) == 0 && is("FROM_HOST", "given"));
  CHECK(setenv("FROM_HOST", "a longer value than before", 1) == 0 &&
        is("FROM_HOST", "a longer value than before"));
  static char entry[] = "PUT=one";
  CHECK(putenv(entry) == 0 && is("PUT", "one"));
  CHECK(unsetenv("FROM_HOST") == 0 && getenv("FROM_HOST") == NULL);
  errno = 0;
  CHECK(setenv("A=B", "x", 1) == -1 && errno == EINVAL);
  char name[16];
  for (int i = 0; i < 300; i++)
  {
    snprintf(name, sizeof(name), "N%d", i);
    setenv(name, name, 1);
  }
  CHECK(is("N0", "N0") && is("N299", "N299"));
  static char *empty[] = {NULL};
  environ = empty;
  CHECK(getenv("N0") == NULL);
  return check_finish();
}
