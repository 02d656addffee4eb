// Threads and what they wait for: mutexes, conditions, futures, stop tokens, semaphores, barriers.
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "../guest/check.h"

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

static void test_thread()
{
  CHECK(std::thread::hardware_concurrency() > 0);
  int value = 0;
  std::thread::id id;
  std::thread thread(
      [&](int add, const std::string &text)
      {
        value = add + int(text.size());
        id = std::this_thread::get_id();
      },
      4, "three");
  CHECK(thread.joinable() && thread.get_id() != std::this_thread::get_id());
  const std::thread::id before = thread.get_id();
  thread.join();
  CHECK(value == 9 && id == before && !thread.joinable() && thread.get_id() == std::thread::id());
  bool failed = false;
  try
  {
    thread.join();
  }
  catch (const std::system_error &error)
  {
    failed = error.code() == std::errc::invalid_argument;
  }
  CHECK(failed);
  std::latch done(1);
  std::thread([&] { done.count_down(); }).detach();
  done.wait();

  const auto begin = steady::now();
  std::this_thread::sleep_for(2ms);
  std::this_thread::sleep_until(begin + 4ms);
  std::this_thread::sleep_until(std::chrono::system_clock::now() + 2ms);
  CHECK(steady::now() - begin >= 5900us);
}

template <typename mutex> static bool is_locked_for_others(mutex &locked)
{
  bool taken = false;
  std::thread(
      [&]
      {
        taken = locked.try_lock();
        if (taken)
          locked.unlock();
      })
      .join();
  return !taken;
}

static void test_mutexes()
{
  std::mutex plain;
  std::recursive_mutex recursive;
  std::timed_mutex timed;
  std::recursive_timed_mutex both;
  {
    std::scoped_lock all(plain, recursive, timed, both);
    std::scoped_lock again(recursive, both);
    CHECK(is_locked_for_others(plain) && is_locked_for_others(recursive));
    CHECK(is_locked_for_others(timed) && is_locked_for_others(both));
    std::thread(
        [&]
        {
          const auto begin = steady::now();
          CHECK(!timed.try_lock_for(3ms));
          CHECK(!timed.try_lock_until(std::chrono::system_clock::now() + 3ms));
          CHECK(!both.try_lock_until(steady::now() + 3ms));
          CHECK(steady::now() - begin >= 8ms);
        })
        .join();
  }
  CHECK(!is_locked_for_others(plain) && !is_locked_for_others(both));
  std::unique_lock<std::timed_mutex> lock(timed, 1ms);
  CHECK(lock.owns_lock());
  bool refused = false;
  try
  {
    lock.lock();
  }
  catch (const std::system_error &error)
  {
    refused = error.code() == std::errc::resource_deadlock_would_occur;
  }
  CHECK(refused);

  long count = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back(
        [&]
        {
          for (int round = 0; round < 2000; round++)
          {
            std::lock_guard guard(plain);
            count++;
          }
        });
  threads.clear();
  CHECK(count == 16000);
}

static void test_shared_mutex()
{
  std::shared_timed_mutex shared;
  std::shared_lock reader(shared);
  CHECK(is_locked_for_others(shared));
  std::thread(
      [&]
      {
        std::shared_lock second(shared, std::try_to_lock);
        CHECK(second.owns_lock());
        second.unlock();
        CHECK(!shared.try_lock_for(2ms));
        CHECK(!shared.try_lock_until(std::chrono::system_clock::now() + 2ms));
      })
      .join();
  reader.unlock();
  std::unique_lock writer(shared);
  std::thread([&] { CHECK(!shared.try_lock_shared() && !shared.try_lock_shared_for(2ms)); }).join();
  writer.unlock();

  std::shared_mutex guard;
  long value = 0, copy = 0;
  bool torn = false;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; i++)
    {
      threads.emplace_back(
          [&]
          {
            for (int round = 0; round < 1000; round++)
            {
              std::unique_lock lock(guard);
              value++;
              copy = value;
            }
          });
      threads.emplace_back(
          [&]
          {
            for (int round = 0; round < 1000; round++)
            {
              std::shared_lock lock(guard);
              if (value != copy)
                torn = true;
            }
          });
    }
  }
  CHECK(value == 4000 && !torn);
}

static void test_conditions()
{
  std::mutex mutex;
  std::condition_variable changed;
  std::condition_variable_any any;
  int turn = 0;
  std::thread other(
      [&]
      {
        for (int i = 0; i < 200; i++)
        {
          std::unique_lock lock(mutex);
          changed.wait(lock, [&] { return turn % 2 == 1; });
          turn++;
          changed.notify_one();
        }
      });
  for (int i = 0; i < 200; i++)
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return turn % 2 == 0; });
    turn++;
    changed.notify_one();
  }
  other.join();
  CHECK(turn == 400);

  std::unique_lock lock(mutex);
  const auto begin = steady::now();
  CHECK(changed.wait_for(lock, 3ms) == std::cv_status::timeout);
  CHECK(changed.wait_until(lock, std::chrono::system_clock::now() + 3ms) ==
        std::cv_status::timeout);
  CHECK(!any.wait_until(lock, steady::now() + 3ms, [] { return false; }));
  CHECK(steady::now() - begin >= 8ms);

  // Notified when the thread has ended, its variables too.
  bool ended = false;
  std::thread thread(
      [&]
      {
        std::unique_lock own(mutex);
        ended = true;
        std::notify_all_at_thread_exit(changed, std::move(own));
      });
  changed.wait(lock, [&] { return ended; });
  thread.join();
}

static void test_once()
{
  std::once_flag flag;
  std::atomic<int> calls = 0, fails = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back(
        [&]
        {
          try
          {
            std::call_once(flag,
                           [&]
                           {
                             // The first one fails, and another one tries.
                             if (calls++ == 0)
                               throw 1;
                             std::this_thread::sleep_for(1ms);
                           });
          }
          catch (int)
          {
            fails++;
          }
        });
  threads.clear();
  CHECK(calls == 2 && fails == 1);

  // Variables of a function, made by one of many threads.
  static std::atomic<int> made = 0;
  struct slow
  {
    slow()
    {
      std::this_thread::sleep_for(1ms);
      made++;
    }
  };
  for (int i = 0; i < 8; i++)
    threads.emplace_back(
        []
        {
          static slow one;
          CHECK(made == 1);
        });
  threads.clear();
}

static void test_futures()
{
  auto later = std::async(std::launch::async, [] { return std::string(100, 'x'); });
  CHECK(later.get().size() == 100 && !later.valid());
  auto deferred = std::async(std::launch::deferred, [] { return std::this_thread::get_id(); });
  CHECK(deferred.wait_for(0s) == std::future_status::deferred);
  CHECK(deferred.get() == std::this_thread::get_id());

  std::promise<int> promise;
  std::shared_future<int> shared = promise.get_future().share();
  CHECK(shared.wait_for(2ms) == std::future_status::timeout);
  CHECK(shared.wait_until(std::chrono::system_clock::now() + 2ms) == std::future_status::timeout);
  std::vector<std::future<int>> sums;
  for (int i = 0; i < 4; i++)
    sums.push_back(std::async(std::launch::async, [shared, i] { return shared.get() + i; }));
  promise.set_value(10);
  int sum = 0;
  for (auto &one : sums)
    sum += one.get();
  CHECK(sum == 46);

  std::future<void> broken = std::promise<void>().get_future();
  bool caught = false;
  try
  {
    broken.get();
  }
  catch (const std::future_error &error)
  {
    caught = error.code() == std::future_errc::broken_promise;
  }
  CHECK(caught);

  std::packaged_task<int(int)> task([](int value) -> int { throw value; });
  auto result = task.get_future();
  std::thread(std::move(task), 5).join();
  int thrown = 0;
  try
  {
    result.get();
  }
  catch (int value)
  {
    thrown = value;
  }
  CHECK(thrown == 5);
}

static void test_stop()
{
  std::atomic<int> rounds = 0;
  {
    std::jthread worker(
        [&](std::stop_token stop)
        {
          while (!stop.stop_requested())
          {
            rounds++;
            std::this_thread::yield();
          }
        });
    while (rounds == 0)
      std::this_thread::yield();
  }
  CHECK(rounds > 0);

  std::mutex mutex;
  std::condition_variable_any condition;
  bool stopped = false;
  std::jthread waiter(
      [&](std::stop_token stop)
      {
        std::unique_lock lock(mutex);
        stopped = !condition.wait(lock, stop, [] { return false; });
      });
  int called = 0;
  std::stop_callback callback(waiter.get_stop_token(), [&] { called++; });
  CHECK(waiter.request_stop() && !waiter.request_stop());
  waiter.join();
  CHECK(stopped && called == 1);
}

static void test_meeting()
{
  std::counting_semaphore<10> free_places(3);
  std::binary_semaphore one(0);
  CHECK(free_places.try_acquire() && !one.try_acquire() && !one.try_acquire_for(2ms));
  CHECK(!one.try_acquire_until(std::chrono::system_clock::now() + 2ms));
  std::jthread releaser([&] { one.release(); });
  one.acquire();

  std::latch ready(4);
  int phases = 0;
  std::barrier barrier(4, [&]() noexcept { phases++; });
  std::vector<int> seen(4);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back(
        [&, i]
        {
          ready.arrive_and_wait();
          for (int round = 1; round <= 50; round++)
          {
            barrier.arrive_and_wait();
            seen[i] += phases == 2 * round - 1;
            barrier.arrive_and_wait();
          }
        });
  threads.clear();
  CHECK(ready.try_wait() && phases == 100);
  for (int count : seen)
    CHECK(count == 50);
}

int main()
{
  test_thread();
  test_mutexes();
  test_shared_mutex();
  test_conditions();
  test_once();
  test_futures();
  test_stop();
  test_meeting();
  return check_finish();
}
