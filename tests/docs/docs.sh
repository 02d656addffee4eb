#!/bin/bash
# The documentation agrees with the code: docs/hypercalls.md is what the header makes it, README and
# manual page know all options of `uhyve --help`, the pages on the design name all files, nucleus
# calls and counters and nothing that is gone, examples begin with the line that docs/languages.md has
# and are run by a test, manual pages are clean, links lead somewhere.
# usage: docs.sh UHYVE
set -euo pipefail
export LC_ALL=C.UTF-8
uhyve=$(readlink -f "$1")
cd "${BASH_SOURCE[0]%/*}/../.."

status=0
wrong() {
    printf '%s\n' "$*"
    status=1
}

# ---- docs/hypercalls.md ----

if ! diff -u docs/hypercalls.md <(scripts/hypercalls-doc.sh); then
    wrong "docs/hypercalls.md is old: run scripts/hypercalls-doc.sh > docs/hypercalls.md"
fi

# ---- Options ----

help=$("$uhyve" --help)
# The part of the help before the example: its options are the program's.
own_help=${help%%Example:*}
manual=$(sed -e 's/\\-/-/g' docs/man/uhyve.1)
readme=$(< README.md)

# Whether text $1 has word $2, and not only as a part of a longer one.
has_word() { grep -qE -e "(^|[^A-Za-z0-9_-])$2([^A-Za-z0-9_-]|\$)" <<< "$1"; }

mapfile -t options < <(grep -oE -e '(^|[ ,])--?[a-zA-Z][a-z-]*' <<< "$own_help" | tr -d ' ,' | sort -u)
((${#options[@]} >= 20)) || wrong "uhyve --help has ${#options[@]} options only: is it read right?"
for option in "${options[@]}"; do
    has_word "$readme" "$option" || wrong "README.md: option $option is missing"
    has_word "$manual" "$option" || wrong "docs/man/uhyve.1: option $option is missing"
done
# Names of options that the manual page has and the help has not; those of examples' programs aside.
mapfile -t options < <(sed -e '/^\.EX/,/^\.EE/d' <<< "$manual" | grep -oE -e '--[a-z][a-z-]*' | sort -u)
for option in "${options[@]}"; do
    has_word "$own_help" "$option" || wrong "docs/man/uhyve.1: there is no option $option"
done
mapfile -t variables < <(grep -oE '\<(UHYVE|HERMIT)_[A-Za-z_]+' <<< "$own_help" | grep -v '_$' | sort -u)
((${#variables[@]} >= 10)) || wrong "uhyve --help has ${#variables[@]} variables only: is it read right?"
for variable in "${variables[@]}"; do
    has_word "$manual" "$variable" || wrong "docs/man/uhyve.1: variable $variable is missing"
done
while read -r variable; do
    has_word "$own_help" "$variable" || wrong "there is no variable $variable"
done < <(grep -ohE '\<(UHYVE|HERMIT)_[A-Z_]+' <<< "$manual"$'\n'"$readme" | grep -v '_$' | sort -u)

# ---- Benchmarks ----

benchmarks=$(< docs/benchmarks.md)
while read -r figure; do
    # All of STREAM are one row, by its first and last.
    [[ $figure == stream_* ]] || has_word "$benchmarks" "$figure" ||
        wrong "docs/benchmarks.md: figure $figure of bench/goals.txt is missing"
done < <(sed -e 's/#.*//' bench/goals.txt | awk 'NF { print $1 }' | sort -u)

# ---- Files, nucleus calls, counters ----

# Each source in folder $2, or its header, is named on page $1.
names_files() {
    local page=$1 folder=$2 text file name found=0
    text=$(< "$page")
    for file in "$folder"/*.[chS]; do
        name=${file##*/}
        found=$((found + 1))
        has_word "$text" "${name%.*}\\.[chS]" || wrong "$page: $file is missing"
    done
    ((found >= 5)) || wrong "$folder has $found files only: is it read right?"
}
names_files docs/scheduler.md guest/sched
names_files docs/memory.md guest/mm
names_files docs/signals.md guest/signal
names_files docs/files.md guest/fs
names_files docs/architecture.md guest/arch/x86_64
names_files docs/architecture.md guest/arch/x86_64/boot
names_files docs/architecture.md guest/bare
names_files docs/architecture.md uhyve
names_files docs/network-device.md uhyve/net
names_files docs/network.md net/driver
names_files docs/network.md guest/virtio

architecture=$(< docs/architecture.md)
# Without the results that calls have.
mapfile -t calls < <(sed -nE 's/^#define (NUCLEUS_[A-Z_]+).*/\1/p' guest/arch/x86_64/layout.h |
    grep -vE '^NUCLEUS_E[A-Z]+$')
((${#calls[@]} >= 6)) || wrong "${#calls[@]} nucleus calls only: are they read right?"
for number in "${!calls[@]}"; do
    grep -qF -e "| $number | \`${calls[number]}\` |" <<< "$architecture" ||
        wrong "docs/architecture.md: nucleus call $number, ${calls[number]}, is missing"
done

scheduler=$(< docs/scheduler.md)
mapfile -t counters < <(sed -nE '/^struct uhyve_cpu_counters/,/^}/s/^ *uint64_t ([a-z_]+);.*/\1/p' \
    hypercalls/start_info.h)
((${#counters[@]} >= 10)) || wrong "${#counters[@]} counters only: are they read right?"
for counter in "${counters[@]}"; do
    has_word "$scheduler" "$counter" || wrong "docs/scheduler.md: counter $counter is missing"
    has_word "$manual" "$counter" || wrong "docs/man/uhyve.1: counter $counter is missing"
done

# ---- Names ----

# Names with an underscore that a page has in backquotes are names in the code.
names_in_code=$(grep -rIhoE '[A-Za-z_][A-Za-z0-9_]*_[A-Za-z0-9_]*' guest hypercalls tests uhyve | sort -u)
for page in docs/architecture.md docs/memory.md docs/scheduler.md docs/signals.md docs/files.md docs/security.md; do
    mapfile -t names < <(grep -oE '`([a-z0-9]+(_[a-z0-9]+)+|[A-Z0-9]+(_[A-Z0-9]+)+)(\(\))?`' "$page" |
        tr -d '`()' | sort -u)
    ((${#names[@]} >= 5)) || wrong "$page has ${#names[@]} names only: is it read right?"
    while read -r name; do
        wrong "$page: there is no $name in the code"
    done < <(comm -23 <(printf '%s\n' "${names[@]}") - <<< "$names_in_code")
done

# ---- Examples ----

languages=$(< docs/languages.md)
examples=0
for file in examples/*.c examples/*.cpp examples/*.f90; do
    examples=$((examples + 1))
    line=$(scripts/example-line.sh "$file") || wrong "$file: no line that builds and runs it"
    grep -qF -e "| \`${file##*/}\` |" <<< "$languages" || wrong "docs/languages.md: $file is missing"
    grep -qF -e "| \`$line\` |" <<< "$languages" || wrong "docs/languages.md: $file begins with: $line"
    name=${file##*/}
    grep -rqE --include=CMakeLists.txt "examples/${name%.*}( |\)|$)" tests || wrong "$file: no test runs it"
done
((examples >= 10)) || wrong "$examples examples only: are they read right?"

# ---- Pictures ----

for picture in docs/*.svg; do
    grep -qF -e "](${picture##*/})" docs/*.md || wrong "$picture is on no page"
    ! command -v xmllint > /dev/null || xmllint --noout "$picture" || wrong "$picture is not well-formed"
done

# ---- Manual pages ----

for page in docs/man/*.1; do
    # The second name of a page.
    if read -r request other < "$page" && [[ $request == .so ]]; then
        [[ $other == man1/* && -e docs/man/${other##*/} ]] || wrong "$page: there is no $other"
        continue
    fi
    if command -v groff > /dev/null; then
        complaints=$(groff -man -ww -Tutf8 -z "$page" 2>&1 || true)
    elif command -v mandoc > /dev/null; then
        complaints=$(mandoc -Tlint -W warning "$page" 2>&1 || true)
    else
        echo "neither groff nor mandoc: manual pages are not checked"
        break
    fi
    [[ -z $complaints ]] || wrong "$complaints"
done

# ---- Links ----

# Prints the anchors of a page's headings as GitHub makes them.
anchors() {
    awk '/^```/ { code = !code; next }
        !code && /^#+ / {
            sub(/^#+ +/, "")
            $0 = tolower($0)
            gsub(/[^a-z0-9 _-]/, "")
            gsub(/ /, "-")
            print
        }' "$1"
}

# Prints the targets of a page's links, one a line.
link_targets() {
    awk '/^```/ { code = !code; next } !code' "$1" |
        sed -e 's/`[^`]*`//g' | grep -oE '\]\([^) ]+\)' | sed -e 's/^](//' -e 's/)$//' || true
}

while IFS= read -r page; do
    while IFS= read -r target; do
        case $target in *://* | mailto:*) continue ;; esac
        file=$page
        if [[ ${target%%#*} != '' ]]; then
            file=${page%/*}/${target%%#*}
        fi
        if [[ ! -e $file ]]; then
            wrong "$page: link to $target leads nowhere"
        elif [[ $target == *'#'* ]] && ! grep -qxF -e "${target#*#}" < <(anchors "$file"); then
            wrong "$page: link to $target: no such heading"
        fi
    done < <(link_targets "$page")
done < <(find . -name '*.md' -not -path './.git/*' -not -path './build*')

exit "$status"
