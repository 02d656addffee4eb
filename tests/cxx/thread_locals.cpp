// thread_local variables: made on first use in each thread, destroyed at its end, before keys.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

#include "../guest/check.h"

static std::atomic<int> made, destroyed;
static thread_local std::string *log_of_thread;

struct noted
{
  char name;
  explicit noted(char name) : name(name)
  {
    made++;
  }
  ~noted()
  {
    destroyed++;
    if (log_of_thread != nullptr)
      log_of_thread->push_back(name);
  }
};

static thread_local noted first('a');
static thread_local noted second('b');
static thread_local std::string text = "initial";
static thread_local int plain = 5;

struct late
{
  // Registers another while destructors run.
  ~late()
  {
    static thread_local noted latest('z');
    (void) latest.name;
  }
};

static int with_static()
{
  static thread_local int count = plain * 2;
  return ++count;
}

static void test_values()
{
  std::vector<std::thread> threads;
  std::vector<int> good(8);
  text = "main's";
  plain = 6;
  for (int i = 0; i < 8; i++)
    threads.emplace_back(
        [&good, i]
        {
          good[i] = text == "initial" && plain == 5 && with_static() == 11 && with_static() == 12;
          text += std::to_string(i);
          std::this_thread::yield();
          good[i] += text == "initial" + std::to_string(i);
        });
  for (auto &thread : threads)
    thread.join();
  for (int result : good)
    CHECK(result == 2);
  CHECK(text == "main's" && with_static() == 13);
}

static pthread_key_t key;
static std::string order;

static void test_order()
{
  CHECK(pthread_key_create(&key, [](void *) { log_of_thread->push_back('k'); }) == 0);
  made = destroyed = 0;
  std::thread(
      []
      {
        log_of_thread = &order;
        pthread_setspecific(key, &key);
        (void) first.name; // the file's variables are made at once
        static thread_local late here;
        (void) &here;
      })
      .join();
  // The reverse of the order in which they were made.
  CHECK(made == 3 && destroyed == 3);
  CHECK(order == "zbak");
}

static void *leave(void *)
{
  log_of_thread = &order;
  (void) second.name;
  pthread_exit(nullptr);
}

static void test_pthread_exit()
{
  order.clear();
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, leave, nullptr) == 0);
  CHECK(pthread_join(thread, nullptr) == 0);
  CHECK(order == "ba");
}

// A thread that uses none makes none.
static void test_unused()
{
  made = 0;
  std::thread([] {}).join();
  CHECK(made == 0);
}

struct at_end
{
  const char *name;
  ~at_end()
  {
    printf("%s\n", name);
  }
};
static at_end of_program{"static"};

int main(int argc, char **)
{
  test_values();
  test_order();
  test_pthread_exit();
  test_unused();
  static thread_local at_end of_main{"thread_local of main"};
  (void) &of_main;
  static at_end later{"static in main"};
  check_finish();
  if (argc > 1)
    std::thread(
        []
        {
          static thread_local at_end of_thread{"thread_local of the thread that ends the program"};
          (void) &of_thread;
          exit(check_failures != 0);
        })
        .join();
  return check_failures != 0;
}
