/* scandir(): all entries of a folder, sorted. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef int (*compare)(const void *, const void *);

static void free_names(struct dirent **names, size_t count)
{
  while (count > 0)
    free(names[--count]);
  free(names);
}

/* One more name: 0 or -1. */
static int add(struct dirent ***names, size_t count, const struct dirent *entry)
{
  if ((count & (count - 1)) == 0)
  {
    struct dirent **more = realloc(*names, (count > 0 ? 2 * count : 1) * sizeof(struct dirent *));
    if (more == NULL)
      return -1;
    *names = more;
  }
  (*names)[count] = malloc(entry->d_reclen);
  if ((*names)[count] == NULL)
    return -1;
  memcpy((*names)[count], entry, entry->d_reclen);
  return 0;
}

int scandir(const char *path, struct dirent ***result, int (*wanted)(const struct dirent *),
            int (*order)(const struct dirent **, const struct dirent **))
{
  struct dirent **names = NULL;
  size_t count = 0;
  int error = 0;
  int errno_before = errno;
  DIR *stream = opendir(path);
  if (stream == NULL)
    return -1;
  errno = 0;
  for (struct dirent *entry; error == 0 && (entry = readdir(stream)) != NULL;)
  {
    if (wanted != NULL && wanted(entry) == 0)
      continue;
    error = add(&names, count, entry);
    count += error == 0 ? 1 : 0;
    if (error == 0)
      errno = 0;
  }
  int end = error != 0 ? ENOMEM : errno;
  closedir(stream);
  errno = end != 0 ? end : errno_before;
  if (end == 0 && names == NULL)
    names = malloc(sizeof(struct dirent *));
  if (end != 0 || names == NULL)
  {
    free_names(names, count);
    return -1;
  }
  if (order != NULL && count > 1)
    qsort(names, count, sizeof(struct dirent *), (compare) (void (*)(void)) order);
  *result = names;
  return (int) count;
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
  return strcoll((*a)->d_name, (*b)->d_name);
}
