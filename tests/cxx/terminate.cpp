// Programs that end by std::terminate(), in the way that the argument names.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

namespace shop
{
struct order
{
  void __attribute__((noinline)) refuse(int number) const
  {
    throw std::runtime_error("order " + std::to_string(number));
  }
};

static void __attribute__((noinline)) no_exceptions_here(const order &one) noexcept
{
  one.refuse(2);
}
} // namespace shop

struct bad_destructor
{
  ~bad_destructor()
  {
    shop::order().refuse(5);
  }
};

static void end_by(const char *way)
{
  shop::order one;
  if (strcmp(way, "uncaught") == 0)
    one.refuse(1);
  if (strcmp(way, "noexcept") == 0)
    no_exceptions_here(one);
  if (strcmp(way, "number") == 0)
    throw 17;
  if (strcmp(way, "destructor") == 0)
    bad_destructor here;
  if (strcmp(way, "rethrow") == 0)
    throw;
  if (strcmp(way, "thread") == 0)
    std::thread([&] { one.refuse(3); }).join();
  if (strcmp(way, "joinable") == 0)
  {
    std::thread joinable([] {});
  }
  if (strcmp(way, "handler") == 0)
  {
    std::set_terminate(
        []
        {
          puts("handler");
          exit(3);
        });
    one.refuse(4);
  }
}

int main(int argc, char **argv)
{
  puts(argc > 1 ? argv[1] : "");
  if (argc > 1)
    end_by(argv[1]);
  return 0;
}
