/* Who looks after a device: its interrupts, and idle CPUs that look into the rings meanwhile.
 *
 * The task that serves a device asks for interrupts before it sleeps (ATTENTION_EXPECTED). A CPU
 * with nothing to run takes them back for as long as it looks for work in a loop
 * (ATTENTION_WATCHED): an interrupt costs many times what a look costs. Whoever finds something
 * first wakes the task (ATTENTION_SERVED). All of that is decided under a lock of the device, that
 * no two ask the device for something different.
 *
 * Runs in upcalls.
 */
#include "net/driver/attention.h"

#include "arch/x86_64/cpu.h"
#include "net/driver/net_attention.h"
#include "start_info.h"

#define MOST_CAUSES 16 /* at once */

struct net_device *net_device_list;

uint32_t net_takes_begun, net_takes_ended;

/* Not 0: some CPU watches. */
static uint32_t is_watched;

static struct net_device *first_device(void)
{
  return __atomic_load_n(&net_device_list, __ATOMIC_ACQUIRE);
}

static bool has_something(struct net_device *device)
{
  const struct net_attention *attention = device->attention;
  return attention->operations->has_something(device) ||
         __atomic_load_n(&attention->link_changed, __ATOMIC_RELAXED) != 0;
}

/* The rest is for who has the lock. */
static void set_state(struct net_device *device, enum attention state)
{
  __atomic_store_n(&device->attention->state, state, __ATOMIC_RELAXED);
}

/* Returns whether there is something already; nobody is asked then. */
static bool ask(struct net_device *device)
{
  struct net_attention *attention = device->attention;
  set_state(device, ATTENTION_EXPECTED);
  bool is_there = attention->operations->ask(device) ||
                  __atomic_load_n(&attention->link_changed, __ATOMIC_SEQ_CST) != 0;
  if (is_there)
  {
    attention->operations->quiet(device);
    set_state(device, ATTENTION_SERVED);
  }
  return is_there;
}

static void wake_user(const struct net_device *device)
{
  const struct net_device_user *user = &device->user;
  if (user->wake != NULL)
    user->wake(user->context);
}

bool net_expect(struct net_device *device)
{
  uint32_t was_masked = spinlock_lock_masked(&device->attention->lock);
  bool is_there = ask(device);
  spinlock_unlock_restore(&device->attention->lock, was_masked);
  return is_there;
}

void net_attend(struct net_device *device)
{
  struct net_attention *attention = device->attention;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (__atomic_load_n(&attention->state, __ATOMIC_RELAXED) != ATTENTION_EXPECTED)
    return;
  uint32_t was_masked = spinlock_lock_masked(&attention->lock);
  bool is_there = attention->state == ATTENTION_EXPECTED && ask(device);
  spinlock_unlock(&attention->lock);
  if (is_there)
    wake_user(device);
  cpu_mask_restore(was_masked);
}

void net_wake(struct net_device *device)
{
  struct net_attention *attention = device->attention;
  uint32_t was_masked = spinlock_lock_masked(&attention->lock);
  bool sleeps = attention->state != ATTENTION_SERVED;
  if (sleeps)
  {
    attention->operations->quiet(device);
    set_state(device, ATTENTION_SERVED);
  }
  spinlock_unlock(&attention->lock);
  if (sleeps)
    wake_user(device);
  cpu_mask_restore(was_masked);
}

/* A cause that another CPU has taken meanwhile counts too: lines that several devices share have
 * been up for it. */
bool net_take_causes(void)
{
  bool any = false;
  uint32_t ended = __atomic_load_n(&net_takes_ended, __ATOMIC_SEQ_CST);
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
  {
    const struct net_attention_operations *operations = device->attention->operations;
    any = (operations->take_cause != NULL && operations->take_cause(device)) || any;
  }
  return any || __atomic_load_n(&net_takes_begun, __ATOMIC_SEQ_CST) != ended;
}

/* Causes of what comes by a line (virtio-mmio) are taken here too, and by pci_line_interrupt() for
 * lines that are shared. One that has something is quieted then. Where causes come faster than they
 * are taken, this CPU interrupts itself to go on: a line that has not fallen does not rise. */
void net_interrupt(void)
{
  bool any = true;
  for (int i = 0; i < MOST_CAUSES && any; i++)
    any = net_take_causes();
  if (any)
    nucleus_call(NUCLEUS_IPI, cpu_apic_id(cpu_this()->area.cpu), UHYVE_VECTOR_NETWORK);
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
    if (has_something(device))
      net_wake(device);
}

void net_link_interrupt(void)
{
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
  {
    __atomic_store_n(&device->attention->link_changed, 1, __ATOMIC_SEQ_CST);
    net_wake(device);
  }
}

/* ---- Idle CPUs ---- */

bool net_is_used(void)
{
  return first_device() != NULL;
}

bool net_watch_begin(void)
{
  return first_device() != NULL && __atomic_load_n(&is_watched, __ATOMIC_RELAXED) == 0 &&
         __atomic_exchange_n(&is_watched, 1, __ATOMIC_ACQUIRE) == 0;
}

static void begin_watching(struct net_device *device)
{
  struct net_attention *attention = device->attention;
  spinlock_lock(&attention->lock);
  if (attention->state == ATTENTION_EXPECTED)
  {
    attention->operations->quiet(device);
    set_state(device, ATTENTION_WATCHED);
  }
  spinlock_unlock(&attention->lock);
}

void net_watch_look(void)
{
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
  {
    uint32_t state = __atomic_load_n(&device->attention->state, __ATOMIC_RELAXED);
    if (state == ATTENTION_EXPECTED)
      begin_watching(device);
    else if (state == ATTENTION_WATCHED && has_something(device))
      net_wake(device);
  }
}

void net_watch_end(void)
{
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
  {
    struct net_attention *attention = device->attention;
    spinlock_lock(&attention->lock);
    bool is_there = attention->state == ATTENTION_WATCHED && ask(device);
    spinlock_unlock(&attention->lock);
    if (is_there)
      wake_user(device);
  }
  __atomic_store_n(&is_watched, 0, __ATOMIC_RELEASE);
}
