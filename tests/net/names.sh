#!/bin/bash
# Names: what the guest is told by a dnsmasq, over IPv4 and IPv6, is what dig is told.
source "${BASH_SOURCE[0]%/*}/net.sh"

# The first guest's first question for routers is lost.
net_looks=1
net_wire
net_dnsmasq
# The address is static, so the server is named by a file as a user would.
printf 'nameserver %s\n' "$host4" > "$scratch/resolv4"
printf 'nameserver %s\nsearch example.test\n' "$host6" > "$scratch/resolv6"
# The first two servers refuse and keep silent.
printf 'nameserver 127.0.0.1\nnameserver 10.0.5.77\nnameserver %s\noptions timeout:1 attempts:1\n' "$host4" \
    > "$scratch/resolv_last"
printf 'nameserver 10.0.5.77\noptions timeout:1 attempts:3\n' > "$scratch/resolv_none"
printf '127.0.0.1 localhost\n10.0.5.9 file.example.test file\n%s9 file.example.test\n' "$net6" > "$scratch/hosts"

# dig_all NAME: its addresses of both kinds, sorted, as a line each.
dig_all() { { dig +short "@$host4" A "$1" && dig +short "@$host4" AAAA "$1"; } | grep -v '\.$' | LC_ALL=C sort; }

# names_by KIND: guests are told of servers by that file.
names_by() {
    if [[ ${NET_GUEST:-} == linux ]]; then
        mount --bind "$scratch/resolv$1" /etc/resolv.conf
        mount --bind "$scratch/hosts" /etc/hosts
    else
        guest_options=(--volume "$scratch/resolv$1:/etc/resolv.conf:ro" --volume "$scratch/hosts:/etc/hosts:ro")
    fi
}

# asked ANSWER QUESTION...: to be put to one guest, with all others.
asked() {
    answers+=$1$'\n'
    questions+=("${@:2}")
}

for kind in 6 4; do
    names_by $kind
    answers='' questions=()
    for name in server.example.test alias.example.test four.example.test six.example.test many.example.test; do
        told=$(dig_all $name)
        [[ -n $told ]] || fail "dig is told nothing of $name"
        asked "${told//./\\.}" name $name
    done
    asked $'10\\.0\\.5\\.1\n10\\.0\\.5\\.1' host four.example.test host alias.example.test
    asked "$(dig +short "@$host4" -x "$host4" | sed 's/\.$//')" reverse "$host4"
    asked "$(dig +short "@$host4" -x "$host6" | sed 's/\.$//')" reverse "$host6"
    # Of the file, and numbers, which nobody is asked for.
    asked "10\\.0\\.5\\.9"$'\n'"${net6}9" name file.example.test
    asked $'10\\.0\\.5\\.9' host file
    asked $'192\\.0\\.2\\.7\n2001:db8::7' name 192.0.2.7 name 2001:db8::7
    asked '(Name or service not known|Name does not resolve|Unknown host)' name none.example.test
    # The name of the search list's folder.
    [[ $kind == 4 ]] || asked $'10\\.0\\.5\\.1' name four
    expect --stdout "$answers" guest ask "${questions[@]}"
done

# Who does not answer costs the time that the file says, and the next one is asked; there are two questions.
names_by _last
begin=$SECONDS
expect --stdout $'10\\.0\\.5\\.1\n' guest ask name four.example.test
((SECONDS - begin < 8)) || fail "the third server was asked after $((SECONDS - begin)) s"
names_by _none
begin=$SECONDS
expect --stdout $'Temporary failure in name resolution\n' guest ask name four.example.test
((SECONDS - begin >= 2 && SECONDS - begin < 12)) || fail "three attempts took $((SECONDS - begin)) s"
