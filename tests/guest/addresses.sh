#!/bin/bash
# Programs at a fixed address, at a random one, and at the same one again.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

addresses() {
    expect --stdout $'code 0x[0-9a-f]+ data 0x[0-9a-f]+ stack 0x[0-9a-f]+ heap 0x[0-9a-f]+\n' "$uhyve" "$@"
    cut -d ' ' -f 1-4 "$scratch/output"
}

fixed=$(addresses "$PROGRAMS/address")
[[ $(addresses "$PROGRAMS/address") == "$fixed" ]] || fail "a program at a fixed address moves"

for _ in 1 2 3 4 5 6; do
    addresses "$PROGRAMS/address_pie"
done | sort -u > "$scratch/random"
[[ $(wc -l < "$scratch/random") -ge 5 ]] || fail "addresses repeat: $(cat "$scratch/random")"

same=$(addresses --no-aslr "$PROGRAMS/address_pie")
for _ in 1 2; do
    [[ $(addresses --no-aslr "$PROGRAMS/address_pie") == "$same" ]] || fail "--no-aslr: it moves"
done
[[ $(UHYVE_NO_ASLR=1 addresses "$PROGRAMS/address_pie") == "$same" ]] || fail "UHYVE_NO_ASLR: it moves"
