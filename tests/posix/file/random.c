/* Random calls on a few files through many descriptors, each result against a model of the files.
 * usage: random FOLDER [SEED [CALLS]] */
#include "file_check.h"

#include <sys/mman.h>

#define FILES       3
#define DESCRIPTORS 8
#define MOST_BYTES  300000

static struct model
{
  long size_bytes;
  unsigned char bytes[MOST_BYTES];
} models[FILES];

static struct open_file
{
  int fd;
  int file;
  long offset;
  bool appends;
  struct open_file *same; /* shares its offset with that one, or is that one */
} opened[DESCRIPTORS];

static unsigned char buffer[MOST_BYTES], other[MOST_BYTES];
static unsigned long seed, call;

static unsigned long random_below(unsigned long limit)
{
  seed = seed * 6364136223846793005ul + 1442695040888963407ul;
  return (seed >> 33) % limit;
}

static bool must(bool holds, const char *what)
{
  if (!CHECK(holds))
  {
    fprintf(stderr, "  call %lu: %s (errno %d)\n", call, what, errno);
    exit(check_finish());
  }
  return holds;
}

/* Mostly small, sometimes large. */
static unsigned int random_len(void)
{
  return (unsigned int) random_below(random_below(10) == 0  ? 100000
                                     : random_below(3) == 0 ? 5000
                                                            : 200);
}

/* Often where something is, or at the end. */
static long random_place(const struct model *model)
{
  unsigned long way = random_below(8);
  return way == 0   ? model->size_bytes
         : way == 1 ? (long) random_below(MOST_BYTES - 100000)
                    : (long) random_below((unsigned long) model->size_bytes + 10);
}

static const char *name_of_file(int file)
{
  static const char *const names[FILES] = {"first", "second", "folder/third"};
  return names[file];
}

static void open_one(struct open_file *slot)
{
  slot->file = (int) random_below(FILES);
  slot->appends = random_below(4) == 0;
  slot->offset = 0;
  slot->same = slot;
  slot->fd = open(name_of_file(slot->file), O_RDWR | (slot->appends ? O_APPEND : 0));
  must(slot->fd >= 0, "open");
}

/* Who shares the offset with one that is closed has it from now on. */
static void close_one(struct open_file *slot)
{
  struct open_file *heir = NULL;
  for (int i = 0; i < DESCRIPTORS; i++)
    if (&opened[i] != slot && opened[i].same == slot->same && slot->same == slot)
    {
      if (heir == NULL)
      {
        heir = &opened[i];
        heir->offset = slot->offset;
        heir->appends = slot->appends;
      }
      opened[i].same = heir;
    }
  must(close(slot->fd) == 0, "close");
}

static void fill_buffer(long len)
{
  unsigned char value = (unsigned char) random_below(256);
  for (long i = 0; i < len; i++)
    buffer[i] = (unsigned char) (value + i * 7);
}

static void model_write(struct model *model, long place, long len)
{
  if (place > model->size_bytes && len > 0)
    memset(model->bytes + model->size_bytes, 0, (size_t) (place - model->size_bytes));
  memcpy(model->bytes + place, buffer, (size_t) len);
  if (len > 0 && place + len > model->size_bytes)
    model->size_bytes = place + len;
}

static void check_read(const struct model *model, long place, long len, long got)
{
  long left = model->size_bytes > place ? model->size_bytes - place : 0;
  must(got == (len < left ? len : left), "length read");
  must(memcmp(other, model->bytes + place, (size_t) got) == 0, "bytes read");
}

/* read() and write() at the offset. */
static void use_offset(struct open_file *slot, struct model *model, bool writes)
{
  struct open_file *base = slot->same;
  long len = random_len();
  if (!writes)
  {
    long got = read(slot->fd, other, (size_t) len);
    check_read(model, base->offset, len, got);
    base->offset += got;
    return;
  }
  long place = base->appends ? model->size_bytes : base->offset;
  if (place + len > MOST_BYTES)
    return;
  fill_buffer(len);
  must(write(slot->fd, buffer, (size_t) len) == len, "write");
  model_write(model, place, len);
  if (len > 0)
    base->offset = place + len;
}

static void use_place(struct open_file *slot, struct model *model, bool writes)
{
  long len = random_len(), place = random_place(model);
  if (!writes)
  {
    check_read(model, place, len, pread(slot->fd, other, (size_t) len, place));
    return;
  }
  if (slot->same->appends) /* which Linux does at the end */
    place = model->size_bytes;
  if (place + len > MOST_BYTES)
    return;
  fill_buffer(len);
  must(pwrite(slot->fd, buffer, (size_t) len, place) == len, "pwrite");
  model_write(model, place, len);
}

static void cut(struct open_file *slot, struct model *model)
{
  long size = random_place(model);
  must((random_below(2) == 0 ? ftruncate(slot->fd, size)
                             : truncate(name_of_file(slot->file), size)) == 0,
       "truncate");
  if (size > model->size_bytes)
    memset(model->bytes + model->size_bytes, 0, (size_t) (size - model->size_bytes));
  model->size_bytes = size;
}

static void look(struct open_file *slot, const struct model *model)
{
  struct stat status;
  if (random_below(2) == 0)
    must(fstat(slot->fd, &status) == 0, "fstat");
  else
    must(stat(name_of_file(slot->file), &status) == 0, "stat");
  must(status.st_size == model->size_bytes, "size");
}

static void map(struct open_file *slot, const struct model *model)
{
  size_t size = (size_t) model->size_bytes;
  if (size == 0)
    return;
  void *mapped =
      mmap(NULL, size, PROT_READ, random_below(2) == 0 ? MAP_PRIVATE : MAP_SHARED, slot->fd, 0);
  must(mapped != MAP_FAILED, "mmap");
  must(memcmp(mapped, model->bytes, size) == 0, "bytes mapped");
  must(munmap(mapped, size) == 0, "munmap");
}

/* Another way to the same files: their names change places. */
static void rename_files(void)
{
  must(rename("first", "folder/aside") == 0 && rename("second", "first") == 0 &&
           rename("folder/aside", "second") == 0,
       "rename");
  struct model *swap = (struct model *) malloc(sizeof(*swap));
  must(swap != NULL, "malloc");
  *swap = models[0];
  models[0] = models[1];
  models[1] = *swap;
  free(swap);
  for (int i = 0; i < DESCRIPTORS; i++)
    if (opened[i].file < 2)
      opened[i].file = 1 - opened[i].file;
}

static void share(struct open_file *slot)
{
  struct open_file *target = &opened[random_below(DESCRIPTORS)];
  if (target == slot)
    return;
  close_one(target);
  target->fd = dup(slot->fd);
  must(target->fd >= 0, "dup");
  target->file = slot->file;
  target->same = slot->same;
}

static void act(struct open_file *slot)
{
  struct model *model = &models[slot->file];
  unsigned long way = random_below(100);
  if (way < 25)
    use_offset(slot, model, false);
  else if (way < 50)
    use_offset(slot, model, true);
  else if (way < 60)
    use_place(slot, model, false);
  else if (way < 70)
    use_place(slot, model, true);
  else if (way < 77)
  {
    slot->same->offset = random_place(model);
    must(lseek(slot->fd, slot->same->offset, SEEK_SET) == slot->same->offset, "lseek");
  }
  else if (way < 80)
    must(lseek(slot->fd, 0, SEEK_CUR) == slot->same->offset, "offset");
  else if (way < 82)
  {
    slot->same->offset = model->size_bytes;
    must(lseek(slot->fd, 0, SEEK_END) == slot->same->offset, "end");
  }
  else if (way < 85)
    cut(slot, model);
  else if (way < 90)
    look(slot, model);
  else if (way < 91)
    map(slot, model);
  else if (way < 92)
    must((random_below(2) == 0 ? fsync(slot->fd) : fdatasync(slot->fd)) == 0, "fsync");
  else if (way < 93)
    rename_files();
  else if (way < 95)
  {
    slot->same->appends = !slot->same->appends;
    must(fcntl(slot->fd, F_SETFL, slot->same->appends ? O_APPEND : 0) == 0, "fcntl");
  }
  else if (way < 97)
    share(slot);
  else
  {
    close_one(slot);
    open_one(slot);
  }
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
  unsigned long calls = argc > 3 ? strtoul(argv[3], NULL, 0) : 5000;
  CHECK(mkdir("folder", 0755) == 0);
  for (int i = 0; i < FILES; i++)
    write_file(name_of_file(i), "");
  for (int i = 0; i < DESCRIPTORS; i++)
    open_one(&opened[i]);
  for (call = 0; call < calls; call++)
    act(&opened[random_below(DESCRIPTORS)]);
  for (int i = 0; i < DESCRIPTORS; i++)
    close(opened[i].fd);
  for (int i = 0; i < FILES; i++)
  {
    int fd = open(name_of_file(i), O_RDONLY);
    check_read(&models[i], 0, MOST_BYTES, read(fd, other, MOST_BYTES));
    close(fd);
  }
  return leave_folder();
}
