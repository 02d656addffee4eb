/* What is mounted where: the root, /tmp, /dev, /proc, and what the host has mapped. */
#include "fs/mounts.h"

#include <errno.h>
#include <string.h>

#include "fs/ram.h"
#include "mm/kernel_heap.h"
#include "sched/mutex.h"
#include "start_info.h"

static struct mutex lock;
static bool are_ready;
static struct mount *first; /* the longer points first */

static void insert(struct mount *mount)
{
  struct mount **at = &first;
  while (*at != NULL && (*at)->point_len > mount->point_len)
    at = &(*at)->next;
  mount->next = *at;
  *at = mount;
}

/* The point is kept. Null: no memory. */
static struct mount *add(const char *point, const struct file_system *file_system)
{
  struct mount *mount = kernel_allocate_zeroed(sizeof(*mount));
  if (mount == NULL)
    return NULL;
  mount->file_system = file_system;
  mount->point = point;
  mount->point_len = strlen(point);
  insert(mount);
  return mount;
}

static struct mount *find_point(const char *point)
{
  for (struct mount *mount = first; mount != NULL; mount = mount->next)
    if (strcmp(mount->point, point) == 0)
      return mount;
  return NULL;
}

/* In the ram file system that has the path, so that the folder around it lists it. */
static int show(const char *path, mode_t mode)
{
  struct mount *mount = mounts_find(path);
  const char *name = path + mount->point_len;
  if (mount->file_system != &ram_file_system || *name == '\0')
    return 0;
  struct stat status = {.st_mode = mode};
  return ram_add(mount, name + 1, &status, NULL, 0);
}

static int add_ram(const char *point, mode_t mode)
{
  if (find_point(point) != NULL)
    return 0;
  struct mount *mount = add(point, &ram_file_system);
  return mount == NULL ? -ENOMEM : ram_start(mount, mode);
}

static int add_plain(const char *point, const struct file_system *file_system)
{
  return find_point(point) != NULL || add(point, file_system) != NULL ? 0 : -ENOMEM;
}

static int add_mappings(void)
{
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  const struct uhyve_mapping *mappings = (const struct uhyve_mapping *) start_info->mappings_gva;
  for (uint32_t i = 0; i < start_info->mapping_count; i++)
  {
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    const char *point = (const char *) mappings[i].path_gva;
    struct mount *mount = add(strcmp(point, "/") == 0 ? "" : point, &host_file_system);
    if (mount == NULL)
      return -ENOMEM;
    mount->number = i;
    mount->is_read_only = (mappings[i].flags & UHYVE_MAPPING_READ_ONLY) != 0;
  }
  return 0;
}

/* Folders and files that stand for what is mounted over them. */
static int show_mounts(void)
{
  int error = 0;
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  const struct uhyve_mapping *mappings = (const struct uhyve_mapping *) start_info->mappings_gva;
  for (struct mount *mount = first; mount != NULL && error == 0; mount = mount->next)
  {
    char path[FS_PATH_BYTES];
    bool is_file = mount->file_system == &host_file_system &&
                   (mappings[mount->number].flags & UHYVE_MAPPING_FOLDER) == 0;
    if (mount->point_len == 0)
      continue;
    strcpy(path, mount->point); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
    *strrchr(path, '/') = '\0';
    struct mount *around = mounts_find(path);
    struct stat status = {.st_mode = is_file ? S_IFREG | 0644 : S_IFDIR | 0755};
    if (around->file_system == &ram_file_system)
      error = ram_add(around, mount->point + around->point_len + 1, &status, NULL, 0);
  }
  return error;
}

static int add_all(void)
{
  int error = add_mappings();
  if (error == 0)
    error = add_ram("", 0755);
  if (error == 0)
    error = add_ram("/tmp", 01777);
  if (error == 0)
    error = add_plain("/dev", &dev_file_system);
  if (error == 0)
    error = add_plain("/proc", &proc_file_system);
  if (error == 0)
    error = show_mounts();
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  const char *working_folder = (const char *) start_info->working_folder_gva;
  if (error == 0 && working_folder != NULL)
    error = show(working_folder, S_IFDIR | 0755);
  struct mount *root = find_point("");
  if (error == 0 && start_info->initrd_len_bytes != 0 && root->file_system == &ram_file_system)
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    error =
        initrd_unpack(root, (const void *) start_info->initrd_gva, start_info->initrd_len_bytes);
  return error;
}

int mounts_start(void)
{
  if (__builtin_expect(__atomic_load_n(&are_ready, __ATOMIC_ACQUIRE), 1))
    return 0;
  static int result;
  mutex_lock(&lock);
  if (!are_ready)
  {
    result = add_all();
    __atomic_store_n(&are_ready, result == 0, __ATOMIC_RELEASE);
  }
  mutex_unlock(&lock);
  return result;
}

struct mount *mounts_find(const char *path)
{
  struct mount *mount = first; /* the root comes last, and has all */
  while (mount->next != NULL && (strncmp(mount->point, path, mount->point_len) != 0 ||
                                 (path[mount->point_len] != '/' && path[mount->point_len] != '\0')))
    mount = mount->next;
  return mount;
}

bool mounts_below(const char *path)
{
  size_t len = strlen(path);
  for (const struct mount *mount = first; mount != NULL; mount = mount->next)
    if (mount->point_len >= len && strncmp(mount->point, path, len) == 0 &&
        (mount->point[len] == '/' || mount->point[len] == '\0'))
      return true;
  return false;
}

struct mount *mounts_next(struct mount *mount)
{
  return mount == NULL ? first : mount->next;
}
