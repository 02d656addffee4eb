#!/bin/bash
# uhyve-c++: macros, the order of header folders, programs in every form, a CMake project.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

cxx=$STAGE/bin/uhyve-c++
project=$(readlink -f "${BASH_SOURCE[0]%/*}")/cxx_project
cd "$scratch" || exit

for standard in c++98 gnu++17 c++20; do
    echo | "$cxx" -x c++ -std=$standard -dM -E - > macros
    grep -q '^#define __uhyve__ 1$' macros || fail "__uhyve__ is not defined with -std=$standard"
    grep -q '^#define _GNU_SOURCE 1$' macros || fail "_GNU_SOURCE is not defined with -std=$standard"
    ! grep -qE '^#define (__linux__|linux|__unix__|unix) ' macros || fail "Linux's macros with -std=$standard"
done

# C++ headers first, then the compiler's, then the C library's; nothing of the machine's.
echo '#include <cstdlib>
#include <limits.h>' | "$cxx" -x c++ -v -fsyntax-only - 2>&1 | grep '^ /[^ ]*$' > folders
expected='include/c++/12
include/c++/12/x86_64-uhyve-elf
include/c++/12/backward
x86_64-linux-gnu/12/include
lib/uhyve/x86_64-uhyve-elf/include'
[[ $(sed -E "s,^ .*/(include/c\+\+/12.*|x86_64-linux-gnu/12/include|lib/uhyve/x86_64-uhyve-elf/include)\$,\1," folders) == "$expected" ]] ||
    fail "header folders: $(cat folders)"
include() { echo "#include <$1>" > one.cpp; }
for header in linux/kvm.h gnu/libc-version.h tbb/task.h; do
    include $header
    expect --status 1 --stderr '.*No such file or directory.*' "$cxx" -fsyntax-only one.cpp
done
include vector
expect --status 1 --stderr '.*vector: No such file or directory.*' "$cxx" -nostdinc++ -fsyntax-only one.cpp
include stdlib.h
expect "$cxx" -nostdinc++ -fsyntax-only one.cpp
# All of the library can be included, with each standard.
include bits/stdc++.h
for standard in c++98 c++17 c++23; do
    expect "$cxx" -std=$standard -Wall -Wextra -Werror -fsyntax-only one.cpp
done

# Programs in several forms, all with the same answer.
cat > program.cpp << 'END'
#include <iostream>
#include <stdexcept>
#include <string>
int main(int argc, char **)
{
  try
  {
    if (argc == 1)
      throw std::runtime_error("thrown");
  }
  catch (const std::exception &error)
  {
    std::cout << error.what() << ' ' << 1.5 << std::endl;
  }
}
END
for options in -O0 '-O2 -g' '-O2 -static-pie' '-O2 -flto' '-O2 -s' \
    '-O2 -D_FORTIFY_SOURCE=2' '-O2 -fstack-protector-all' \
    '-O2 -march=native' '-std=c++11 -pedantic' '-static-libstdc++ -static-libgcc' -D_GLIBCXX_DEBUG; do
    # shellcheck disable=SC2086 # several options
    expect "$cxx" $options program.cpp -o program
    expect --stdout 'thrown 1.5
' "$uhyve" program
done
expect "$STAGE/bin/uhyve-cc" -c -O2 program.cpp -o program.o
expect "$STAGE/bin/uhyve-cc" program.o -lstdc++ -lm -o program
expect --stdout 'thrown 1.5
' "$uhyve" program

[[ $(readlink -f "$(PKG_CONFIG_PATH=$STAGE/lib/pkgconfig pkg-config --variable=cxx uhyve)") == "$(readlink -f "$cxx")" ]] ||
    fail "pkg-config: cxx"

# A CMake project in both languages.
unset CC CXX CFLAGS CXXFLAGS LDFLAGS CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE MAKEFLAGS
cmake -S "$project" -B build -DCMAKE_TOOLCHAIN_FILE="$STAGE/share/cmake/uhyve/uhyve.cmake" > log 2>&1 ||
    fail "configuring: $(cat log)"
cmake --build build > log 2>&1 || fail "building: $(cat log)"
expect --stdout 'from C\+\+: hello from a library
' "$uhyve" build/program
