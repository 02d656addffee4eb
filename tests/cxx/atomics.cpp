// Atomic operations of all sizes; threads that wait for a value sleep.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "../guest/check.h"

using namespace std::chrono_literals;

template <typename number> static void test_number()
{
  std::atomic<number> value{1};
  CHECK(value.is_lock_free() && value.fetch_add(2) == 1 && value == 3);
  CHECK((value |= 4) == 7 && value.exchange(9) == 7);
  number expected = 8;
  CHECK(!value.compare_exchange_strong(expected, 1) && expected == 9);
  CHECK(value.compare_exchange_strong(expected, 1) && value-- == 1 && value == 0);
  number plain = 5;
  std::atomic_ref<number> reference(plain);
  CHECK(++reference == 6 && plain == 6);

  std::vector<std::jthread> threads;
  std::atomic<number> sum{0};
  for (int i = 0; i < 4; i++)
    threads.emplace_back(
        [&]
        {
          for (int round = 0; round < 1000; round++)
            sum++;
        });
  threads.clear();
  CHECK(sum == number(4000));

  // Each waits for its own value.
  std::atomic<number> turn{0};
  for (number i = 0; i < 4; i++)
    threads.emplace_back(
        [&turn, i]
        {
          for (number now = turn; now != i; now = turn)
            turn.wait(now);
          turn = i + 1;
          turn.notify_all();
        });
  threads.clear();
  CHECK(turn == 4);
}

static void test_others()
{
  std::atomic_flag flag;
  CHECK(!flag.test_and_set() && flag.test());
  std::jthread clearer(
      [&]
      {
        flag.clear();
        flag.notify_one();
      });
  flag.wait(true);
  CHECK(!flag.test());

  std::atomic<double> real = 0.5;
  CHECK(real.fetch_add(1.25) == 0.5 && real == 1.75);
  std::atomic<bool> boolean = false;
  CHECK(!boolean.exchange(true) && boolean);

  std::atomic<std::shared_ptr<int>> shared;
  shared = std::make_shared<int>(3);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back(
        [&]
        {
          for (int round = 0; round < 200; round++)
          {
            std::shared_ptr<int> old = shared.load();
            shared.compare_exchange_weak(old, std::make_shared<int>(*old + 1));
          }
        });
  threads.clear();
  CHECK(*shared.load() > 3);
}

// Two words that change together.
struct alignas(16) pair
{
  uint64_t low, high;
};

static void test_pair()
{
  std::atomic<pair> both(pair{0, 0});
  std::vector<std::jthread> threads;
  std::atomic<bool> torn = false;
  for (int i = 0; i < 4; i++)
    threads.emplace_back(
        [&]
        {
          for (int round = 0; round < 500; round++)
          {
            pair old = both.load();
            if (old.high != 2 * old.low)
              torn = true;
            while (!both.compare_exchange_weak(old, pair{old.low + 1, old.high + 2}))
              ;
          }
        });
  threads.clear();
  const pair end = both.load();
  CHECK(end.low == 2000 && end.high == 4000 && !torn);
}

static double cpu_seconds()
{
  timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return double(used.tv_sec) + double(used.tv_nsec) * 1e-9;
}

static void test_sleep()
{
  std::atomic<int> word = 0;
  std::atomic<uint8_t> byte = 0;
  double used = 1;
  std::jthread waiter(
      [&]
      {
        const double before = cpu_seconds();
        word.wait(0);
        byte.wait(0);
        used = cpu_seconds() - before;
      });
  std::this_thread::sleep_for(20ms);
  word = 1;
  word.notify_one();
  std::this_thread::sleep_for(20ms);
  byte = 1;
  byte.notify_one();
  waiter.join();
  CHECK(used < 0.02);
}

int main()
{
  test_number<uint8_t>();
  test_number<uint16_t>();
  test_number<int>();
  test_number<uint64_t>();
  test_others();
  test_pair();
  test_sleep();
  return check_finish();
}
