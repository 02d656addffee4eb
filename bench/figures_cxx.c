/* Figures of C++. */
#include "program.h"
#include "topics.h"

static const struct program programs[] = {
    {.file = "cxx_throw",
     .what = "an exception thrown through four frames and caught",
     .rows = {{"cxx_throw", "ns", 0}}},
    {.file = "cxx_function",
     .what = "a call through std::function",
     .rows = {{"cxx_function", "ns", 2}}},
    {.file = "cxx_iostream",
     .what = "a line of five values formatted by std::ostringstream",
     .rows = {{"cxx_iostream", "ns", 0}}},
};

int figures_cxx(struct run *run)
{
  return program_measure_all(run, programs, sizeof(programs) / sizeof(programs[0]));
}
