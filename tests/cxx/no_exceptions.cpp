// -fno-exceptions -fno-rtti -fno-threadsafe-statics: small programs.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

struct shape
{
  virtual ~shape() = default;
  virtual int area() const = 0;
};

struct square : shape
{
  int side;
  explicit square(int side) : side(side)
  {
  }
  int area() const override
  {
    return side * side;
  }
};

int main()
{
  std::vector<std::unique_ptr<shape>> shapes;
  for (int i : {3, 1, 2})
    shapes.push_back(std::make_unique<square>(i));
  std::sort(shapes.begin(), shapes.end(),
            [](const auto &a, const auto &b) { return a->area() < b->area(); });
  static std::string text = "areas:";
  for (const auto &one : shapes)
    text += ' ' + std::to_string(one->area());
  puts(text.c_str());
}
