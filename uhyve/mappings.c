/* Opens what --volume names before the guest runs: what is renamed later stays what it was. */
#include "mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"
#include "path_resolve.h"

/* Appends the components of a path to plain, which is absolute and has no trailing '/'; the root is
 * the empty text. */
static size_t append_components(char *plain, size_t used, const char *path, size_t len_bytes)
{
  const char *end = path + len_bytes;
  while (path < end)
  {
    const char *slash = memchr(path, '/', (size_t) (end - path));
    size_t bytes = (size_t) ((slash != NULL ? slash : end) - path);
    if (bytes == 2 && path[0] == '.' && path[1] == '.')
    {
      while (used > 0 && plain[--used] != '/')
        ;
    }
    else if (bytes > 1 || (bytes == 1 && path[0] != '.'))
    {
      plain[used++] = '/';
      memcpy(plain + used, path, bytes);
      used += bytes;
    }
    path += bytes + 1;
  }
  return used;
}

char *mappings_plain_path(const char *working_folder, const char *path, size_t len_bytes)
{
  size_t base_bytes = strlen(working_folder);
  char *plain = malloc(base_bytes + len_bytes + 3);
  if (plain == NULL)
    return NULL;
  size_t used = 0;
  if (len_bytes == 0 || path[0] != '/')
    used = append_components(plain, 0, working_folder, base_bytes);
  used = append_components(plain, used, path, len_bytes);
  if (used == 0)
    plain[used++] = '/';
  plain[used] = '\0';
  return plain;
}

static int open_host(struct mapping *mapping, const char *host, char message[static 256])
{
  mapping->fd = open(host, O_PATH | O_CLOEXEC);
  if (mapping->fd < 0)
  {
    int error = errno;
    snprintf(message, 256, "cannot map %.150s: %s", host, strerror(error));
    return -error;
  }
  struct stat status;
  int error = fstat(mapping->fd, &status) == 0 ? 0 : -errno;
  mapping->folder = S_ISDIR(status.st_mode);
  if (error == 0 && !mapping->folder && !S_ISREG(status.st_mode))
    error = -ENXIO;
  char path[PATH_OF_FD_BYTES];
  if (error == 0 && access(path_of_fd(path, mapping->fd), F_OK) != 0)
    error = -ENODEV;
  if (error == 0 && mapping->folder)
  {
    int probe = path_open(mapping->fd, "", O_PATH, 0);
    error = probe < 0 ? probe : 0;
    if (probe >= 0)
      close(probe);
  }
  if (error == 0)
    return 0;
  close(mapping->fd);
  snprintf(message, 256, "cannot map %.150s: %s", host,
           error == -ENODEV   ? "/proc is not mounted"
           : error == -ENXIO  ? "it is neither a file nor a folder"
           : error == -ENOSYS ? "this host's kernel has no openat2 (Linux 5.6)"
                              : strerror(-error));
  return error;
}

static int check_path(const struct mappings *mappings, const char *path, char message[static 256])
{
  if (strlen(path) > HC_MAX_PATH_BYTES)
  {
    snprintf(message, 256, "cannot map to %.100s...: the path is too long", path);
    return -ENAMETOOLONG;
  }
  for (unsigned int i = 0; i < mappings->count; i++)
  {
    if (strcmp(mappings->list[i].path, path) == 0)
    {
      snprintf(message, 256, "two mappings have the path %.200s in the guest", path);
      return -EEXIST;
    }
  }
  return 0;
}

static int open_mapping(struct mappings *mappings, const struct option_mapping *option,
                        const char *working_folder, char message[static 256])
{
  struct mapping *mapping = &mappings->list[mappings->count];
  *mapping = (struct mapping){.read_only = option->read_only};
  char *host = strndup(option->host, option->host_bytes);
  mapping->path = mappings_plain_path(working_folder, option->guest, option->guest_bytes);
  int error = host != NULL && mapping->path != NULL ? 0 : -ENOMEM;
  if (error != 0)
    snprintf(message, 256, "out of memory");
  if (error == 0)
    error = check_path(mappings, mapping->path, message);
  if (error == 0)
    error = open_host(mapping, host, message);
  free(host);
  if (error != 0)
    free(mapping->path);
  else
    mappings->count++;
  return error;
}

int mappings_open(struct mappings *mappings, const struct options *options,
                  const char *working_folder, char message[static 256])
{
  mappings->count = 0;
  for (unsigned int i = 0; i < options->mapping_count; i++)
  {
    int error = open_mapping(mappings, &options->mappings[i], working_folder, message);
    if (error != 0)
    {
      mappings_close(mappings);
      return error;
    }
  }
  return 0;
}

void mappings_close(struct mappings *mappings)
{
  while (mappings->count > 0)
  {
    struct mapping *mapping = &mappings->list[--mappings->count];
    close(mapping->fd);
    free(mapping->path);
  }
}
