// operator new and delete: aligned, sized, of the program's own, the handler for lack of memory.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../guest/check.h"

static size_t taken, given_back, aligned;

void *operator new(size_t size)
{
  taken++;
  if (void *block = malloc(size))
    return block;
  throw std::bad_alloc();
}

void *operator new(size_t size, std::align_val_t alignment)
{
  aligned++;
  if (void *block = aligned_alloc(size_t(alignment), size))
    return block;
  throw std::bad_alloc();
}

void operator delete(void *block) noexcept
{
  given_back++;
  free(block);
}

void operator delete(void *block, size_t) noexcept
{
  operator delete(block);
}

void operator delete(void *block, std::align_val_t) noexcept
{
  free(block);
}

void operator delete(void *block, size_t, std::align_val_t) noexcept
{
  free(block);
}

struct alignas(256) wide
{
  char bytes[256];
};

int main()
{
  taken = given_back = 0;
  {
    std::vector<std::string> strings(10, std::string(100, 'x'));
    int *array = new int[10];
    delete[] array;
    delete new (std::nothrow) int;
  }
  // The ones for arrays and those that do not throw call this one.
  CHECK(taken >= 14 && taken == given_back);
  {
    const auto one = std::make_unique<wide>();
    const std::unique_ptr<wide[]> some(new wide[3]);
    CHECK(aligned == 2 && uintptr_t(one.get()) % 256 == 0 && uintptr_t(some.get()) % 256 == 0);
  }
  return check_finish();
}
