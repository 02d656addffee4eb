/* The files of /proc. */
#include "file_check.h"

#include <sys/mman.h>

static char text[200000];

/* Into `text`; -1 if that does not work. */
static long read_all(const char *path)
{
  int fd = open(path, O_RDONLY);
  if (fd < 0)
    return -1;
  size_t at = 0;
  ssize_t got;
  while ((got = read(fd, text + at, sizeof(text) - 1 - at)) > 0)
    at += (size_t) got;
  close(fd);
  text[at] = '\0';
  return got == 0 ? (long) at : -1;
}

/* Whether a line of /proc/self/maps has the address, with this right. */
static bool is_mapped(const volatile void *address, char right)
{
  bool found = false;
  CHECK(read_all("/proc/self/maps") > 0);
  unsigned long last = 0;
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
  {
    unsigned long from, to, offset, ino;
    unsigned int major, minor;
    char rights[5];
    int fields = sscanf(line, "%lx-%lx %4s %lx %x:%x %lu", &from, &to, rights, &offset, &major,
                        &minor, &ino);
    if (!CHECK(fields == 7 && from < to && from >= last && from % 4096 == 0 && to % 4096 == 0))
      fprintf(stderr, "  %s\n", line);
    CHECK(strspn(rights, "rwxps-") == 4 && (rights[3] == 'p' || rights[3] == 's'));
    last = to;
    if ((unsigned long) address >= from && (unsigned long) address < to)
      found = strchr(rights, right) != NULL;
  }
  return found;
}

static int global = 1;
static const int constant = 1;

static void test_maps(void)
{
  volatile int local = 1;
  CHECK(is_mapped((const void *) (uintptr_t) is_mapped, 'x'));
  CHECK(is_mapped(&global, 'w'));
  CHECK(is_mapped(&constant, 'r'));
  CHECK(is_mapped(&local, 'w'));
  void *heap = malloc(100);
  CHECK(is_mapped(heap, 'w'));
  free(heap);
  char *map = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(is_mapped(map, 'r') && is_mapped(map + (1 << 20) - 1, 'r') && !is_mapped(map, 'w'));
  CHECK(munmap(map, 1 << 20) == 0);
  CHECK(!is_mapped(map + 4096, 'r'));
  CHECK(!is_mapped(NULL, 'p'));
}

/* The figure in kB; -1 if it is not there. */
static long memory_figure(const char *name)
{
  char unit[3];
  long value;
  const char *line = strstr(text, name);
  if (line == NULL || (line != text && line[-1] != '\n') ||
      sscanf(line + strlen(name), ": %ld %2s", &value, unit) != 2 || strcmp(unit, "kB") != 0)
    return -1;
  return value;
}

static void test_memory(void)
{
  CHECK(read_all("/proc/meminfo") > 0);
  long total = memory_figure("MemTotal"), free = memory_figure("MemFree");
  long available = memory_figure("MemAvailable");
  CHECK(total > 4096 && free > 0 && free < total && available > 0 && available <= total);
  long pages = sysconf(_SC_PHYS_PAGES);
  CHECK(pages * 4 > total / 2 && pages * 4 < total * 2);
}

static void test_cpus(void)
{
  CHECK(read_all("/proc/cpuinfo") > 0);
  long count = 0;
  for (char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'))
  {
    line += *line == '\n';
    int number;
    if (sscanf(line, "processor : %d", &number) == 1)
      CHECK(number == count++);
  }
  GIVES(count, sysconf(_SC_NPROCESSORS_ONLN));
  CHECK(strstr(text, "\nvendor_id\t: ") != NULL && strstr(text, "\nmodel name\t: ") != NULL);
  const char *flags = strstr(text, "\nflags\t\t: ");
  CHECK(flags != NULL && strstr(flags, " sse2") != NULL);
}

static double uptime(void)
{
  double up = -1, idle = -1;
  CHECK(read_all("/proc/uptime") > 0);
  CHECK(sscanf(text, "%lf %lf\n", &up, &idle) == 2 && up >= 0 && idle >= 0);
  return up;
}

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* As the clock goes, to a hundredth of a second. */
static void test_uptime(void)
{
  double begin = seconds_now();
  double before = uptime();
  struct timespec wait = {.tv_nsec = 50000000};
  nanosleep(&wait, NULL);
  double after = uptime();
  CHECK(after - before >= 0.03 && after - before <= seconds_now() - begin + 0.02);
}

static void test_version(void)
{
  long len = read_all("/proc/version");
  CHECK(len > 10 && text[len - 1] == '\n' && strchr(text, '\n') == text + len - 1);
  /* The same in small pieces, and again from the start. */
  int fd = open("/proc/version", O_RDONLY);
  char byte;
  for (int round = 0; round < 2; round++)
  {
    long same = 0;
    while (read(fd, &byte, 1) == 1 && byte == text[same])
      same++;
    GIVES(same, len);
    GIVES(lseek(fd, 0, SEEK_SET), 0);
  }
  GIVES(pread(fd, &byte, 1, 3), 1);
  CHECK(byte == text[3]);
  close(fd);
}

static void test_files(void)
{
  static const char *const names[] = {"self/maps", "meminfo", "cpuinfo", "uptime", "version"};
  struct stat status;
  CHECK(chdir("/proc") == 0);
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
  {
    CHECK(stat(names[i], &status) == 0 && S_ISREG(status.st_mode));
    GIVES(status.st_size, 0);
    GIVES(access(names[i], R_OK), 0);
    FILE *stream = fopen(names[i], "r");
    char line[300];
    CHECK(stream != NULL && fgets(line, sizeof(line), stream) == line);
    fclose(stream);
    char path[50];
    snprintf(path, sizeof(path), "%s/x", names[i]);
    FAILS(open(path, O_RDONLY), ENOTDIR);
  }
  FAILS(open("no_such_file", O_RDONLY), ENOENT);
  FAILS(open("self/no_such_file", O_RDONLY), ENOENT);
  FAILS(open("/proc", O_RDWR), EISDIR);
  DIR *list = opendir("/proc");
  struct dirent *entry;
  int found = 0;
  CHECK(list != NULL);
  while (list != NULL && (entry = readdir(list)) != NULL)
    found += strcmp(entry->d_name, "self") == 0 || strcmp(entry->d_name, "meminfo") == 0;
  GIVES(found, 2);
  closedir(list);
}

int main(void)
{
  test_maps();
  test_memory();
  test_cpus();
  test_uptime();
  test_version();
  test_files();
  return check_finish();
}
