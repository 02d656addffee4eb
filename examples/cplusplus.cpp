// C++: words are counted by a pool of threads, with futures, exceptions, ranges and chrono.
//
//   uhyve-c++ -std=c++20 -O2 cplusplus.cpp -o cplusplus && uhyve -c auto cplusplus
#include <algorithm>
#include <chrono>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <ranges>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using counts = std::map<std::string, int>;

static const std::vector<std::string> chapters{
    "The tide rises, the tide falls, the twilight darkens, the curlew calls;",
    "Along the sea-sands damp and brown the traveller hastens toward the town,",
    "and the tide rises, the tide falls. Darkness settles on roofs and walls,",
    "",
    "but the sea, the sea in the darkness calls; the little waves, with their soft, white hands,",
    "efface the footprints in the sands, and the tide rises, the tide falls.",
};

static counts count_words(const std::string &text)
{
  static const std::regex word("[A-Za-z]+");
  if (text.empty())
    throw std::invalid_argument("nothing to read");
  counts result;
  for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it)
  {
    std::string lower = it->str();
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    result[lower]++;
  }
  return result;
}

int main()
{
  using namespace std::chrono;
  const auto begin = steady_clock::now();

  // Each chapter in a thread of its own: what one throws comes out of its future.
  std::vector<std::future<counts>> parts;
  for (const std::string &chapter : chapters)
    parts.push_back(std::async(std::launch::async, count_words, std::cref(chapter)));

  counts all;
  for (size_t i = 0; i < parts.size(); i++)
  {
    try
    {
      for (const auto &[word, count] : parts[i].get())
        all[word] += count;
    }
    catch (const std::exception &error)
    {
      std::cout << "chapter " << i + 1 << ": " << error.what() << '\n';
    }
  }

  std::vector<std::pair<std::string, int>> sorted(all.begin(), all.end());
  std::ranges::stable_sort(sorted, std::greater(), &std::pair<std::string, int>::second);
  for (const auto &[word, count] : sorted | std::views::take(5))
    std::cout << std::setw(10) << word << std::setw(4) << count << ' ' << std::string(count, '#')
              << '\n';

  const duration<double, std::milli> took = steady_clock::now() - begin;
  std::cout << all.size() << " words by " << parts.size() << " threads on "
            << std::thread::hardware_concurrency() << " CPUs in " << std::fixed
            << std::setprecision(1) << took.count() << " ms\n";
}
