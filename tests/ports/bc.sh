#!/bin/bash
# bc and dc give what they give on Linux: for bc's own tests and examples, from files and from standard input.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

tree=$PROGRAMS/bc
expected=$tree/expected
mkdir -p "$expected"
cd "$tree/source/Test" || exit
count=0

# compare NAME PROGRAM [ARG...]: its output in the guest is that of Linux, which is kept from run to run
# until this script changes. Standard input is $scratch/input.
compare() {
    local name=$1 program=$2
    shift 2
    if [[ ! $expected/$name -nt ${BASH_SOURCE[0]} ]]; then
        "$tree/linux/$program" "$@" < "$scratch/input" > "$expected/$name.new"
        mv "$expected/$name.new" "$expected/$name"
    fi
    [[ -s $expected/$name ]] || fail "$name: nothing to compare"
    expect --stdin "$scratch/input" --stdout-file "$expected/$name" \
        "$uhyve" --volume "$tree/source:$tree/source:ro" "$tree/build/$program" "$@"
    count=$((count + 1))
}

# The tests of the mathematical library, and of arrays as arguments.
: > "$scratch/input"
for file in array arrayp aryprm atan div exp fact jn ln mul raise sine sqrt sqrt1 sqrt2; do
    compare $file bc/bc -l $file.b
done
compare BUG bc/bc -l BUG.bc
compare signum bc/bc -l signum

# The examples, told what to do by standard input.
echo 'primes(500)' > "$scratch/input"
compare primes bc/bc ../Examples/primes.b
echo 'twins(300)' > "$scratch/input"
compare twins bc/bc ../Examples/twins.b
printf 'scale = 100\npi()\n4 * a(1)\ne(1)\nobase = 16\n2 ^ 200\nlast / 3\n' > "$scratch/input"
compare pi bc/bc -l ../Examples/pi.b
# 20 digits of each number from 1 to 20 in all bases, by dc.
for base in {2..16}; do printf '20k %d o 1 [d v p s. 1 + d 20 !<a] d sa x c\n' "$base"; done > "$scratch/input"
compare dc dc/dc
printf '100 k 2 v p\n16 i FF p 16 o p A i\n[Hello] p\n5 [d 1 - d 1 <f *] d sf x p f\n' > "$scratch/input"
compare dc2 dc/dc -
((count == 22)) || fail "$count comparisons"

# An error is told, and the rest goes on; a missing file is one.
printf '1/0\n2+2\n' > "$scratch/input"
expect --stdin "$scratch/input" --stdout $'4\n' --stderr '.*[Dd]ivide by zero.*' "$uhyve" "$tree/build/bc/bc"
expect --status 1 --stderr '.*none\.b.*' "$uhyve" --volume .:.:ro "$tree/build/bc/bc" none.b
