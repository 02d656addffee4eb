// iostreams: formatting, parsing, strings, wide characters, locales, standard streams.
#include <cfloat>
#include <clocale>
#include <codecvt>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "../guest/check.h"

template <typename value>
static std::string formatted(const value &what, std::ios_base::fmtflags flags = {},
                             int precision = 6, int width = 0)
{
  std::ostringstream stream;
  stream.flags(flags);
  stream << std::setprecision(precision) << std::setw(width) << std::setfill('.') << what;
  return stream.str();
}

static void test_numbers()
{
  using ios = std::ios_base;
  CHECK(formatted(42) == "42" && formatted(-42L, {}, 6, 8) == ".....-42");
  CHECK(formatted(255, ios::hex | ios::showbase) == "0xff");
  CHECK(formatted(255, ios::oct | ios::showbase) == "0377");
  CHECK(formatted(48879u, ios::hex | ios::uppercase) == "BEEF");
  CHECK(formatted(7, ios::showpos | ios::internal, 6, 6) == "+....7");
  CHECK(formatted(7, ios::left, 6, 4) == "7...");
  CHECK(formatted(std::numeric_limits<long long>::min()) == "-9223372036854775808");
  CHECK(formatted(true, ios::boolalpha) == "true" && formatted(false) == "0");
  CHECK(formatted(3.25) == "3.25" && formatted(1e100) == "1e+100" &&
        formatted(0.1, {}, 17) == "0.10000000000000001");
  CHECK(formatted(1.0 / 3, ios::fixed, 3) == "0.333" &&
        formatted(12345.678, ios::scientific, 2) == "1.23e+04");
  CHECK(formatted(1.0, ios::fixed | ios::scientific) == "0x1p+0");
  CHECK(formatted(2.0, ios::showpoint) == "2.00000");
  CHECK(formatted(1.0L / 3, {}, 21) == "0.333333333333333333342");
  CHECK(formatted(LDBL_MAX) == "1.18973e+4932");
  CHECK(formatted(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(formatted(-std::numeric_limits<double>::quiet_NaN()) == "-nan");
  CHECK(formatted((const void *) 0x1234) == "0x1234" && formatted('c') == "c");
}

static void test_parsing()
{
  std::istringstream stream("  12 0x1f 017 3.5e2 -inf word 1 true x");
  int decimal, any_hex, any_octal;
  double real;
  stream >> decimal >> std::setbase(0) >> any_hex >> any_octal >> std::dec >> real;
  CHECK(decimal == 12 && any_hex == 31 && any_octal == 15 && real == 350.0);
  stream >> real;
  CHECK(stream.fail());
  stream.clear();
  std::string word;
  bool number, name;
  stream >> word >> word >> number >> std::boolalpha >> name;
  CHECK(word == "word" && number && name && stream.good());
  CHECK(!(stream >> decimal) && decimal == 0);

  std::istringstream big("99999999999 1e999 65536");
  short small = 1;
  big >> decimal;
  CHECK(big.fail() && decimal == std::numeric_limits<int>::max());
  big.clear();
  big >> real;
  CHECK(big.fail() && real == DBL_MAX);
  big.clear();
  big >> small;
  CHECK(big.fail() && small == std::numeric_limits<short>::max());

  std::istringstream lines("one\n\nthree");
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);)
    all.push_back(line);
  CHECK(all == (std::vector<std::string>{"one", "", "three"}) && lines.eof());

  std::istringstream thrower("x");
  thrower.exceptions(std::ios_base::failbit);
  bool caught = false;
  try
  {
    thrower >> decimal;
  }
  catch (const std::ios_base::failure &error)
  {
    caught = error.code() == std::io_errc::stream;
  }
  CHECK(caught);
  // There and back.
  for (double value : {0.1, 1e-310, DBL_MAX, 5e-324, -2.5})
  {
    std::stringstream both;
    both << std::setprecision(17) << value;
    double back = 0;
    both >> back;
    CHECK(back == value || value < 1e-300); // denormals set failbit, as strtod's ERANGE
  }
}

static void test_wide()
{
  std::wostringstream stream;
  stream << L"wide " << 1.5 << L' ' << std::hex << 255 << L" \u20ac";
  CHECK(stream.str() == L"wide 1.5 ff \u20ac");
  std::wistringstream parse(L"12 x\u00e4");
  int number = 0;
  std::wstring word;
  parse >> number >> word;
  CHECK(number == 12 && word == L"x\u00e4");
  const auto &type = std::use_facet<std::ctype<wchar_t>>(std::locale::classic());
  CHECK(type.is(std::ctype_base::upper, L'A') && !type.is(std::ctype_base::upper, L'a'));
  CHECK(type.is(std::ctype_base::blank, L'\t') && !type.is(std::ctype_base::blank, L'\n'));
  CHECK(type.toupper(L'q') == L'Q' && type.narrow(L'z', '?') == 'z' && type.widen('b') == L'b');
  CHECK(std::to_wstring(-5) == L"-5" && std::stod(L"2.5") == 2.5);
}

static void test_classes()
{
  const std::locale &classic = std::locale::classic();
  for (int i = 0; i < 128; i++)
  {
    const char c = char(i);
    CHECK(std::isalpha(c, classic) == (isalpha(i) != 0) &&
          std::isdigit(c, classic) == (isdigit(i) != 0));
    CHECK(std::isspace(c, classic) == (isspace(i) != 0) &&
          std::isblank(c, classic) == (isblank(i) != 0));
    CHECK(std::isprint(c, classic) == (isprint(i) != 0) &&
          std::isgraph(c, classic) == (isgraph(i) != 0));
    CHECK(std::ispunct(c, classic) == (ispunct(i) != 0) &&
          std::iscntrl(c, classic) == (iscntrl(i) != 0));
    CHECK(std::isupper(c, classic) == (isupper(i) != 0) &&
          std::islower(c, classic) == (islower(i) != 0));
    CHECK(std::isxdigit(c, classic) == (isxdigit(i) != 0) &&
          std::isalnum(c, classic) == (isalnum(i) != 0));
    CHECK(std::toupper(c, classic) == toupper(i) && std::tolower(c, classic) == tolower(i));
  }
  CHECK(!std::isalpha('\xe4', classic) && !std::isprint('\xe4', classic));
}

struct dots : std::numpunct<char>
{
  char do_thousands_sep() const override
  {
    return '.';
  }
  char do_decimal_point() const override
  {
    return ',';
  }
  std::string do_grouping() const override
  {
    return "\3";
  }
};

static void test_locales()
{
  CHECK(std::locale().name() == "C");
  const std::locale german(std::locale::classic(), new dots);
  std::ostringstream stream;
  stream.imbue(german);
  stream << 1234567 << ' ' << std::fixed << std::setprecision(2) << 9876.5;
  CHECK(stream.str() == "1.234.567 9.876,50");
  std::istringstream parse("1.234,5");
  parse.imbue(german);
  double value = 0;
  parse >> value;
  CHECK(value == 1234.5);

  bool refused = false;
  try
  {
    std::locale none("no_SUCH.locale");
  }
  catch (const std::runtime_error &)
  {
    refused = true;
  }
  CHECK(refused);
  const std::locale utf8("C.UTF-8");
  const auto &codes = std::use_facet<std::codecvt<wchar_t, char, mbstate_t>>(utf8);
  const wchar_t wide[] = L"\u00e4\u20ac";
  char bytes[16];
  const wchar_t *from;
  char *to;
  mbstate_t state{};
  CHECK(codes.out(state, wide, wide + 2, from, bytes, bytes + sizeof(bytes), to) ==
        std::codecvt_base::ok);
  CHECK(std::string(bytes, to) == "\xc3\xa4\xe2\x82\xac");

  // The locale of one stream is not that of another thread's.
  bool good = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back(
        [&, i]
        {
          for (int round = 0; round < 300; round++)
          {
            std::ostringstream own;
            if (i % 2 != 0)
              own.imbue(german);
            own << 1.5;
            if (own.str() != (i % 2 != 0 ? "1,5" : "1.5"))
              good = false;
          }
        });
  for (auto &thread : threads)
    thread.join();
  CHECK(good && std::string(setlocale(LC_ALL, nullptr)) == "C");

  tm date{};
  date.tm_year = 126;
  date.tm_mon = 6;
  date.tm_mday = 4;
  date.tm_wday = 6;
  std::ostringstream written;
  written << std::put_time(&date, "%Y-%m-%d %a %B");
  CHECK(written.str() == "2026-07-04 Sat July");
  std::istringstream text("2001-02-03 04:05:06");
  text >> std::get_time(&date, "%Y-%m-%d %H:%M:%S");
  CHECK(!text.fail() && date.tm_year == 101 && date.tm_hour == 4 && date.tm_sec == 6);
}

static void test_files()
{
  std::ifstream none("/no/such/file");
  CHECK(!none.is_open() && none.fail());
  std::ofstream refused("/no/such/folder/new");
  CHECK(!refused.is_open() && refused.fail());
  std::ofstream("/tmp/new") << "text " << 42 << std::endl;
  std::ifstream made("/tmp/new");
  std::string word;
  int number = 0;
  made >> word >> number;
  CHECK(word == "text" && number == 42 && !made.fail());
  CHECK(std::remove("/tmp/new") == 0);
  std::stringbuf buffer;
  std::ostream redirected(&buffer);
  std::streambuf *before = std::cout.rdbuf(&buffer);
  std::cout << "not seen" << std::endl;
  std::cout.rdbuf(before);
  CHECK(buffer.str() == "not seen\n");
}

int main(int argc, char **)
{
  test_numbers();
  test_parsing();
  test_wide();
  test_classes();
  test_locales();
  if (argc == 1)
    test_files();
  return check_finish();
}
