#!/bin/bash
# Runs the programs of programs.txt on the machines of machines.txt, which boot them without the monitor, and prints
# tables of how many seconds each run took.
# usage: matrix.sh [OPTION]... BUILD
#   --part N          machines and programs of this part and those before it (default: all)
#   --by WAY          only machines that qemu or libvirt starts
#   --loader LOADER   only those by multiboot, pvh or grub
#   --machine REGEX   only machines whose name is this
#   --programs REGEX  only programs whose path has it
#   --jobs N          so many runs at once (default: 1)
#   --write PAGE      puts the tables into this page, between their marks
# Exit status: 0 when all runs are as they must be.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"
source "${BASH_SOURCE[0]%/*}/table.sh"

part=9 only_by='.*' only_loader='.*' only_machine='.*' only_programs='' page='' jobs=1 work=''
arguments=("$@")
while (($# > 1)); do
    case $1 in
        --part) part=$2 ;;
        --by) only_by=$2 ;;
        --loader) only_loader=$2 ;;
        --machine) only_machine=$2 ;;
        --programs) only_programs=$2 ;;
        --jobs) jobs=$2 ;;
        --write) page=$2 ;;
        --work) work=$2 ;; # one of the jobs, which writes its results into this folder
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
    awk -v by="^($only_by)$" -v loader="^($only_loader)$" -v machine="^($only_machine)$" \
        '$2 ~ by && $3 ~ loader && $4 ~ machine')
mapfile -t programs < <(lines_of programs.txt | awk -v program="$only_programs" '$2 ~ program')
((${#machines[@]} > 0 && ${#programs[@]} > 0)) || fail "nothing to run"
mapfile -t needed < <(printf '%s\n' "${machines[@]}" | awk '{ print $2; print $3 }' | sort -u)
boot_needs "${needed[@]}"
if ((jobs == 1)) && printf '%s\n' "${machines[@]}" | awk '$2 == "libvirt" { found = 1 } END { exit !found }'; then
    libvirt_enter "$0" "${arguments[@]}"
fi

read_machine() { read -r _ by loader machine processor cpus memory_mib set_of_programs <<< "${machines[$1]}"; }

# Programs of part 3 are for few machines.
is_for_few() { [[ ${programs[$1]} == 3* ]]; }

# ---- One run ----

show_failure() {
    printf -- '---- %s on %s %s %s %s, %s CPUs, %s MiB: %s\n' \
        "$program_name" "$by" "$loader" "$machine" "$processor" "$cpus" "$memory_mib" "$1" >&2
    tail -n 5 "$scratch/machine.log" >&2
    tail -c 1500 "$scratch/console" | cat -v >&2
}

# run PROGRAM: sets $cell: seconds, FAILED, or - where it is not for this machine.
run() {
    local file arguments cpu_pattern least_mib status output words
    read -r _ file arguments cpu_pattern least_mib status output <<< "${programs[$1]}"
    program_name="${file##*/} $arguments"
    cell=-
    # shellcheck disable=SC2053 # a pattern
    [[ $cpu_pattern == - || $cpus == $cpu_pattern ]] || return 0
    [[ $least_mib != =* || $memory_mib == "${least_mib#=}" ]] && ((memory_mib >= ${least_mib#=})) || return 0
    # Multiboot has no place for a position-independent program.
    [[ $file != *_pie || $loader == pvh ]] || return 0
    [[ $file != *_avx2 || $processor == max ]] || return 0
    # Atomic operations of 16 bytes need cx16.
    [[ $file != */cxx_atomics || $processor != Opteron_G1 ]] || return 0
    # What this build leaves out, languages above all.
    grep -qxF "$file" "$build/guest_programs.txt" || return 0
    words=()
    [[ $arguments == - ]] || IFS=, read -r -a words <<< "${arguments//@CPUS@/$cpus}"
    words=("${words[@]/#@NOW@/$EPOCHSECONDS}")
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

# Takes the next number, of all that work in the folder.
take() {
    local lock
    exec {lock}>> "$work/lock"
    flock "$lock"
    next=$(($(cat "$work/next" 2> /dev/null || echo 0)))
    echo $((next + 1)) > "$work/next"
    exec {lock}>&-
}

work_on_runs() {
    local last=''
    while take && ((next < ${#machines[@]} * ${#programs[@]})); do
        local at=$((next / ${#programs[@]})) program=$((next % ${#programs[@]}))
        read_machine $at
        if is_for_few $program && [[ $set_of_programs != all ]]; then
            continue
        fi
        [[ $at == "$last" ]] || echo "$by $loader $machine $processor $cpus $memory_mib"
        last=$at
        run $program
        echo "$at $program $cell" >> "$work/results"
    done
}

begin_ms=$(milliseconds)
if [[ -n $work ]]; then
    work_on_runs
    exit
fi
work=$scratch/work
mkdir "$work"
if ((jobs == 1)); then
    work_on_runs
else
    # They end with this one.
    for ((i = 0; i < jobs; i++)); do
        setpriv --pdeathsig KILL "$0" --part "$part" --by "$only_by" --loader "$only_loader" \
            --machine "$only_machine" --programs "$only_programs" --work "$work" "$build" &
    done
    for ((i = 0; i < jobs; i++)); do
        wait -n || fail "a job failed"
    done
fi
minutes=$((($(milliseconds) - begin_ms + 30000) / 60000))

# ---- The tables ----

declare -A cells
runs=0 failed=0
while read -r at program cell; do
    cells[$at,$program]=$cell
    [[ $cell == - ]] || runs=$((runs + 1))
    [[ $cell != FAILED ]] || failed=$((failed + 1))
done < "$work/results"
summary="$((runs - failed)) of $runs runs passed, in $minutes minutes."

# All machines, and as columns the programs that all of them run.
all_machines() {
    local line file arguments at program
    line="by|loader|machine|processor|CPUs|MiB"
    for program in "${!programs[@]}"; do
        read -r _ file arguments _ <<< "${programs[program]}"
        is_for_few "$program" || line+="|${file##*/}"
    done
    echo "$line"
    for at in "${!machines[@]}"; do
        read_machine "$at"
        line="$by|$loader|$machine|$processor|$cpus|$memory_mib"
        for program in "${!programs[@]}"; do
            is_for_few "$program" || line+="|${cells[$at,$program]}"
        done
        echo "$line"
    done
}

# The machines that run all programs have letters.
letters() {
    local at letter=0 letters=({A..Z})
    for at in "${!machines[@]}"; do
        read_machine "$at"
        [[ $set_of_programs != all ]] || printf -- '- %s: %s, %s, %s, %s, %s CPUs, %s MiB\n' \
            "${letters[letter++]}" "$by" "$loader" "$machine" "$processor" "$cpus" "$memory_mib"
    done
}

# The programs of part 3, and as columns the machines that run them.
all_programs() {
    local line file arguments at program
    line="program"
    for at in $(letters | cut -c 3); do line+="|$at"; done
    echo "$line"
    for program in "${!programs[@]}"; do
        is_for_few "$program" || continue
        read -r _ file arguments _ <<< "${programs[program]}"
        line=$file
        [[ $arguments == - ]] || line+=" ${arguments//,/ }"
        for at in "${!machines[@]}"; do
            read_machine "$at"
            [[ $set_of_programs != all ]] || line+="|${cells[$at,$program]}"
        done
        echo "$line"
    done
}

tables() {
    all_machines | table_print 4
    if printf '%s\n' "${programs[@]}" | grep -q '^3'; then
        echo
        letters
        echo
        all_programs | table_print 1
    fi
    printf '\n%s\n' "$summary"
}
echo
tables | tee "$scratch/tables"
[[ -z $page ]] || table_write "$page" matrix < "$scratch/tables"
((failed == 0))
