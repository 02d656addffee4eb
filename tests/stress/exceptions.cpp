// Stress test: eight threads throw, catch, rethrow and pass on exceptions, through C code too,
// while thread-local objects come and go with short-lived threads.
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "stress.h"

static constexpr int THREADS = 8;

static thread_local int alive;

struct counted
{
  counted()
  {
    alive++;
  }
  counted(const counted &) = delete;
  ~counted()
  {
    alive--;
  }
};

struct odd_error : std::runtime_error
{
  uint64_t value;
  explicit odd_error(uint64_t value) : std::runtime_error(std::to_string(value)), value(value)
  {
  }
};

static thread_local struct
{
  struct random *numbers;
  uint64_t thrown;
} current;

static int compare(const void *, const void *)
{
  if (random_below(current.numbers, 8) != 0)
    return 0;
  throw odd_error(current.thrown);
}

// Throws in the end, at a random depth: an object, a number, a pointer to text, or by qsort().
static void descend(uint64_t depth)
{
  counted here;
  auto on_heap = std::make_unique<counted>();
  if (depth != 0)
  {
    try
    {
      descend(depth - 1);
    }
    catch (const odd_error &error)
    {
      if (error.value % 4 == 0)
        std::throw_with_nested(odd_error(error.value + 1));
      throw;
    }
    return;
  }
  int numbers[20] = {};
  switch (current.thrown % 4)
  {
  case 0:
    throw odd_error(current.thrown);
  case 1:
    throw current.thrown;
  case 2:
    throw "text";
  default:
    for (;;)
      qsort(numbers, 20, sizeof(int), compare);
  }
}

// Whether what was thrown comes out as it should.
static bool one_throw(struct random *numbers)
{
  current = {numbers, random_below(numbers, 1000000)};
  const uint64_t way = current.thrown % 4;
  bool good = false;
  try
  {
    descend(random_below(numbers, 30));
  }
  catch (const odd_error &error)
  {
    // A nested one is of another number than its origin.
    const std::nested_exception *nested = dynamic_cast<const std::nested_exception *>(&error);
    good = way == 0 || way == 3;
    good = good && error.value == current.thrown + (nested != nullptr ? 1 : 0);
    good = good && error.what() == std::to_string(error.value);
  }
  catch (uint64_t value)
  {
    good = way == 1 && value == current.thrown;
  }
  catch (const char *text)
  {
    good = way == 2 && text == std::string("text");
  }
  return good && alive == 0 && std::uncaught_exceptions() == 0;
}

static thread_local std::string own = "own";

// An exception of one thread is thrown again in this one.
static bool one_pass(uint64_t value)
{
  std::exception_ptr passed;
  bool good = false;
  std::thread(
      [&]
      {
        own += std::to_string(value);
        try
        {
          throw odd_error(value);
        }
        catch (...)
        {
          passed = std::current_exception();
        }
        good = own.size() > 3;
      })
      .join();
  try
  {
    std::rethrow_exception(passed);
  }
  catch (const odd_error &error)
  {
    return good && error.value == value;
  }
  return false;
}

static void round_of(uint64_t stream, uint64_t *failed)
{
  struct random numbers = random_begin(stream);
  for (unsigned int i = 0; i < stress_size; i++)
  {
    *failed += !one_throw(&numbers);
    if (i % 16 == 0)
      *failed += !one_pass(random_below(&numbers, 1000));
  }
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, 300);
  uint64_t stream = 0;
  do
  {
    std::vector<std::thread> threads;
    std::vector<uint64_t> failed(THREADS);
    for (uint64_t &count : failed)
      threads.emplace_back(round_of, stream++, &count);
    for (std::thread &thread : threads)
      thread.join();
    for (uint64_t count : failed)
      CHECK(count == 0);
  } while (stress_goes_on());
  return stress_finish();
}
