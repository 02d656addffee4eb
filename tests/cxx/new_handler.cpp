// The library's own operator new asks the handler for memory, and gives up when there is none.
#include <cstdint>
#include <memory>
#include <new>

#include "../guest/check.h"

static int asked;

int main()
{
  volatile size_t huge = SIZE_MAX / 4;
  std::set_new_handler(
      []
      {
        if (++asked == 3)
          std::set_new_handler(nullptr);
      });
  bool caught = false;
  try
  {
    delete[] new char[huge];
  }
  catch (const std::bad_alloc &)
  {
    caught = true;
  }
  CHECK(caught && asked == 3);
  for (size_t alignment = 16; alignment <= 1 << 20; alignment *= 2)
  {
    void *block = operator new(100, std::align_val_t(alignment));
    CHECK(uintptr_t(block) % alignment == 0);
    operator delete(block, std::align_val_t(alignment));
  }
  return check_finish();
}
