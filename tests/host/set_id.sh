#!/bin/bash
# A monitor with a set-user or set-group bit does nothing for who calls it.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

skip() {
    echo "skipped: $1"
    exit 77
}
[[ $(id -u) == 0 ]] || skip "needs root"
command -v setpriv > /dev/null || skip "needs setpriv"
[[ ,$(findmnt -no OPTIONS --target "$scratch"), != *,nosuid,* ]] || skip "$scratch is nosuid"

chmod 755 "$scratch"
install -d -m 777 "$scratch/open"
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
for bits in 4755 2755; do
    install -m $bits "$uhyve" "$scratch/uhyve"
    expect --status 125 --stderr 'uhyve: it must not be installed with a set-user or set-group bit.*
' "${as_nobody[@]}" "$scratch/uhyve" --output "$scratch/open/output" "$EXAMPLES/hello"
    [[ ! -e $scratch/open/output ]] || fail "mode $bits: a file was made"
done
install -m 755 "$uhyve" "$scratch/uhyve"
expect --stdout 'uhyve .*
' "${as_nobody[@]}" "$scratch/uhyve" --version
