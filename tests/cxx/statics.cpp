// Static variables: the order in which they are made and destroyed, among functions for exit().
#include <cstdio>
#include <cstdlib>
#include <thread>

struct noted
{
  const char *name;
  explicit noted(const char *name) : name(name)
  {
    printf("+%s\n", name);
  }
  ~noted()
  {
    printf("-%s\n", name);
  }
};

static noted last("third");
__attribute__((init_priority(500))) static noted early("first");
inline noted shared("fourth");
__attribute__((init_priority(1000))) static noted second("second");
__attribute__((constructor(300))) static void constructor()
{
  printf("constructor\n");
}
__attribute__((destructor(300))) static void destructor()
{
  printf("destructor\n");
}

static noted &on_first_use()
{
  static noted one("on first use");
  return one;
}

// Joins a thread at the end, which makes a static variable of its own meanwhile.
struct joining
{
  ~joining()
  {
    std::thread([] { static noted from_thread("made at the end"); }).join();
  }
};

int main()
{
  printf("main\n");
  atexit([] { printf("exit function 1\n"); });
  static joining pool;
  on_first_use();
  atexit(
      []
      {
        printf("exit function 2\n");
        atexit([] { printf("exit function of an exit function\n"); });
      });
  static noted local("local");
  exit(7);
}
