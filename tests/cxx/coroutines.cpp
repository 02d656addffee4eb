// Coroutines: a generator, tasks that resume each other, exceptions out of them, change of threads.
#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "../guest/check.h"

static int alive;

struct counted
{
  counted()
  {
    alive++;
  }
  ~counted()
  {
    alive--;
  }
};

struct generator
{
  struct promise_type
  {
    int current = 0;
    std::exception_ptr error;
    generator get_return_object()
    {
      return generator(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept
    {
      return {};
    }
    std::suspend_always final_suspend() noexcept
    {
      return {};
    }
    std::suspend_always yield_value(int value)
    {
      current = value;
      return {};
    }
    void return_void()
    {
    }
    void unhandled_exception()
    {
      error = std::current_exception();
    }
  };

  std::coroutine_handle<promise_type> handle;
  explicit generator(std::coroutine_handle<promise_type> handle) : handle(handle)
  {
  }
  generator(generator &&other) noexcept : handle(std::exchange(other.handle, {}))
  {
  }
  ~generator()
  {
    if (handle)
      handle.destroy();
  }
  std::optional<int> next()
  {
    handle.resume();
    if (handle.promise().error)
      std::rethrow_exception(handle.promise().error);
    return handle.done() ? std::nullopt : std::optional(handle.promise().current);
  }
};

static generator squares(int count)
{
  counted here;
  for (int i = 0; i < count; i++)
    co_yield i *i;
}

static generator fails()
{
  counted here;
  co_yield 1;
  throw std::runtime_error("in a coroutine");
}

static void test_generators()
{
  std::vector<int> seen;
  {
    generator numbers = squares(4);
    while (auto number = numbers.next())
      seen.push_back(*number);
  }
  CHECK((seen == std::vector<int>{0, 1, 4, 9}) && alive == 0);
  {
    generator unfinished = squares(100);
    CHECK(unfinished.next() == 0 && unfinished.next() == 1 && alive == 1);
  }
  CHECK(alive == 0);
  generator failing = fails();
  CHECK(failing.next() == 1);
  bool caught = false;
  try
  {
    failing.next();
  }
  catch (const std::runtime_error &)
  {
    caught = true;
  }
  CHECK(caught && alive == 0);
}

// Each task resumes who waits for it: a long chain must not use up the stack.
struct task
{
  struct promise_type
  {
    int result = 0;
    std::coroutine_handle<> waiter = std::noop_coroutine();
    task get_return_object()
    {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept
    {
      return {};
    }
    struct resume_waiter
    {
      bool await_ready() noexcept
      {
        return false;
      }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept
      {
        return ended.promise().waiter;
      }
      void await_resume() noexcept
      {
      }
    };
    resume_waiter final_suspend() noexcept
    {
      return {};
    }
    void return_value(int value)
    {
      result = value;
    }
    void unhandled_exception()
    {
      std::terminate();
    }
  };
  std::coroutine_handle<promise_type> handle;
  bool await_ready()
  {
    return false;
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter)
  {
    handle.promise().waiter = waiter;
    return handle;
  }
  int await_resume()
  {
    const int result = handle.promise().result;
    handle.destroy();
    return result;
  }
};

static task one()
{
  co_return 1;
}

static task sum(int count)
{
  int total = 0;
  for (int i = 0; i < count; i++)
    total += co_await one();
  co_return total;
}

static void test_tasks()
{
  task all = sum(100000);
  all.handle.resume();
  CHECK(all.handle.done() && all.await_resume() == 100000);
}

static void test_threads()
{
  generator numbers = squares(8);
  std::vector<int> seen;
  for (int i = 0; i < 8; i++)
    std::thread([&] { seen.push_back(*numbers.next()); }).join();
  CHECK(seen.back() == 49);
}

int main()
{
  test_generators();
  test_tasks();
  test_threads();
  return check_finish();
}
