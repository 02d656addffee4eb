/* Puts up the barrier around the monitor, in the order written here. Each part stands without the
 * others. */
#include "sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "descriptors.h"
#include "landlock.h"
#include "load_filter.h"
#include "privileges.h"

static enum isolation chosen;

void sandbox_choose(enum isolation isolation)
{
  chosen = isolation;
}

enum isolation sandbox_chosen(void)
{
  return chosen;
}

/* Of what the kernel lacks, or a container forbids, a run need not fail. */
static bool is_lacking(int error)
{
  return error == -ENOSYS || error == -EINVAL || error == -ENOTSUP || error == -EPERM;
}

static int refuse(const struct sandbox_request *request, int error, const char *what,
                  char message[static 256])
{
  if (is_lacking(error) && request->isolation != ISOLATION_STRICT)
    return 0;
  if (is_lacking(error))
    snprintf(message, 256,
             "--file-isolation strict: this host's kernel, or the container, has no %s", what);
  else
    snprintf(message, 256, "cannot put up the sandbox: %s: %s", what, strerror(-error));
  return error;
}

static int allow_places(const struct sandbox_request *request, const struct landlock *landlock)
{
  int error = 0;
  for (size_t i = 0; i < request->place_count && error == 0; i++)
  {
    const struct sandbox_place *place = &request->places[i];
    error = landlock_allow(landlock, place->fd, place->folder, place->read_only);
  }
  return error;
}

static int restrict_places(struct sandbox *sandbox, const struct sandbox_request *request,
                           char message[static 256])
{
  static const char what[] = "Landlock (Linux 5.19, switched on at boot)";
  struct landlock landlock;
  int error = landlock_begin(&landlock);
  if (error != 0)
    return refuse(request, error, what, message);
  /* A rule that a kernel with Landlock does not take is nothing to go on without. */
  error = allow_places(request, &landlock);
  if (error != 0)
    snprintf(message, 256, "cannot put up the sandbox: a rule of Landlock: %s", strerror(-error));
  else
  {
    error = landlock_enforce(&landlock);
    if (error == 0)
      sandbox->landlock_version = landlock.version;
    else
      error = refuse(request, error, what, message);
  }
  landlock_end(&landlock);
  return error;
}

static int restrict_calls(struct sandbox *sandbox, const struct sandbox_request *request,
                          char message[static 256])
{
  int error = load_filter(&filters_of_guest[request->needs]);
  if (error != 0)
    return refuse(request, error, "seccomp filters", message);
  sandbox->has_filter = true;
  return 0;
}

static int close_others(struct sandbox *sandbox, const struct sandbox_request *request,
                        char message[static 256])
{
  int error = descriptors_close_others(request->kept_fds, request->kept_count);
  if (error != 0)
    return refuse(request, error, "close_range (Linux 5.9)", message);
  sandbox->closes_others = true;
  return 0;
}

static int drop_privileges(struct sandbox *sandbox, const struct sandbox_request *request,
                           char message[static 256])
{
  int error = privileges_forbid_new();
  if (error == 0)
    error = privileges_drop((request->needs & FILTER_READ_FILES) != 0,
                            (request->needs & FILTER_CHANGE_FILES) != 0);
  if (error != 0)
    return refuse(request, error, "way to give up capabilities", message);
  sandbox->drops_privileges = true;
  return 0;
}

int sandbox_enter(struct sandbox *sandbox, const struct sandbox_request *request,
                  char message[static 256])
{
  *sandbox = (struct sandbox){.isolation = request->isolation};
  if (request->isolation == ISOLATION_NONE)
    return 0;
  int error = close_others(sandbox, request, message);
  if (error == 0)
    error = drop_privileges(sandbox, request, message);
  if (error == 0)
    error = restrict_places(sandbox, request, message);
  if (error == 0)
    error = restrict_calls(sandbox, request, message);
  return error;
}

/* Where the kernel lacks something here, sandbox_enter() sees the same and says so. */
void sandbox_enter_thread(enum filter_thread thread)
{
  if (chosen == ISOLATION_NONE)
    return;
  /* These begin outside. */
  bool is_outside = thread == FILTER_THREAD_TIME || thread == FILTER_THREAD_NET;
  if (is_outside && (privileges_forbid_new() != 0 || privileges_drop(false, false) != 0))
    return;
  load_filter(&filters_of_threads[thread]);
}
