#!/bin/bash
# Time zones by name, by rule, and the host's own: the same local times as on the host.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

# Around changes of the present rules, and far ahead.
points=(1767225600 1774745999 1774746000 1774753200 1782864000 1792889999 1792890000 1793000000
    2208988800 2230000000 4102444800 4118000000)

# on_host [ZONE]: what the host's own date says.
on_host() {
    local point
    unset TZ
    [[ $# == 0 ]] || export TZ=$1
    for point in "${points[@]}"; do
        date -d "@$point" '+%Y-%m-%d %H:%M:%S %Z %z'
    done
}

# in_guest EXPECTED [OPTION]...
in_guest() {
    expect --stdout-file "$1" "$uhyve" "${@:2}" "$PROGRAMS/time_zone" "${points[@]}"
}

for zone in Europe/Berlin :America/New_York America/Nuuk Australia/Lord_Howe Pacific/Chatham \
    Europe/Dublin Asia/Gaza Etc/GMT+5 CET-1CEST,M3.5.0,M10.5.0/3 '<+03>-3' 'XXX3YYY,J60/-2,300/26'; do
    (on_host "$zone") > "$scratch/expected"
    in_guest "$scratch/expected" -e "TZ=$zone"
done

# Not set: as the host's /etc/localtime has it; and no rule is to be had for what is no zone.
(on_host) > "$scratch/expected"
in_guest "$scratch/expected"
(on_host UTC0) | sed 's/UTC +/[A-Z]* [+]/' > "$scratch/expected"
for zone in '' Nowhere/None ../../../etc/passwd /etc/passwd Europe "$(printf '%0100d' 0)"; do
    expect --stdout "$(cat "$scratch/expected")"$'\n' "$uhyve" -e "TZ=$zone" "$PROGRAMS/time_zone" \
        "${points[@]}"
done
