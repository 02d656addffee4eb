#!/bin/bash
# Counts what a program that boots without a monitor executes in the nucleus's pages, function by function:
# in QEMU one instruction at a time. Fails where a function takes more than the list allows, which is
# instructions-CPUS.txt, or is not named there. usage: instructions.sh [--update] CPUS PROGRAM (with --update:
# writes the list anew, where those that may take any number stay so)
#
# A function may take 2 % and 20 instructions more than in the list: what differs from run to run, an instruction
# that QEMU begins anew, is far less. Functions that go through memory, as the one that clears page tables, take as
# much as there is of that: the machine is always the same.
# shellcheck source-path=SCRIPTDIR
: "${STAGE:=}" # no monitor is run
source "${BASH_SOURCE[0]%/*}/../expect.sh"

here=$(readlink -f "${BASH_SOURCE[0]%/*}")
update=0
if [[ $1 == --update ]]; then
    update=1
    shift
fi
cpus=$1
list=$here/instructions-$cpus.txt
# By a short name: the kernel's command line has it.
cp "$2" "$scratch/program"
cd "$scratch"
program=program

read -r begin end < <(nm "$program" | awk '/ __uhyve_nucleus_begin$/ { b = $1 } / __uhyve_nucleus_end$/ { e = $1 } END { print b, e }')
nm -n "$program" | awk -v begin="$begin" -v end="$end" '
    $1 "x" >= begin "x" && $1 "x" < end "x" && $3 !~ /_nucleus_begin$/ { if ($3 !~ /_end$/) { sub(/^__uhyve_/, "", $3); print $1, $3 } }' > "$scratch/symbols"

mkfifo "$scratch/trace"
awk -v symbols="$scratch/symbols" '
    BEGIN { while ((getline < symbols) > 0) { at[count] = "x" $1; name[count++] = $2 } }
    {
        split($0, word, "/")
        pc = "x" word[2] # to be compared as text: 2033e2 would be a number
        # Most follow the one before.
        if (!(pc in place)) {
            low = 0
            high = count - 1
            while (low < high) {
                middle = int((low + high + 1) / 2)
                if (at[middle] <= pc) low = middle
                else high = middle - 1
            }
            place[pc] = low
        }
        executed[place[pc]]++
    }
    END { for (i = 0; i < count; i++) if (executed[i]) print name[i], executed[i] }' "$scratch/trace" > "$scratch/counts" &
counter=$!
timeout 100 qemu-system-x86_64 -no-user-config -nodefaults -M pc -accel tcg,thread=single -cpu qemu64 -smp "$cpus" -m 32 \
    -display none -no-reboot -serial "file:$scratch/serial" \
    -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$program" \
    -singlestep -d exec,nochain -D "$scratch/trace" -dfilter "0x$begin..0x$end" || [[ $? == 1 ]] || fail "QEMU: status $?"
wait $counter
[[ -s $scratch/counts ]] || fail "nothing was counted"
if ((update)); then
    awk -v sort="LC_ALL=C sort" '
        NR == FNR && /^#/ { print; fflush() }
        NR == FNR { if ($2 == "any") print | sort; if ($2 == "any") any[$1] = 1; next }
        !($1 in any) { print | sort }' "$list" "$scratch/counts" > "$scratch/list"
    cat "$scratch/list" > "$list"
    exit
fi

# compare LIST: with what was counted.
compare() {
    awk '
        NR == FNR { if (!/^#/ && NF == 2) most[$1] = $2; next }
        !($1 in most) { printf "%s: %d instructions, and is not in the list\n", $1, $2; bad = 1; next }
        most[$1] != "any" && $2 > most[$1] * 1.02 + 20 { printf "%s: %d instructions, at most %d before\n", $1, $2, most[$1]; bad = 1 }
        { sum += $2 }
        END { printf "%d instructions in ring 0\n", sum; exit bad }' "$1" "$scratch/counts"
}

compare "$list"

# A function that has grown to twice of what it was is named, and no other.
grown=$(awk '$2 ~ /^[0-9]+$/ && $2 > most { most = $2; name = $1 } END { print name }' "$list")
awk -v grown="$grown" '$1 == grown { $2 = int($2 / 2) } 1' "$list" > "$scratch/halved"
! compare "$scratch/halved" > "$scratch/growth" || fail "nothing has grown"
[[ $(sed '$d' "$scratch/growth") == "$grown: "*" instructions, at most "*" before" ]] || fail "$(< "$scratch/growth")"
