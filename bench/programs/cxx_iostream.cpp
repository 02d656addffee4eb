// A line of text, integers, hexadecimal and floating-point numbers is formatted by a stream.
#include <iomanip>
#include <sstream>
#include <string>

#include "measure.h"

namespace
{

constexpr int lines = 20000;
volatile std::size_t sink;

void run()
{
  std::ostringstream stream;
  std::size_t length = 0;
  for (int i = 0; i < lines; i++)
  {
    stream.str(std::string());
    stream << "line " << i << ": " << std::hex << std::setw(8) << std::setfill('0')
           << i * 2654435761u << std::dec << ' ' << std::fixed << std::setprecision(6) << i * 0.37
           << ' ' << std::scientific << i * 1e-9 << ' ' << std::string("text") << '\n';
    length += stream.str().size();
  }
  sink = length;
}

} // namespace

int main()
{
  measure_rounds("cxx_iostream", run, lines);
  return 0;
}
