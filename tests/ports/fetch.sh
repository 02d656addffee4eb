#!/bin/bash
# Downloads the sources of the ports (sources.txt) into the cache, those that it does not have.
#
# UHYVE_CACHE names the cache, PORT_SOURCES another list, PORT_SUITE Debian's suite that has them.
set -euo pipefail
export LC_ALL=C
exec < /dev/null

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}

say() { printf 'ports: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# shellcheck source=../../third_party/fetch.sh
. "$here/../../third_party/fetch.sh"

mkdir -p "$cache"
exec 9> "$cache/ports.lock"
flock 9
work=$(mktemp -d "$cache/ports.tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
fetch_sources "${PORT_SUITE:-bookworm}" < <(grep -v '^#' "${PORT_SOURCES:-$here/sources.txt}")
