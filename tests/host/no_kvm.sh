#!/bin/bash
# Without /dev/kvm, without permission for it, or with something else there: one line, status 125.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

# Each command runs with a /dev of its own.
in_own_dev() {
    unshare --user --map-root-user --mount bash -c "$1"' && shift && exec "$@"' bash "$@"
}
in_own_dev true true 2> /dev/null || { echo "skipped: no name spaces here"; exit 77; }

missing='mount -t tmpfs none /dev'
other='mount --bind /dev/null /dev/kvm'
unreadable='touch "$TMPDIR/kvm" && chmod 0 "$TMPDIR/kvm" && mount --bind "$TMPDIR/kvm" /dev/kvm'

export TMPDIR=$scratch
expect --status 125 --stderr 'uhyve: /dev/kvm is missing: .*
' in_own_dev "$missing" "$uhyve" "$EXAMPLES/hello"
expect --status 125 --stderr 'uhyve: /dev/kvm is no KVM device.*
' in_own_dev "$other" "$uhyve" "$EXAMPLES/hello"
# To root of the machine, permissions say nothing.
if [[ $(id -u) != 0 ]]; then
    expect --status 125 --stderr 'uhyve: no permission for /dev/kvm: .*
' in_own_dev "$unreadable" "$uhyve" "$EXAMPLES/hello"
elif command -v setpriv > /dev/null && [[ $(stat -c %a /dev/kvm) == *0 ]]; then
    cp "$uhyve" "$EXAMPLES/hello" "$scratch"
    chmod 755 "$scratch" "$scratch/uhyve" "$scratch/hello"
    expect --status 125 --stderr 'uhyve: no permission for /dev/kvm: .*
' setpriv --reuid=65534 --regid=65534 --clear-groups "$scratch/uhyve" "$scratch/hello"
fi
