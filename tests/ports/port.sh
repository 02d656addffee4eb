# To be sourced by build-NAME.sh: builds a port as its users would, with uhyve-cc, out of its sources.
#
# The tree is kept in the build folder. It is made anew if headers, compiler, names in the libraries or
# the script have changed; if only the libraries have, the programs are linked again.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C
exec 8>&2 < /dev/null

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
sources=${PORT_SOURCES:-$here/sources.txt}
script=$(readlink -f "$0")
cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}
sysroot=$STAGE/lib/uhyve/x86_64-uhyve-elf
export PATH=$STAGE/bin:$PATH

# Nothing of what make was called with, or of the caller's flags, reaches the ports.
unset MAKEFLAGS MAKELEVEL MFLAGS CC CFLAGS CPPFLAGS LDFLAGS

port_key() {
    {
        gcc-12 --version
        cat "$script" "$here/port.sh" "$sources" "$STAGE/bin/uhyve-cc" "$STAGE/lib/uhyve/uhyve.specs"
        find "$sysroot/include" -name '*.h' -not -path '*/c++/*' -print0 | sort -z | xargs -0 cat
        nm --defined-only --extern-only --format=just-symbols "$sysroot"/lib/lib{uhyve,newlib,m}.a 2> /dev/null
    } | sha256sum
}

library_key() { cat "$sysroot"/lib/*.a "$sysroot/lib/uhyve.ld" | sha256sum; }

show_log_if_failed() {
    local status=$?
    if ((status != 0)); then
        tail -n 40 "$tree/log" >&8
    fi
}

# port_begin NAME PROGRAM...: goes to the tree of the package called NAME, unpacked into source/ there;
# ends the script if all is up to date. The programs, paths in the tree, are linked again if need be.
# From here on all output goes to the tree's log.
port_begin() {
    local name=$1 key libraries archive
    shift
    tree=$PROGRAMS/$name
    mkdir -p "$tree"
    exec 9> "$tree.lock"
    flock 9
    cd "$tree"
    key=$(port_key)
    libraries=$(library_key)
    if [[ ! -f key || $(< key) != "$key" ]]; then
        rm -rf "${tree:?}"/*
        archive=$(awk -v name="$name" '$1 == name { print $2 }' "$sources")
        mkdir source
        # The times in the archive stay: makefiles compare them.
        tar -xf "$cache/$archive" -C source --strip-components=1
    elif [[ -f libraries && $(< libraries) == "$libraries" ]]; then
        exit 0
    fi
    rm -f libraries "$@"
    printf '%s\n' "$key" > key
    libraries_built_with=$libraries
    trap show_log_if_failed EXIT
    exec > "$tree/log" 2>&1
    set -x
}

# wrap PROGRAM: puts a script in the program's place that runs it in a guest, with the current folder, so
# that the port's makefile can run it as it is.
wrap() {
    mv "$1" "$1.guest"
    cat > "$1" << 'SCRIPT'
#!/bin/sh
exec uhyve --volume .:. "$0.guest" "$@"
SCRIPT
    chmod +x "$1"
}

port_end() { printf '%s\n' "$libraries_built_with" > "$tree/libraries"; }
