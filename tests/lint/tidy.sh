#!/bin/bash
# Runs clang-tidy on every C file that the build compiles. A file that passed is not looked at again
# until its preprocessed text, its command, the settings or clang-tidy change.
# usage: tidy.sh BUILD_FOLDER
set -euo pipefail
export LC_ALL=C

repository=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# What gcc takes and clang remarks on: gcc's own options, C2x and GNU forms, formats in a va_list
# function.
clang_flags=(--extra-arg=-Wno-{ignored-optimization-argument,unknown-warning-option})
clang_flags+=(--extra-arg=-Wno-{unused-command-line-argument,c2x-extensions})
clang_flags+=(--extra-arg=-Wno-{gnu-variable-sized-type-not-at-end,format-nonliteral})
# The analyzer's states of one function: a fifth of its default. Of functions that have more it gives
# up the rest anyhow; the full number takes ten times as long there and has found no more.
clang_flags+=(--extra-arg={-Xclang,-analyzer-config,-Xclang,max-nodes=45000})

# Prints a file's preprocessed text, with comments: they may hold NOLINT.
preprocess() {
    local build=$1 file=$2 command
    command=$(awk -v file="\"file\": \"$file\"" '
        /"command": / { command = $0 }
        index($0, file) { print command }' "$build/compile_commands.json" |
        sed -n '1{s/^ *"command": "//; s/",\{0,1\}$//; s/\\"/"/g; s/ -o [^ ]* -c / -E -C /; p}')
    printf '%s\n' "$command"
    (cd "$build" && eval "$command")
}

# Checks one file: check_one BUILD_FOLDER FILE
check_one() {
    local build=$1 data=$1/tests/lint/tidy file=$2 key log
    key=$({ cat "$data/settings" && preprocess "$build" "$file"; } | sha256sum | cut -c 1-32)
    [[ ! -e $data/passed/$key ]] || return 0
    log=$(mktemp)
    if clang-tidy --quiet -p "$data" --header-filter="^$repository/(uhyve|guest|hypercalls|net|tests)/" \
        "${clang_flags[@]}" "$file" > "$log" 2>&1; then
        rm -f "$log"
        : > "$data/passed/$key"
    else
        grep -v '^[0-9]* warnings\{0,1\} \(generated\|treated as\)' "$log" || true
        rm -f "$log"
        return 1
    fi
}

if [[ $1 == --one ]]; then
    check_one "$2" "$3"
    exit
fi

build=$1
data=$build/tests/lint/tidy
mkdir -p "$data/passed"
find "$data/passed" -type f -mtime +30 -delete

# Guests are compiled without any system header and with gcc's intrinsics; clang needs its own.
gcc_headers=$(gcc-12 -print-file-name=include)
clang_headers=$(clang-tidy --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
clang_headers=$(echo /usr/lib/llvm-"$clang_headers"/lib/clang/*/include)
[[ -d $clang_headers ]] || {
    echo "no headers of clang in $clang_headers" >&2
    exit 1
}
sed "s, $gcc_headers , $clang_headers ,g; s, -fno-tree-[a-z-]* , ,g" "$build/compile_commands.json" \
    > "$data/compile_commands.json"
{
    clang-tidy --version
    printf '%s\n' "${clang_flags[@]}"
    cat "$repository/.clang-tidy" "$repository/tests/unit/.clang-tidy"
} > "$data/settings"

# Biggest files first, so that both processors end together.
sed -n 's/^ *"file": "\(.*\.c\)".*/\1/p' "$build/compile_commands.json" | sort -u |
    xargs -d '\n' ls -S | xargs -d '\n' -P "$(nproc)" -n 1 "$0" --one "$build"
