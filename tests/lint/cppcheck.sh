#!/bin/bash
# Runs cppcheck on every C file that the build compiles; it looks only at what changed since it last
# did. usage: cppcheck.sh BUILD_FOLDER
set -euo pipefail
data=$1/tests/lint/cppcheck
mkdir -p "$data"
# It reads our headers only. Off: comparePointers takes the linker's symbols for objects;
# va_end_missing does not know noreturn (clang-tidy checks va_list too).
cppcheck --project="$1/compile_commands.json" --cppcheck-build-dir="$data" -j "$(nproc)" --quiet \
    --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --std=c11 \
    --suppress=missingInclude --suppress=unknownMacro \
    --suppress=comparePointers --suppress=va_end_missing \
    --template='{file}:{line}:{column}: {severity}: {message} [{id}]'
