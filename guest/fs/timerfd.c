/* timerfd as a file: reading takes how often the timer has run out. */
#include "fs/timerfd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "fs/event_file.h"
#include "fs/program_memory.h"
#include "mm/kernel_heap.h"

static const struct file_operations operations;

static struct timerfd *timer_of(struct file *file)
{
  return (struct timerfd *) ((char *) file - offsetof(struct timerfd, file));
}

/* Locked: a timer with an interval that has run out is counted, and goes on. */
static void go_on(struct timerfd *timer)
{
  if (timer->deadline_ns == 0 || timer->is_queued)
    return;
  uint64_t now_ns = timerfd_now(timer);
  if (now_ns >= timer->deadline_ns)
  {
    uint64_t missed = (now_ns - timer->deadline_ns) / timer->interval_ns + 1;
    timer->expiries += missed;
    timer->deadline_ns += missed * timer->interval_ns;
  }
  timerfd_queue_add(timer);
}

static uint64_t take(struct timerfd *timer)
{
  if (__atomic_load_n(&timer->expiries, __ATOMIC_SEQ_CST) == 0)
    return 0;
  uint32_t was_masked = timerfd_lock();
  uint64_t expiries = 0;
  if (timer->expiries != 0)
  {
    go_on(timer);
    expiries = timer->expiries;
    timer->expiries = 0;
  }
  timerfd_unlock(was_masked);
  return expiries;
}

static long read_timer(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  struct timerfd *timer = timer_of(file);
  int error = 0;
  (void) offset;
  if (len_bytes < sizeof(uint64_t))
    return -EINVAL;
  if (!program_may(buffer, sizeof(uint64_t), ADDRESS_WRITE))
    return -EFAULT;
  uint64_t taken = take(timer);
  if (taken == 0)
  {
    if ((__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & O_NONBLOCK) != 0)
      return -EAGAIN;
    uint32_t seen = wait_word_begin(&timer->readers);
    while ((taken = take(timer)) == 0 && error == 0)
    {
      error = wait_word_sleep(&timer->readers, seen, FUTEX_FOREVER);
      seen = wait_word_look(&timer->readers);
    }
    wait_word_end(&timer->readers);
  }
  if (taken == 0)
    return error;
  memcpy(buffer, &taken, sizeof(taken));
  return sizeof(taken);
}

static unsigned int poll_timer(struct file *file, struct wait_entry *entry)
{
  struct timerfd *timer = timer_of(file);
  if (entry != NULL)
    wait_source_add(&timer->source, entry);
  return __atomic_load_n(&timer->expiries, __ATOMIC_SEQ_CST) != 0 ? POLLIN : 0;
}

static int release_timer(struct file *file)
{
  struct timerfd *timer = timer_of(file);
  uint32_t was_masked = timerfd_lock();
  timerfd_queue_remove(timer);
  timerfd_unlock(was_masked);
  kernel_free(timer, sizeof(*timer));
  return 0;
}

static const struct file_operations operations = {
    .read = read_timer,
    .stat = event_file_stat,
    .poll = poll_timer,
    .release = release_timer,
};

int timerfd_create_file(bool is_wall, uint32_t flags, struct file **file)
{
  int error = timerfd_queue_start();
  struct timerfd *timer = error == 0 ? kernel_allocate_zeroed(sizeof(*timer)) : NULL;
  if (timer == NULL)
    return -ENOMEM;
  file_init(&timer->file, &operations, O_RDWR | flags, false);
  timer->is_wall = is_wall;
  *file = &timer->file;
  return 0;
}

/* Locked. */
static void read_setting(struct timerfd *timer, struct timerfd_setting *setting)
{
  *setting = (struct timerfd_setting){.interval_ns = timer->interval_ns};
  go_on(timer);
  if (timer->deadline_ns == 0)
    return;
  uint64_t now_ns = timerfd_now(timer);
  /* It is about to run out, if that is late. */
  setting->left_ns = timer->deadline_ns > now_ns ? timer->deadline_ns - now_ns : 1;
}

int timerfd_set(struct file *file, const struct timerfd_setting *setting, bool is_absolute,
                struct timerfd_setting *former)
{
  struct timerfd *timer = timer_of(file);
  if (file->operations != &operations)
    return -EINVAL;
  uint32_t was_masked = timerfd_lock();
  read_setting(timer, former);
  timerfd_queue_remove(timer);
  timer->expiries = 0;
  timer->interval_ns = setting->interval_ns;
  timer->deadline_ns = setting->left_ns;
  if (setting->left_ns != 0)
  {
    uint64_t from_ns = is_absolute ? 0 : timerfd_now(timer);
    timer->deadline_ns =
        setting->left_ns > INT64_MAX - from_ns ? (uint64_t) INT64_MAX : from_ns + setting->left_ns;
    timerfd_queue_add(timer);
  }
  timerfd_unlock(was_masked);
  return 0;
}

int timerfd_get(struct file *file, struct timerfd_setting *setting)
{
  struct timerfd *timer = timer_of(file);
  if (file->operations != &operations)
    return -EINVAL;
  uint32_t was_masked = timerfd_lock();
  read_setting(timer, setting);
  timerfd_unlock(was_masked);
  return 0;
}
