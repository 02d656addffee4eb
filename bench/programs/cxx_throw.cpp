// An exception is thrown through four frames, one of which has a destructor to run, and caught.
#include <stdexcept>

#include "measure.h"

namespace
{

constexpr int throws = 20000;
volatile int caught;
volatile int destroyed;

struct guard
{
  guard() = default;
  guard(const guard &) = delete;
  guard &operator=(const guard &) = delete;
  ~guard()
  {
    destroyed = destroyed + 1;
  }
};

[[gnu::noinline]] void fail(int depth)
{
  if (depth == 0)
    throw std::runtime_error("thrown");
  if (depth == 2)
  {
    guard on_the_way;
    fail(depth - 1);
    return;
  }
  fail(depth - 1);
  __asm__ volatile("" : : : "memory"); // no tail call
}

void run()
{
  for (int i = 0; i < throws; i++)
  {
    try
    {
      fail(3);
    }
    catch (const std::exception &)
    {
      caught = caught + 1;
    }
  }
}

} // namespace

int main()
{
  measure_rounds("cxx_throw", run, throws);
  measure_check(caught == throws * (MEASURE_ROUNDS + 1) && destroyed == caught, "catching all");
  return 0;
}
