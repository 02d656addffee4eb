#!/bin/bash
# The house rules that no tool knows. usage: style.sh
set -euo pipefail
export LC_ALL=C
cd "${BASH_SOURCE[0]%/*}/../.."

status=0
# report RULE: its standard input lists the places that break it.
report() {
    local places
    places=$(cat)
    if [[ -n $places ]]; then
        printf '%s:\n%s\n' "$1" "$places"
        status=1
    fi
}

# Prints the files given whose first line does not begin a comment.
without_purpose() {
    awk 'FNR == 1 && !/^\/\*/ { print FILENAME }' "$@"
}

mapfile -t sources < <(scripts/list-files.sh c && scripts/list-files.sh asm)
# grep finds nothing: 1, which is no failure here.
find_in_sources() { grep -nE "$@" "${sources[@]}" || true; }

report "a file opens with a comment that says its purpose" < <(without_purpose "${sources[@]}")
report "comments are /* */" < <(find_in_sources '(^|[;{}[:space:]])//')
report "TODO, FIXME and XXX name their issue: TODO #12" < <(
    find_in_sources '\<(TODO|FIXME|XXX)\>' | grep -vE '\<(TODO|FIXME|XXX)\>:? \(?#[0-9]+' || true
)
report "no trailing blanks" < <(find_in_sources $'[ \t]$')
report "at most 800 lines a file" < <(
    awk 'FNR == 801 { print FILENAME }' "${sources[@]}"
)
report "in guest/, only guest/arch knows the processor: no inline assembly elsewhere" < <(
    find_in_sources '\<(__asm__|__asm|asm)\>[[:space:]]*(volatile|__volatile__|goto)?[[:space:]]*\(' |
        grep '^guest/' | grep -v '^guest/arch/' || true
)
exit "$status"
