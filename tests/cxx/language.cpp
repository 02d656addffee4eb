// Run-time parts of the language: types at run time, virtual bases, pointers to members, guards.
#include <cxxabi.h>
#include <unwind.h>

#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>

#include "../guest/check.h"

struct shape
{
  virtual ~shape() = default;
  virtual int corners() const
  {
    return 0;
  }
};
struct named
{
  std::string name = "none";
  virtual ~named() = default;
};
struct square : shape, virtual named
{
  int corners() const override
  {
    return 4;
  }
};
struct special : square
{
  int corners() const final
  {
    return square::corners() + 1;
  }
};
namespace
{
template <typename type> struct wrapper : shape
{
};
} // namespace

static std::string demangled(const std::type_info &type)
{
  int status = -1;
  const std::unique_ptr<char, void (*)(void *)> text(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), free);
  return status == 0 ? text.get() : "";
}

static void test_types()
{
  special object;
  shape &reference = object;
  CHECK(reference.corners() == 5 && reference.shape::corners() == 0);
  CHECK(typeid(reference) == typeid(special) && typeid(reference) != typeid(shape));
  CHECK(dynamic_cast<square *>(&reference) == &object);
  CHECK(dynamic_cast<named *>(&reference) == static_cast<named *>(&object)); // across
  named *other = &object;
  CHECK(dynamic_cast<shape *>(other) == &reference && dynamic_cast<void *>(other) == &object);
  wrapper<int> foreign;
  shape *volatile not_square = &foreign;
  CHECK(dynamic_cast<square *>(not_square) == nullptr);
  CHECK(demangled(typeid(wrapper<std::string>)).find("wrapper<std::") != std::string::npos);
  CHECK(demangled(typeid(object)) == "special");
  std::unordered_map<std::type_index, int> by_type{{typeid(int), 1}, {typeid(special), 2}};
  CHECK(by_type[typeid(reference)] == 2);
}

static void test_members()
{
  int (shape::*function)() const = &shape::corners;
  std::string named::*variable = &named::name;
  square object;
  CHECK((object.*function)() == 4 && object.*variable == "none");
  auto closure = [count = 0]() mutable { return ++count; };
  CHECK(closure() == 1 && closure() == 2);
}

static int fails_first()
{
  static int tries = 0;
  if (++tries < 3)
    throw tries;
  return tries;
}

// An initialisation that throws is tried again at the next call.
static int guarded()
{
  static int value = fails_first();
  return value;
}

static void test_guards()
{
  int thrown = 0;
  for (int i = 0; i < 2; i++)
  {
    try
    {
      guarded();
    }
    catch (int which)
    {
      thrown += which;
    }
  }
  CHECK(thrown == 3 && guarded() == 3 && guarded() == 3);
}

// From here to main() and on to what called it.
static void __attribute__((noinline)) test_backtrace()
{
  static int frames;
  _Unwind_Backtrace(
      [](_Unwind_Context *context, void *)
      {
        frames += _Unwind_GetIP(context) != 0;
        return _URC_NO_REASON;
      },
      nullptr);
  CHECK(frames >= 3 && frames < 20);
}

int main()
{
  test_types();
  test_members();
  test_guards();
  test_backtrace();
  return check_finish();
}
