#!/bin/bash
# The list in docs/security.md is whole: it has each function of the monitor that touches what is the
# guest's, none that is gone, and names tests that there are. usage: security.sh BUILD
set -euo pipefail
export LC_ALL=C
build=$(readlink -f "$1")
cd "${BASH_SOURCE[0]%/*}/../.."
page=docs/security.md

status=0
wrong() {
    printf '%s: %s\n' "$page" "$*"
    status=1
}

# Rows of the tables by place: | `file.c` | `function`, ... | ... | test |
rows=$(sed -n '/^### By place/,$p' "$page" | grep -E '^\| `[a-z_/]+\.c` \|')
listed=$(awk -F'|' '{
        gsub(/[` ]/, "", $2)
        count = split($3, names, ",")
        for (i = 1; i <= count; i++) {
            gsub(/[` ]/, "", names[i])
            print $2, names[i]
        }
    }' <<< "$rows" | sort)
found=$(cd uhyve && awk -f ../tests/lint/guest_touching.awk ./*.c net/*.c | sed 's|^\./||' | sort -u)
(($(wc -l <<< "$found") >= 60)) || wrong "only $(wc -l <<< "$found") functions found: is the code read right?"

while read -r file name; do
    [[ -z $file ]] || wrong "$name in uhyve/$file touches what is the guest's and is not in the list"
done < <(comm -13 <(sort -u <<< "$listed") - <<< "$found")
while read -r file name; do
    grep -qE "^[A-Za-z_].*[ *]$name\(|^$name\(" "uhyve/$file" || wrong "there is no $name in uhyve/$file"
done <<< "$listed"
while read -r file name; do
    wrong "$name of $file is there twice"
done < <(uniq -d <<< "$listed")

# Tests, in these tables and above them.
mapfile -t tests < <(ctest --test-dir "$build" -N | sed -nE 's/^ *Test +#[0-9]+: //p')
((${#tests[@]} >= 500)) || wrong "${#tests[@]} tests only: are they read right?"
while read -r pattern; do
    there=0
    for name in "${tests[@]}"; do
        # shellcheck disable=SC2053  # a pattern
        [[ $name != $pattern ]] || { there=1 && break; }
    done
    ((there)) || wrong "there is no test $pattern"
done < <(grep -oE '`(unit|abuse|io|tty|host|fuzz|sandbox|guest|lint)\.[A-Za-z0-9_*-]+`' "$page" | tr -d '`' | sort -u)
while IFS= read -r row; do
    [[ $row =~ \|\ \`[a-z]+\.[^|]*\|$ ]] || wrong "no test: $row"
done <<< "$rows"

exit "$status"
