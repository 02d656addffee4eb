/* errno, and the texts of its numbers. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* The two functions called strerror_r, by the names that <string.h> gives them. */
int posix_strerror_r(int error, char *text, size_t len_bytes) __asm__("__xpg_strerror_r");

static bool has_text(int error, const char *text)
{
  return strcmp(strerror(error), text) == 0;
}

static void check_errno(void)
{
  CHECK(&errno == __errno());
  errno = EDOM;
  CHECK(write(17, "", 1) == -1 && errno == EBADF);
  CHECK(write(STDERR_FILENO, "", 0) == 0 && errno == EBADF); /* success leaves it alone */
  CHECK(lseek(17, 0, SEEK_CUR) == -1 && errno == EBADF);
  CHECK(fopen("/no/such/file", "r") == NULL && errno == ENOENT);
}

static void check_texts(void)
{
  CHECK(has_text(0, "Success"));
  CHECK(has_text(EPERM, "Operation not permitted"));
  CHECK(has_text(ENOENT, "No such file or directory"));
  CHECK(has_text(EINTR, "Interrupted system call"));
  CHECK(has_text(EBADF, "Bad file descriptor"));
  CHECK(has_text(EAGAIN, "Resource temporarily unavailable"));
  CHECK(has_text(ENOMEM, "Cannot allocate memory"));
  CHECK(has_text(EACCES, "Permission denied"));
  CHECK(has_text(EINVAL, "Invalid argument"));
  CHECK(has_text(ERANGE, "Numerical result out of range"));
  CHECK(has_text(ENOSYS, "Function not implemented"));
  CHECK(has_text(ECONNREFUSED, "Connection refused"));
  CHECK(has_text(ETIMEDOUT, "Connection timed out"));
  CHECK(has_text(EHWPOISON, "Memory page has hardware error"));
  CHECK(has_text(9999, "Unknown error 9999"));
  CHECK(has_text(-1, "Unknown error -1"));
  CHECK(has_text(41, "Unknown error 41"));
  CHECK(has_text(58, "Unknown error 58"));
}

/* Every number has a text of its own. */
static void check_all_numbers(void)
{
  char seen[EHWPOISON + 1][80];
  for (int error = 0; error <= EHWPOISON; error++)
  {
    const char *text = strerror(error);
    size_t len = strlen(text);
    CHECK(len > 3 && len < sizeof(seen[0]));
    CHECK((strncmp(text, "Unknown", 7) == 0) == (error == 41 || error == 58));
    snprintf(seen[error], sizeof(seen[0]), "%s", text);
    for (int other = 0; other < error; other++)
      if (strcmp(seen[other], text) == 0 && check_that(false, __FILE__, __LINE__, text))
        return;
  }
}

static void check_reentrant(void)
{
  char text[64];
  CHECK(strcmp(strerror_r(ENOSPC, text, sizeof(text)), "No space left on device") == 0);
  CHECK(posix_strerror_r(ENOSPC, text, sizeof(text)) == 0 &&
        strcmp(text, "No space left on device") == 0);
  CHECK(posix_strerror_r(ENOSPC, text, 3) == ERANGE);
  CHECK(posix_strerror_r(9999, text, sizeof(text)) == EINVAL &&
        strcmp(text, "Unknown error 9999") == 0);
  errno = EMLINK;
  (void) strerror(ENOENT);
  CHECK(errno == EMLINK);
}

int main(void)
{
  check_errno();
  check_texts();
  check_all_numbers();
  check_reentrant();
  errno = ENOLINK;
  perror("perror");
  warn("%s %d", "warn", 1);
  warnx("warnx");
  warn(NULL);
  return check_finish();
}
