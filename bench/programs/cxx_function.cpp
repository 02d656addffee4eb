// Calls through std::function of a lambda that has captured a variable.
#include <cstdint>
#include <functional>

#include "measure.h"

namespace
{

constexpr std::uint64_t calls = 20000000;
volatile std::uint64_t sink;

[[gnu::noinline]] void call_all(const std::function<std::uint64_t(std::uint64_t)> &function)
{
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < calls; i++)
    value = function(value);
  sink = value;
}

void run()
{
  std::uint64_t added = sink + 3;
  call_all([added](std::uint64_t value) { return value * 5 + added; });
}

} // namespace

int main()
{
  measure_rounds("cxx_function", run, calls);
  return 0;
}
