#!/bin/bash
# Unpacks the sources of lwIP into a cache and prints their folder.
#
# They come from Debian's source package (../fetch.sh): upstream's release as it is there, and then
# patches/. The name of the tree stands for its content, so that it does as an input of builds. Progress
# goes to standard error, the tools' output to a log.
#
# UHYVE_CACHE names the cache.
set -euo pipefail
export LC_ALL=C
exec 3>&2 < /dev/null

readonly version=2.1.3
readonly archive=lwip_2.1.3+dfsg1.orig.tar.xz
readonly archive_sha256=0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
readonly package_suite=bookworm

# What is unpacked: what a build takes, and the licence.
readonly parts=(COPYING src/core src/include src/netif/ethernet.c)

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
readonly here
readonly cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}

say() { printf 'lwip sources: %s\n' "$*" >&3; }

die() {
    say "$*"
    exit 1
}

# shellcheck source=../fetch.sh
. "$here/../fetch.sh"

shopt -s nullglob
readonly patches=("$here"/patches/*.patch)

# What the tree depends on. Change `format` if this script comes to do something else with the same.
content_hash() {
    local format=1
    {
        printf '%s\n' "$format" "$archive_sha256" "${parts[@]}"
        cat /dev/null "${patches[@]}"
    } | sha256sum | cut -c 1-16
}

unpack() {
    say "unpacking"
    tar -xJf "$cache/$archive" -C "$work" --no-same-owner "${parts[@]/#/lwip-$version/}"
    # Line ends of all kinds.
    find "$work/lwip-$version" -type f -exec sed -i 's/\r$//' {} +
    local patch_file
    for patch_file in "${patches[@]}"; do
        patch -d "$work/lwip-$version" -p1 --no-backup-if-mismatch < "$patch_file"
    done
}

clean_up() {
    local status=$?
    if ((status != 0)); then
        tail -n 40 "$log" >&3
        say "failed; the whole log is $log"
    fi
    rm -rf "$work"
}

# Called with the cache locked.
make_tree() {
    local name=$1
    # What a killed run left behind: nobody else works here while we hold the lock.
    rm -rf "$cache"/lwip-sources.tmp.*
    work=$(mktemp -d "$cache/lwip-sources.tmp.XXXXXX")
    log=$cache/$name.log
    trap clean_up EXIT
    {
        fetch_sources "$package_suite" <<< "lwip $archive $archive_sha256"
        unpack
    } > "$log" 2>&1
    mv -T "$work/lwip-$version" "$cache/$name"
}

main() {
    local name
    name=lwip-sources-$version-$(content_hash)
    if [[ ! -d $cache/$name ]]; then
        mkdir -p "$cache"
        exec 9> "$cache/lwip-sources.lock"
        flock 9
    fi
    # Another run may have unpacked it while this one waited.
    if [[ ! -d $cache/$name ]]; then
        make_tree "$name"
    fi
    printf '%s\n' "$cache/$name"
}

main "$@"
