// Exceptions that the library throws, of each kind, and for lack of memory, until there is none
// left.
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <variant>
#include <vector>

#include "../guest/check.h"

struct base
{
  virtual ~base() = default;
};
struct derived : base
{
};
struct other : base
{
};

template <typename exception> static bool throws(const std::function<void()> &what)
{
  try
  {
    what();
  }
  catch (const exception &)
  {
    return true;
  }
  return false;
}

static void test_library()
{
  CHECK(throws<std::out_of_range>([] { (void) std::vector<int>(3).at(3); }));
  CHECK(throws<std::length_error>([] { std::string().resize(std::string().max_size() + 1); }));
  CHECK(throws<std::invalid_argument>([] { (void) std::stoi("x"); }));
  CHECK(throws<std::out_of_range>([] { (void) std::stoi("99999999999"); }));
  CHECK(throws<std::bad_function_call>([] { std::function<void()>()(); }));
  CHECK(throws<std::bad_variant_access>([] { (void) std::get<0>(std::variant<int, char>('x')); }));
  CHECK(throws<std::bad_cast>(
      []
      {
        derived object;
        base &reference = object;
        (void) dynamic_cast<other &>(reference);
      }));
  CHECK(throws<std::bad_typeid>(
      []
      {
        base *volatile none = nullptr;
        (void) typeid(*none).name();
      }));
  volatile size_t huge = SIZE_MAX / 2, too_many = SIZE_MAX / 4;
  CHECK(throws<std::bad_alloc>([&] { (void) *static_cast<char *volatile *>(operator new(huge)); }));
  CHECK(throws<std::bad_array_new_length>([&] { delete[] new long long[too_many]; }));
  CHECK(new (std::nothrow) char[huge] == nullptr);
}

// Until there is no memory at all: what is thrown then needs some too.
static void test_no_memory()
{
  std::vector<std::unique_ptr<char[]>> blocks;
  blocks.reserve(1 << 20);
  bool caught = false;
  try
  {
    for (size_t size = 16 << 20;; size = size > 64 ? size / 2 : size)
    {
      while (char *block = new (std::nothrow) char[size])
        blocks.emplace_back(block);
      if (size <= 64)
        break;
    }
    blocks.emplace_back(new char[1 << 16]);
  }
  catch (const std::bad_alloc &)
  {
    caught = true;
  }
  blocks.clear();
  CHECK(caught);
  CHECK(new (std::nothrow) char[1 << 20] != nullptr);
}

int main(int argc, char **)
{
  test_library();
  // On Linux that takes the memory of the whole machine.
  if (argc == 1)
    test_no_memory();
  return check_finish();
}
