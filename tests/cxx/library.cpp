// A tour of the library: what needs no other of the test programs, each part with a few checks.
#include <algorithm>
#include <any>
#include <bit>
#include <bitset>
#include <charconv>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <numbers>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <regex>
#include <set>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

#include <unordered_map>
#include <valarray>
#include <variant>
#include <vector>

#include "../guest/check.h"

using namespace std::literals;

static void test_regex()
{
  std::smatch match;
  const std::string text = "Mail to ann@example.org, bob@example.com";
  CHECK(std::regex_search(text, match, std::regex(R"((\w+)@(\w+)\.(\w+))")));
  CHECK(match[1] == "ann" && match[3] == "org");
  CHECK(std::regex_replace(text, std::regex("@[a-z.]+"), "") == "Mail to ann, bob");
  CHECK(std::regex_match("a \tb", std::regex("a[[:blank:]]+b")) &&
        !std::regex_match("a\nb", std::regex("a[[:blank:]]b")));
  const std::regex words("[[:alpha:]]+", std::regex::icase | std::regex::extended);
  CHECK(std::distance(std::sregex_iterator(text.begin(), text.end(), words), {}) == 8);
  bool refused = false;
  try
  {
    std::regex wrong("(");
  }
  catch (const std::regex_error &error)
  {
    refused = error.code() == std::regex_constants::error_paren;
  }
  CHECK(refused);
}

static void test_chrono()
{
  using namespace std::chrono;
  const auto begin = steady_clock::now();
  const auto real = system_clock::now();
  CHECK(steady_clock::now() >= begin && real > sys_days(2020y / 1 / 1));
  CHECK(duration_cast<minutes>(3h + 90s).count() == 181 && ceil<seconds>(1ms) == 1s);
  const year_month_day leap = 2024y / February / last;
  CHECK(unsigned(leap.day()) == 29 && weekday(sys_days(leap)) == Thursday);
  CHECK(sys_days(1970y / 1 / 2).time_since_epoch() == days(1));
  const time_t now = system_clock::to_time_t(real);
  CHECK(llabs((long long) now - (long long) time(nullptr)) <= 1);
}

static void test_random()
{
  std::mt19937 twister;
  twister.discard(9999);
  CHECK(twister() == 4123659995u);
  std::mt19937_64 wide;
  wide.discard(9999);
  CHECK(wide() == 9981545732273789042ull);
  std::random_device device;
  std::set<unsigned> numbers;
  for (int i = 0; i < 100; i++)
    numbers.insert(device());
  CHECK(numbers.size() > 95 && device.entropy() > 0);
  std::default_random_engine engine(device());
  std::normal_distribution<> normal(10, 2);
  double sum = 0;
  for (int i = 0; i < 10000; i++)
    sum += normal(engine);
  CHECK(std::abs(sum / 10000 - 10) < 0.2);
}

static void test_charconv()
{
  char buffer[64];
  const auto text = [&](auto... values)
  {
    return std::string_view(buffer,
                            std::to_chars(buffer, buffer + sizeof(buffer), values...).ptr - buffer);
  };
  CHECK(text(-123) == "-123" && text(255, 16) == "ff" && text(0.1) == "0.1");
  CHECK(text(1e23) == "1e+23" && text(2.0f / 3) == "0.6666667");
  CHECK(text(3.14159, std::chars_format::fixed, 2) == "3.14");
  CHECK(text(1.0L / 3).starts_with("0.33333333333333333334"));
  double value = 0;
  long double longer = 0;
  CHECK(std::from_chars("2.5e3x", "2.5e3x" + 6, value).ec == std::errc() && value == 2500);
  CHECK(std::from_chars("0.1", "0.1" + 3, longer).ec == std::errc() && longer == 0.1L);
  int number = 7;
  CHECK(std::from_chars("99999999999", "99999999999" + 11, number).ec ==
        std::errc::result_out_of_range);
  CHECK(std::from_chars("x", "x" + 1, number).ec == std::errc::invalid_argument && number == 7);
}

static void test_ranges()
{
  const auto even = [](int i) { return i % 2 == 0; };
  const auto square = [](int i) { return i * i; };
  int sum = 0;
  for (int i : std::views::iota(1, 10) | std::views::filter(even) | std::views::transform(square))
    sum += i;
  CHECK(sum == 4 + 16 + 36 + 64);
  std::vector<std::string> names{"pear", "fig", "apple"};
  std::ranges::sort(names, {}, &std::string::size);
  CHECK(names.front() == "fig" && names.back() == "apple");
  std::span<std::string> last(names.data() + 1, 2);
  CHECK(last.size() == 2 && last[0] == "pear" &&
        std::as_bytes(last).size() == 2 * sizeof(std::string));
  std::string joined;
  for (auto part : "a,b,c"sv | std::views::split(','))
    joined += std::string_view(part.begin(), part.end());
  CHECK(joined == "abc");
  CHECK(std::source_location::current().line() == __LINE__);
}

static void test_memory()
{
  char space[512];
  std::pmr::monotonic_buffer_resource small(space, sizeof(space), std::pmr::null_memory_resource());
  std::pmr::vector<int> numbers(&small);
  numbers.assign(50, 1);
  CHECK((char *) numbers.data() >= space && (char *) numbers.data() < space + sizeof(space));
  bool full = false;
  try
  {
    numbers.assign(500, 1);
  }
  catch (const std::bad_alloc &)
  {
    full = true;
  }
  CHECK(full);
  std::pmr::synchronized_pool_resource pool;
  std::pmr::map<std::pmr::string, int> map(&pool);
  for (int i = 0; i < 1000; i++)
    map[std::pmr::string(std::to_string(i) + " with a long tail", &pool)] = i;
  CHECK(map.size() == 1000);

  struct alignas(128) wide
  {
    char bytes[128];
  };
  const auto one = std::make_unique<wide>();
  const auto several = std::make_shared<wide[]>(3);
  CHECK((uintptr_t) one.get() % 128 == 0 && (uintptr_t) several.get() % 128 == 0);
  std::weak_ptr<wide[]> weak = several;
  CHECK(weak.use_count() == 1 && weak.lock() == several);
}

static void test_functions()
{
  int captured = 5;
  std::function<int(int)> add = [=, big = std::vector<int>(100, 1)](int i)
  { return captured + i + int(big.size()); };
  const std::function<int(int)> copy = add;
  CHECK(add(1) == 106 && copy(2) == 107 && add.target_type() != typeid(void));
  CHECK(std::bind_front(std::plus<>(), 40)(2) == 42);
  CHECK(std::invoke(&std::string::size, std::string("four")) == 4);
  std::any any = std::string("text");
  CHECK(std::any_cast<std::string &>(any) == "text" && std::any_cast<int>(&any) == nullptr);
  std::optional<int> maybe;
  CHECK(maybe.value_or(3) == 3 && !maybe);
  std::variant<int, std::string> either = "chars";
  CHECK(std::visit([](const auto &value) { return sizeof(value); }, either) == sizeof(std::string));
}

static void test_numbers()
{
  using namespace std::complex_literals;
  const std::complex<double> z = std::exp(1i * std::numbers::pi);
  CHECK(std::abs(z + 1.0) < 1e-15 && std::abs(std::sqrt(-4.0 + 0i) - 2i) < 1e-15);
  CHECK(std::abs(std::cos(std::complex<long double>(1, 2)) -
                 std::complex<long double>(2.03272300701966552943634344849951426L,
                                           -3.05189779915180005751211568689510545L)) < 1e-17L);
  CHECK(std::abs(std::pow(std::complex<float>(0, 1), 2.0f) + 1.0f) < 1e-6f);
  CHECK(std::gcd(12, 18) == 6 && std::midpoint(1, 4) == 2 && std::lerp(0.0, 10.0, 0.25) == 2.5);
  CHECK(std::popcount(255u) == 8 && std::bit_ceil(17u) == 32 &&
        std::bitset<8>("1010").count() == 2);
  CHECK(std::hypot(1.0, 2.0, 2.0) == 3 && std::beta(2.0, 3.0) > 0.083 &&
        std::riemann_zeta(2.0) > 1.64);
  std::valarray<double> numbers{1, 2, 3};
  CHECK((numbers * numbers).sum() == 14);
  std::unordered_map<std::string, int> counts;
  for (int i = 0; i < 1000; i++)
    counts[std::to_string(i % 10)]++;
  CHECK(counts.size() == 10 && counts["3"] == 100);
}

int main()
{
  test_regex();
  test_chrono();
  test_random();
  test_charconv();
  test_ranges();
  test_memory();
  test_functions();
  test_numbers();
  return check_finish();
}
