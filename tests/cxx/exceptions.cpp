// Exceptions: what is caught where, destructors on the way, through C code, in many threads at
// once.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "../guest/check.h"

static int alive;

struct counted
{
  counted()
  {
    alive++;
  }
  counted(const counted &)
  {
    alive++;
  }
  ~counted()
  {
    alive--;
  }
};

static int __attribute__((noinline)) descend(int depth)
{
  counted here;
  if (depth == 0)
    throw std::out_of_range("deep");
  return descend(depth - 1) + 1;
}

static void test_frames()
{
  for (int depth : {0, 1, 10, 1000})
  {
    try
    {
      descend(depth);
      CHECK(false);
    }
    catch (const std::logic_error &error)
    {
      CHECK(std::string(error.what()) == "deep");
    }
    CHECK(alive == 0);
  }
}

struct base
{
  virtual ~base() = default;
};
struct left : virtual base
{
};
struct right : virtual base
{
  int value = 7;
};
struct both : left, right
{
};

// 1 to 5: by which handler it was caught.
static int caught_by(const std::function<void()> &thrower)
{
  try
  {
    thrower();
  }
  catch (int)
  {
    return 1;
  }
  catch (const char *)
  {
    return 2;
  }
  catch (const right &object)
  {
    return object.value == 7 ? 3 : -1;
  }
  catch (base *)
  {
    return 4;
  }
  catch (...)
  {
    return 5;
  }
  return 0;
}

static void test_handlers()
{
  both object;
  CHECK(caught_by([] { throw 1; }) == 1);
  CHECK(caught_by([] { throw "text"; }) == 2);
  CHECK(caught_by([] { throw both(); }) == 3);
  CHECK(caught_by([&] { throw &object; }) == 4);
  CHECK(caught_by([] { throw left(); }) == 5);
  CHECK(caught_by([] { throw 1u; }) == 5);
  CHECK(caught_by([] {}) == 0);
}

struct member
{
  explicit member(bool fails)
  {
    if (fails)
      throw std::runtime_error("member");
  }
};

struct whole
{
  counted first;
  member second;
  explicit whole(bool fails)
  try : second(fails)
  {
  }
  catch (const std::runtime_error &error)
  {
    throw std::logic_error(std::string("whole: ") + error.what());
  }
};

static void test_constructors()
{
  try
  {
    std::unique_ptr<whole> object(new whole(true));
    CHECK(false);
  }
  catch (const std::logic_error &error)
  {
    CHECK(std::string(error.what()) == "whole: member");
  }
  CHECK(alive == 0);
  {
    whole object(false);
    CHECK(alive == 1);
  }
  // Elements that are there already are destroyed.
  struct third
  {
    counted count;
    third()
    {
      if (alive == 3)
        throw 3;
    }
  };
  bool caught = false;
  try
  {
    third objects[5];
  }
  catch (int)
  {
    caught = true;
  }
  CHECK(caught && alive == 0);
}

static void test_rethrow()
{
  int handled = 0;
  try
  {
    try
    {
      throw std::runtime_error("once");
    }
    catch (std::exception &)
    {
      handled++;
      throw;
    }
  }
  catch (const std::runtime_error &error)
  {
    handled++;
    CHECK(std::string(error.what()) == "once");
  }
  CHECK(handled == 2);

  // One is handled while another comes and goes.
  try
  {
    throw 1;
  }
  catch (int outer)
  {
    try
    {
      throw 2;
    }
    catch (int inner)
    {
      CHECK(inner == 2 && outer == 1);
    }
    try
    {
      throw;
    }
    catch (int again)
    {
      CHECK(again == 1);
    }
  }
  CHECK(std::current_exception() == nullptr);
}

static void test_nested()
{
  try
  {
    try
    {
      throw std::runtime_error("inner");
    }
    catch (...)
    {
      std::throw_with_nested(std::logic_error("outer"));
    }
  }
  catch (const std::logic_error &outer)
  {
    std::string inner;
    try
    {
      std::rethrow_if_nested(outer);
    }
    catch (const std::runtime_error &error)
    {
      inner = error.what();
    }
    CHECK(inner == "inner");
  }

  struct watcher
  {
    int &seen;
    ~watcher()
    {
      seen = std::uncaught_exceptions();
    }
  };
  int seen = -1;
  try
  {
    watcher here{seen};
    throw 1;
  }
  catch (int)
  {
  }
  CHECK(seen == 1 && std::uncaught_exceptions() == 0);
}

static void test_pointers()
{
  std::exception_ptr from_thread;
  std::thread thread(
      [&]
      {
        try
        {
          throw std::system_error(EDOM, std::generic_category(), "thread");
        }
        catch (...)
        {
          from_thread = std::current_exception();
        }
      });
  thread.join();
  for (int i = 0; i < 2; i++)
  {
    try
    {
      std::rethrow_exception(from_thread);
    }
    catch (const std::system_error &error)
    {
      CHECK(error.code() == std::errc::argument_out_of_domain);
      CHECK(std::string(error.what()) == std::string("thread: ") + strerror(EDOM));
    }
  }
  bool caught = false;
  try
  {
    std::rethrow_exception(std::make_exception_ptr(42));
  }
  catch (int value)
  {
    caught = value == 42;
  }
  CHECK(caught);
}

// C functions of the library between the throw and the handler.
static int compare(const void *, const void *)
{
  throw std::runtime_error("compare");
}

static void test_c_code()
{
  int numbers[] = {3, 1, 2};
  for (int way = 0; way < 2; way++)
  {
    std::string message;
    try
    {
      counted here;
      if (way == 0)
        qsort(numbers, 3, sizeof(int), compare);
      else
        (void) bsearch(numbers, numbers, 3, sizeof(int), compare);
    }
    catch (const std::exception &error)
    {
      message = error.what();
    }
    CHECK(message == "compare" && alive == 0);
  }
}

static void test_threads()
{
  std::vector<std::thread> threads;
  std::vector<int> caught(8);
  for (int i = 0; i < 8; i++)
  {
    threads.emplace_back(
        [&caught, i]
        {
          for (int round = 0; round < 200; round++)
          {
            try
            {
              std::string mine(20 + i, 'x');
              if (round % 2 != 0)
                throw std::runtime_error(mine);
              throw round;
            }
            catch (const std::runtime_error &error)
            {
              caught[i] += std::string(error.what()).size() == size_t(20 + i);
            }
            catch (int thrown)
            {
              caught[i] += thrown == round;
            }
          }
        });
  }
  for (auto &thread : threads)
    thread.join();
  for (int count : caught)
    CHECK(count == 200);
}

int main()
{
  test_frames();
  test_handlers();
  test_constructors();
  test_rethrow();
  test_nested();
  test_pointers();
  test_c_code();
  test_threads();
  return check_finish();
}
