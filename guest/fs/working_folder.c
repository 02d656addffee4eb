/* The working folder, as a path, and the mask of modes. */
#include "fs/working_folder.h"

#include <stdbool.h>
#include <string.h>

#include "fs/file_system.h"
#include "sched/mutex.h"
#include "start_info.h"

static struct mutex lock;
static char folder[FS_PATH_BYTES]; /* empty: as the monitor says */

static uint32_t mask;
static bool mask_is_set;

static const char *first_folder(void)
{
  const char *path =
      (const char *) start_info->working_folder_gva; /* NOLINT(performance-no-int-to-ptr) */
  return path != NULL && path[0] == '/' && strlen(path) < FS_PATH_BYTES ? path : "/";
}

void working_folder_copy(char *path)
{
  mutex_lock(&lock);
  strcpy(path, folder[0] != '\0'
                   ? folder
                   : first_folder()); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
  mutex_unlock(&lock);
}

void working_folder_set(const char *path)
{
  mutex_lock(&lock);
  strcpy(folder, path); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
  mutex_unlock(&lock);
}

mode_t file_mask(void)
{
  return __atomic_load_n(&mask_is_set, __ATOMIC_ACQUIRE) ? __atomic_load_n(&mask, __ATOMIC_RELAXED)
                                                         : start_info->umask & 0777;
}

mode_t file_mask_set(mode_t new_mask)
{
  mode_t old = __atomic_exchange_n(&mask, new_mask & 0777, __ATOMIC_ACQ_REL);
  return __atomic_exchange_n(&mask_is_set, true, __ATOMIC_ACQ_REL) ? old : start_info->umask & 0777;
}
