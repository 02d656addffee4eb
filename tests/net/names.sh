#!/bin/bash
# Names: what the guest is told by a dnsmasq, over IPv4 and IPv6, is what dig is told.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
# The address is static, so the server is named by a file as a user would.
printf 'nameserver %s\n' "$host4" > "$scratch/resolv4"
printf 'nameserver %s\nsearch example.test\n' "$host6" > "$scratch/resolv6"
printf '127.0.0.1 localhost\n10.0.5.9 file.example.test file\n%s9 file.example.test\n' "$net6" > "$scratch/hosts"

# dig_all NAME: its addresses of both kinds, sorted, as a line each.
dig_all() { { dig +short "@$host4" A "$1" && dig +short "@$host4" AAAA "$1"; } | grep -v '\.$' | LC_ALL=C sort; }

for kind in 4 6; do
    if [[ ${NET_GUEST:-} == linux ]]; then
        mount --bind "$scratch/resolv$kind" /etc/resolv.conf
        mount --bind "$scratch/hosts" /etc/hosts
    else
        guest_options=(--volume "$scratch/resolv$kind:/etc/resolv.conf:ro" --volume "$scratch/hosts:/etc/hosts:ro")
    fi
    for name in server.example.test alias.example.test four.example.test six.example.test many.example.test; do
        told=$(dig_all $name)
        [[ -n $told ]] || fail "dig is told nothing of $name"
        expect --stdout "${told//./\\.}"$'\n' guest ask name $name
    done
    expect --stdout $'10\\.0\\.5\\.1\n10\\.0\\.5\\.1\n' guest ask host four.example.test host alias.example.test
    expect --stdout "$(dig +short "@$host4" -x "$host4" | sed 's/\.$//')"$'\n' guest ask reverse "$host4"
    expect --stdout "$(dig +short "@$host4" -x "$host6" | sed 's/\.$//')"$'\n' guest ask reverse "$host6"
    # Of the file, and numbers, which nobody is asked for.
    expect --stdout "10\\.0\\.5\\.9"$'\n'"${net6}9"$'\n' guest ask name file.example.test
    expect --stdout $'10\\.0\\.5\\.9\n' guest ask host file
    expect --stdout $'192\\.0\\.2\\.7\n2001:db8::7\n' guest ask name 192.0.2.7 name 2001:db8::7
    expect --stdout $'(Name or service not known|Name does not resolve|Unknown host)\n' guest ask name none.example.test
done
# The name of the search list's folder.
expect --stdout $'10\\.0\\.5\\.1\n' guest ask name four
