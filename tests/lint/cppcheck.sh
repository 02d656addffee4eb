#!/bin/bash
# Runs cppcheck on every C file that the build compiles; it looks only at what changed since it last
# did. usage: cppcheck.sh BUILD_FOLDER
set -euo pipefail
data=$1/tests/lint/cppcheck
mkdir -p "$data"
# It reads our headers only, and knows noreturn as an attribute. Off: comparePointers takes the
# linker's symbols for objects; va_end_missing does not know that exit() does not return (clang-tidy
# checks va_list too).
cppcheck --project="$1/compile_commands.json" --cppcheck-build-dir="$data" -j "$(nproc)" --quiet \
    --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --std=c11 \
    -D'_Noreturn=__attribute__((noreturn))' \
    --suppress=missingInclude --suppress=unknownMacro \
    --suppress=comparePointers --suppress=va_end_missing \
    --template='{file}:{line}:{column}: {severity}: {message} [{id}]'
