/* Tests of net/driver/attention.c: who is woken, by whom, and that nobody is forgotten. */
#include "net/driver/attention.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "net/driver/net_attention.h"
#include "net_model.h"
#include "threads.h"

static const uint64_t merged_kinds[] = {MERGED, MERGED | VIRTIO_PACKED, ALL};

static void link_goes_and_comes(void **state)
{
  (void) state;
  model_begin(ALL);
  assert_true(net.device.is_up);
  assert_false(net.device.operations->expect(&net.device));
  model.link_state = 0;
  net_link_interrupt();
  assert_int_equal(model.wakes, 1);
  model_serve(4);
  assert_int_equal(model.link_now, 0);
  assert_false(net.device.is_up);
  model.link_state = 1;
  net_link_interrupt();
  assert_int_equal(model.wakes, 1); /* awake */
  assert_true(net.device.operations->expect(&net.device));
  model_serve(4);
  assert_int_equal(model.link_now, 1);
  model.status |= VIRTIO_STATUS_NEEDS_RESET;
  net_link_interrupt();
  model_serve(4);
  assert_int_equal(model.link_now, 0);
}

/* A device with one message: each may be about the link. */
static void link_shares_a_message(void **state)
{
  (void) state;
  model_begin(ALL);
  net.virtio.shares_message = true;
  model.link_state = 0;
  assert_false(net.device.operations->expect(&net.device));
  net_interrupt();
  assert_int_equal(model.wakes, 1);
  model_serve(4);
  assert_int_equal(model.link_now, 0);
  assert_int_equal(model.own_interrupts, 0);
  net.virtio.shares_message = false;
}

static uint32_t take_cause(const struct virtio_device *device)
{
  (void) device;
  if (model.causes_left == 0)
    return 0;
  model.causes_left--;
  return VIRTIO_CAUSE_QUEUE;
}

/* A line falls when all causes are taken, and only then rises again. */
static void causes_do_not_end(void **state)
{
  (void) state;
  model_begin(ALL);
  net.virtio.take_cause = take_cause;
  model.causes_left = 5;
  net_interrupt();
  assert_int_equal(model.causes_left, 0);
  assert_int_equal(model.own_interrupts, 0);
  model.causes_left = 20;
  net_interrupt();
  assert_int_not_equal(model.causes_left, 0);
  assert_int_equal(model.own_interrupts, 1);
  net_interrupt();
  assert_int_equal(model.causes_left, 0);
  assert_int_equal(model.own_interrupts, 1);
}

/* A cause that another CPU takes outside of an interrupt may be why a shared line has not risen. */
static void others_take_causes(void **state)
{
  (void) state;
  model_begin(ALL);
  assert_false(net_take_causes());
  net_take_begin();
  assert_true(net_take_causes());
  net_take_end();
  assert_false(net_take_causes());
}

/* Who sleeps is woken once, by the first that finds something. */
static void one_wake(void **state)
{
  (void) state;
  model.ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    model_begin(merged_kinds[i]);
    model_give(100, 0);
    ring_device_must_interrupt(&model.rings[0]);
    net_interrupt();
    assert_int_equal(model.wakes, 0); /* awake */
    assert_true(net.device.operations->expect(&net.device));
    assert_int_equal(model_serve(4), 1);
    assert_false(net.device.operations->expect(&net.device));
    net_interrupt();
    assert_int_equal(model.wakes, 0);
    model_give(100, 0);
    assert_true(ring_device_must_interrupt(&model.rings[0]));
    net_interrupt();
    net_interrupt();
    assert_int_equal(model.wakes, 1);
    model_give(100, 0);
    assert_false(ring_device_must_interrupt(&model.rings[0]));
    assert_int_equal(model_serve(4), 2);
  }
}

/* Frames that somebody else takes out meanwhile: the next one interrupts all the same. */
static void another_task_serves(void **state)
{
  (void) state;
  model.ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    model_begin(merged_kinds[i]);
    assert_false(net.device.operations->expect(&net.device));
    for (unsigned int round = 0; round < 40; round++)
    {
      model_give(100, 0);
      assert_true(ring_device_must_interrupt(&model.rings[0]));
      model_give(100, 0);
      assert_int_equal(model_serve(1), 1);
      assert_int_equal(model.wakes,
                       round + 1); /* for the other frame, by the task that took the first */
      assert_int_equal(model_serve(4), 1);
      assert_false(net.device.operations->expect(&net.device));
      model_give(100, 0);
      assert_true(ring_device_must_interrupt(&model.rings[0]));
      assert_int_equal(model_serve(4), 1);
      model_release_all();
    }
  }
}

static void idle_cpu_looks(void **state)
{
  (void) state;
  model.ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    model_begin(merged_kinds[i]);
    hosted_cpu.area.masked = 1;
    assert_true(net_watch_begin());
    assert_false(net_watch_begin());
    assert_false(net.device.operations->expect(&net.device));
    net_watch_look();
    model_give(100, 0);
    assert_false(ring_device_must_interrupt(&model.rings[0]));
    net_watch_look();
    assert_int_equal(model.wakes, 1);
    net_watch_look();
    assert_int_equal(model.wakes, 1);
    assert_int_equal(model_serve(4), 1);
    /* Between its last look and its end, and after it. */
    assert_false(net.device.operations->expect(&net.device));
    net_watch_look();
    model_give(100, 0);
    assert_false(ring_device_must_interrupt(&model.rings[0]));
    net_watch_end();
    assert_int_equal(model.wakes, 2);
    assert_int_equal(model_serve(4), 1);
    assert_false(net.device.operations->expect(&net.device));
    assert_true(net_watch_begin());
    net_watch_look();
    net_watch_end();
    model_give(100, 0);
    assert_true(ring_device_must_interrupt(&model.rings[0]));
    hosted_cpu.area.masked = 0;
  }
}

/* The last buffers are with the user, who gives them back while the task is awake but has looked
 * for them already: it is told when it wants to sleep. */
static void buffers_come_back_late(void **state)
{
  (void) state;
  model.ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    model_begin(merged_kinds[i]);
    for (unsigned int count = 0; count < net.most_buffers; count++)
    {
      model_give(100, 0);
      assert_int_equal(model_serve(4), 1);
    }
    assert_false(net.device.operations->expect(&net.device));
    net_link_interrupt(); /* wakes */
    assert_int_equal(model.wakes, 1);
    model_serve(4);
    model_release_all();
    assert_int_equal(model.wakes, 1);
    assert_true(net.device.operations->expect(&net.device));
    model_serve(4);
    assert_false(net.device.operations->expect(&net.device));
    model_give(100, 0);
    assert_int_equal(model_serve(4), 1);
  }
}

/* A device, a task that serves it, another that serves it in between, and CPUs that look now and
 * then: nobody sleeps for ever. */
#define STRESS_FRAMES 60000u

static _Atomic bool is_over, is_woken;
static _Atomic unsigned int has_come;
static pthread_mutex_t core = PTHREAD_MUTEX_INITIALIZER;

static void wake_stress(void *context)
{
  (void) context;
  is_woken = true;
}

static void received_stress(void *context, struct net_received *frame)
{
  (void) context;
  has_come++;
  net.device.operations->release(&net.device, frame);
}

static void *run_device(void *argument)
{
  uint64_t state = 9;
  (void) argument;
  for (unsigned int count = 0; count < STRESS_FRAMES; count++)
  {
    struct ring_chain chain;
    while (!ring_device_take(&model.rings[0], &chain))
      sched_yield();
    memset((void *) chain.pieces[0].gpa, 0, 12);
    ring_device_use(&model.rings[0], &chain, 72);
    if (random_next(&state) % 4 != 0)
      continue;
    if (ring_device_must_interrupt(&model.rings[0]))
    {
      hosted_cpu.area.masked = 1;
      net_interrupt();
      hosted_cpu.area.masked = 0;
    }
    /* Now and then the other side goes to sleep. */
    while (random_next(&state) % 8 == 0 && has_come <= count)
      sched_yield();
  }
  if (ring_device_must_interrupt(&model.rings[0]))
    net_interrupt();
  return NULL;
}

static void *run_idle(void *argument)
{
  (void) argument;
  hosted_cpu.area.masked = 1;
  while (!is_over)
  {
    if (net_watch_begin())
    {
      for (int i = 0; i < 20; i++)
        net_watch_look();
      net_watch_end();
    }
    sched_yield();
  }
  return NULL;
}

static void *run_sender(void *argument)
{
  (void) argument;
  while (!is_over)
  {
    pthread_mutex_lock(&core);
    model_serve(2);
    pthread_mutex_unlock(&core);
    for (int i = 0; i < 100; i++)
      sched_yield();
  }
  return NULL;
}

static void sleep_until_woken(void)
{
  time_t deadline = time(NULL) + 20;
  while (!is_woken && has_come < STRESS_FRAMES)
  {
    assert_true(time(NULL) < deadline);
    sched_yield();
  }
}

static void nobody_sleeps_for_ever(void **state)
{
  (void) state;
  model.ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    pthread_t threads[4];
    model_begin(merged_kinds[i]);
    net.device.user = (struct net_device_user){received_stress, NULL, NULL, wake_stress, &net};
    is_over = false;
    has_come = 0;
    start_all(&threads[0], 1, run_device, NULL);
    start_all(&threads[1], 2, run_idle, NULL);
    start_all(&threads[3], 1, run_sender, NULL);
    while (has_come < STRESS_FRAMES)
    {
      is_woken = false;
      pthread_mutex_lock(&core);
      while (model_serve(4) > 0)
      {
      }
      pthread_mutex_unlock(&core);
      if (!net.device.operations->expect(&net.device) && has_come < STRESS_FRAMES)
        sleep_until_woken();
    }
    is_over = true;
    join_all(threads, 4);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(link_goes_and_comes, model_end),
      cmocka_unit_test_teardown(link_shares_a_message, model_end),
      cmocka_unit_test_teardown(causes_do_not_end, model_end),
      cmocka_unit_test_teardown(others_take_causes, model_end),
      cmocka_unit_test_teardown(one_wake, model_end),
      cmocka_unit_test_teardown(another_task_serves, model_end),
      cmocka_unit_test_teardown(idle_cpu_looks, model_end),
      cmocka_unit_test_teardown(buffers_come_back_late, model_end),
      cmocka_unit_test_teardown(nobody_sleeps_for_ever, model_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
