#!/bin/bash
# bzip2: its makefile's test, and what it does with files: modes, times, names, damage.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

tree=$PROGRAMS/bzip2/source
export PATH=$STAGE/bin:$PATH
unset MAKEFLAGS MAKELEVEL MFLAGS

expect --stdout $'.*cmp sample3\\.tst sample3\\.ref.*didn.t complain.*' make -C "$tree" test

cd "$scratch" || exit
cp "$tree"/sample{1,2}.ref "$tree"/sample1.bz2 .
cp sample1.ref one
cp sample2.ref two
chmod 640 one
touch -d '2001-02-03 04:05:06' one
bzip2() { "$tree/bzip2" "$@"; }

# Mode and time of a file go over to the one that takes its place.
expect bzip2 one
[[ $(stat -c '%a %y' one.bz2) == '640 2001-02-03 04:05:06.000000000 '* ]] || fail "$(stat -c '%a %y' one.bz2)"
[[ ! -e one ]] || fail "one is still there"
cmp one.bz2 <(bzip2 -c sample1.ref)
expect --stderr $' *one\\.bz2: ok\n' bzip2 -tv one.bz2
expect bzip2 -d one.bz2
[[ $(stat -c '%a %y' one) == '640 2001-02-03 04:05:06.000000000 '* ]] || fail "$(stat -c '%a %y' one)"
cmp one sample1.ref

# Several files, kept; nothing is overwritten unasked.
expect bzip2 -k one two
cp one.bz2 before
expect --status 1 --stderr '.*Output file one\.bz2 already exists.*' bzip2 -k one
cmp one.bz2 before
expect bzip2 -kf -1 one
cat one.bz2 two.bz2 > both.bz2
expect bzip2 -d both.bz2
cat one two | cmp - both

# Two blocks, one of them damaged: the other is recovered.
cat "$tree"/sample{1,2,3}.ref "$tree"/sample{3,2,1}.ref "$tree"/manual.{ps,pdf} > blocks
expect bzip2 -1 blocks
size=$(stat -c %s blocks.bz2)
printf 'damage' | dd of=blocks.bz2 bs=1 seek=$((size / 2)) conv=notrunc status=none
expect --status 2 --stderr '.*data integrity.*' bzip2 -t blocks.bz2
expect --stderr '.*writing block 2 to.*' "$tree/bzip2recover" blocks.bz2
good=0
for part in rec*blocks.bz2; do
    if bzip2 -t "$part" 2> error; then good=$((good + 1)); else bad=$part; fi
done
((good >= 5)) && [[ -n $bad ]] || fail "$good good parts, bad: $bad"
