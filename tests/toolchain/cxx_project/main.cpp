// A C function is called in a thread.
#include <iostream>
#include <thread>

extern "C"
{
#include "greeting.h"
}

int main()
{
  std::thread([] { std::cout << "from C++: " << greeting(49) << '\n'; }).join();
}
