// Standard streams: lines and numbers read from cin, the order of what is written to several.
#include <cstdio>
#include <iostream>
#include <string>

int main()
{
  std::string line;
  std::getline(std::cin, line);
  std::cout << '[' << line << "]\n";
  int first, second;
  std::cin >> first >> second;
  std::cout << first + second << '\n';
  printf("printf in between\n");
  std::cout << "and cout again" << std::endl;
  std::cin >> std::ws;
  int count = 0;
  while (std::getline(std::cin, line))
    count++;
  std::cout << count << " more\n";
  std::cerr << "to cerr\n";
  std::clog << "to clog\n";
  return std::cin.eof() ? 0 : 1;
}
