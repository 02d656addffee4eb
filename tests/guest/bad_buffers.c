/* A buffer that the program may not access is EFAULT, not the end. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "check.h"
#include "hypercalls/start_info.h"

static const char constant[16] = "constant";

static void check_efault(ssize_t result)
{
  CHECK(result == -1);
  CHECK(errno == EFAULT);
}

int main(void)
{
  /* Not mapped, the nucleus's, beyond the address space. */
  void *const bad[] = {NULL, (void *) 0x666000, (void *) UHYVE_KERNEL_BASE,
                       (void *) UHYVE_TABLES_BASE, (void *) UINTPTR_MAX};
  for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
  {
    errno = 0;
    check_efault(write(STDOUT_FILENO, bad[i], 5));
    errno = 0;
    check_efault(read(STDIN_FILENO, bad[i], 5));
  }
  /* What can only be read. */
  errno = 0;
  check_efault(read(STDIN_FILENO, (void *) (uintptr_t) constant, sizeof(constant)));
  errno = 0;
  check_efault(read(STDIN_FILENO, (void *) (uintptr_t) main, 5));
  CHECK(write(STDERR_FILENO, constant, 8) == 8);
  return check_finish();
}
