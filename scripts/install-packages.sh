#!/bin/bash
# Installs the Debian packages of the purposes named (see packages.txt) that are missing. Asks
# nothing; does nothing where nothing is missing. usage: install-packages.sh PURPOSE...
set -euo pipefail
export LC_ALL=C

me=${0##*/}

# Prints the packages of the given purposes.
packages_for() {
    local purpose package
    while read -r purpose package; do
        if [[ " $* " == *" $purpose "* ]]; then
            printf '%s\n' "$package"
        fi
    done < "${BASH_SOURCE[0]%/*}/packages.txt"
}

# Prints those of the given packages that are not installed.
packages_missing() {
    local -A installed=()
    local package state
    while read -r package state; do
        if [[ $state == ii* ]]; then
            installed[$package]=1
        fi
    done < <(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' "$@" 2> /dev/null)
    for package; do
        if [[ -z ${installed[$package]:-} ]]; then
            printf '%s\n' "$package"
        fi
    done
}

is_debian_12() {
    # shellcheck source=/dev/null
    [[ -r /etc/os-release ]] && (. /etc/os-release && [[ ${ID:-}:${VERSION_ID:-} == debian:12 ]])
}

# Shows what apt says only when it fails.
run_apt() {
    local log status=0 as_root=()
    if ((EUID != 0)); then
        command -v sudo > /dev/null || {
            echo "$me: not root and no sudo; please install: ${missing[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    log=$(mktemp)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" < /dev/null > "$log" 2>&1 || status=$?
    if ((status != 0)); then
        cat "$log" >&2
        echo "$me: apt-get $1 failed" >&2
    fi
    rm -f "$log"
    return "$status"
}

mapfile -t wanted < <(packages_for "$@")
if command -v dpkg-query > /dev/null; then
    mapfile -t missing < <(packages_missing "${wanted[@]}")
else
    missing=("${wanted[@]}")
fi
if ((${#missing[@]} == 0)); then
    exit 0
fi
if ! is_debian_12; then
    echo "$me: this is not Debian 12; needed here, under whatever names: ${missing[*]}" >&2
    exit 0
fi
echo "installing: ${missing[*]}" >&2
run_apt update
run_apt install --no-install-recommends "${missing[@]}"
