#!/bin/bash
# Runs the programs of programs.txt on the machines of machines.txt, which boot them without the monitor, and prints
# a table of how many seconds each run took.
# usage: matrix.sh [OPTION]... BUILD
#   --part N          machines and programs of this part and those before it (default: all)
#   --by WAY          only machines that qemu or libvirt starts
#   --loader LOADER   only those by multiboot, pvh or grub
#   --programs REGEX  only programs whose path has it
#   --write PAGE      puts the table into this page, between its marks
# Exit status: 0 when all runs are as they must be.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"

part=9 only_by=.* only_loader=.* only_programs='' page=''
arguments=("$@")
while (($# > 1)); do
    case $1 in
        --part) part=$2 ;;
        --by) only_by=$2 ;;
        --loader) only_loader=$2 ;;
        --programs) only_programs=$2 ;;
        --write) page=$2 ;;
        *) fail "unknown option $1" ;;
    esac
    shift 2
done
build=$(readlink -f "$1")
here=${BASH_SOURCE[0]%/*}

# The lines of a table that are of the part, without comments.
lines_of() {
    awk -v part="$part" '!/^#/ && NF && $1 <= part' "$here/$1"
}

mapfile -t machines < <(lines_of machines.txt |
    awk -v by="^($only_by)$" -v loader="^($only_loader)$" '$2 ~ by && $3 ~ loader')
mapfile -t programs < <(lines_of programs.txt | awk -v program="$only_programs" '$2 ~ program')
((${#machines[@]} > 0 && ${#programs[@]} > 0)) || fail "nothing to run"
if printf '%s\n' "${machines[@]}" | awk '$2 == "libvirt" { found = 1 } END { exit !found }'; then
    libvirt_enter "$0" "${arguments[@]}"
fi

# ---- One run ----

show_failure() {
    printf -- '---- %s on %s %s %s %s, %s CPUs, %s MiB: %s\n' \
        "$program_name" "$by" "$loader" "$machine" "$processor" "$cpus" "$memory_mib" "$1" >&2
    tail -n 5 "$scratch/machine.log" >&2
    tail -c 1500 "$scratch/console" | cat -v >&2
}

# Sets $cell: seconds, FAILED, or - where the machine has too little memory for it.
run() {
    local file arguments least_mib status output words
    read -r _ file arguments least_mib status output <<< "$1"
    program_name=${file##*/}
    cell=-
    ((memory_mib >= least_mib)) || return 0
    words=()
    [[ $arguments == - ]] || IFS=, read -r -a words <<< "${arguments//@CPUS@/$cpus}"
    printf -v output '%b' "$output"
    output=${output//@CPUS@/$cpus}
    boot "$build/$file" "${words[@]}"
    cell=FAILED
    if [[ -n $boot_wrong ]]; then
        show_failure "$boot_wrong"
    elif [[ -z $boot_status ]]; then
        show_failure "no verdict at its end"
    elif [[ $boot_status != "$status" ]]; then
        show_failure "status $boot_status, expected $status"
    elif ! file_matches "$scratch/output" "$output"; then
        show_failure "the output does not match: $output"
    else
        printf -v cell '%d.%d' $((boot_ms / 1000)) $((boot_ms % 1000 / 100))
    fi
}

# ---- All of them ----

rows=()
header="by|loader|machine|processor|CPUs|MiB"
for line in "${programs[@]}"; do
    read -r _ file _ <<< "$line"
    header+="|${file##*/}"
done
rows+=("$header")
runs=0 failed=0 begin_ms=$(milliseconds)
for line in "${machines[@]}"; do
    read -r _ by loader machine processor cpus memory_mib <<< "$line"
    row="$by|$loader|$machine|$processor|$cpus|$memory_mib"
    for program in "${programs[@]}"; do
        run "$program"
        row+="|$cell"
        [[ $cell == - ]] || runs=$((runs + 1))
        [[ $cell != FAILED ]] || failed=$((failed + 1))
    done
    echo "$row" | tr '|' ' '
    rows+=("$row")
done
seconds=$((($(milliseconds) - begin_ms) / 1000))

# ---- The table ----

# Aligned, as Markdown has it; numbers and cells to the right.
print_table() {
    printf '%s\n' "${rows[@]}" | awk -F '|' '
        { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
        END {
            for (row = 1; row <= NR; row++) {
                line = "|"
                for (i = 1; i <= NF; i++)
                    line = line sprintf(i < 5 ? " %-" width[i] "s |" : " %" width[i] "s |", cell[row, i])
                print line
                if (row == 1) {
                    line = "|"
                    for (i = 1; i <= NF; i++) {
                        dashes = sprintf("%" width[i] "s", "")
                        gsub(/ /, "-", dashes)
                        line = line (i < 5 ? "-" dashes "-|" : "-" dashes ":|")
                    }
                    print line
                }
            }
        }'
}
summary="$((runs - failed)) of $runs runs passed, in $seconds s."
echo
print_table
printf '\n%s\n' "$summary"
if [[ -n $page ]]; then
    print_table > "$scratch/table"
    printf '\n%s\n' "$summary" >> "$scratch/table"
    awk -v table="$scratch/table" '
        /^<!-- matrix: end -->$/ { inside = 0 }
        !inside
        /^<!-- matrix: begin -->$/ { inside = 1; print ""; while ((getline line < table) > 0) print line; print "" }' \
        "$page" > "$scratch/page"
    cat "$scratch/page" > "$page"
fi
((failed == 0))
