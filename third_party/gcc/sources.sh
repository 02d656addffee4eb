#!/bin/bash
# Unpacks the sources of gcc's run-time libraries into a cache and prints their folder.
#
# They come from Debian's gcc-12-source package (../fetch.sh): gcc's release as it is, as the machine's
# own gcc-12 has it, and then patches/. All builds of this folder share the unpacked tree and leave it
# as it is; the name of the tree stands for its content, so that it does as an input of theirs.
# Progress goes to standard error, the tools' output to a log.
#
# UHYVE_CACHE names the cache.
set -euo pipefail
export LC_ALL=C
exec 3>&2 < /dev/null

readonly version=12.2.0
readonly package_version=12.2.0-14+deb12u1
readonly package_sha256=8f2a5411028dfe216aeb6346b926df0cc7471f375c6a375bf180fbf279af02a1
readonly package_suite=bookworm

# What is unpacked: the libraries, what they include of each other and of the compiler, and what their
# configure scripts and makefiles run.
readonly parts=(config include libatomic libbacktrace libgcc libgfortran libgomp libiberty libquadmath
    libstdc++-v3 gcc/BASE-VER gcc/DATESTAMP gcc/fortran/libgfortran.h
    COPYING COPYING.LIB COPYING.RUNTIME COPYING3 COPYING3.LIB
    compile config-ml.in config.guess config.rpath config.sub depcomp install-sh libtool-ldflags
    libtool.m4 ltgcc.m4 ltmain.sh ltoptions.m4 ltsugar.m4 ltversion.m4 lt~obsolete.m4 missing mkdep
    mkinstalldirs move-if-change multilib.am symlink-tree)

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
readonly here
readonly cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}

say() { printf 'gcc sources: %s\n' "$*" >&3; }

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
    local format=2
    {
        printf '%s\n' "$format" "$package_sha256" "${parts[@]}"
        cat /dev/null "${patches[@]}"
    } | sha256sum | cut -c 1-16
}

unpack() {
    say "unpacking"
    dpkg-deb -x "$package" "$work/package"
    tar -xJf "$work/package/usr/src/gcc-12/gcc-$version-dfsg.tar.xz" -C "$work" --no-same-owner \
        --exclude='gcc-*/*/testsuite/[!M]*' "${parts[@]/#/gcc-$version/}"
    local patch_file
    for patch_file in "${patches[@]}"; do
        patch -d "$work/gcc-$version" -p1 --no-backup-if-mismatch < "$patch_file"
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
    rm -rf "$cache"/gcc-sources.tmp.*
    work=$(mktemp -d "$cache/gcc-sources.tmp.XXXXXX")
    log=$cache/$name.log
    trap clean_up EXIT
    {
        fetch_deb gcc-12-source "$package_version" "$package_suite" "$package_sha256"
        unpack
    } > "$log" 2>&1
    mv -T "$work/gcc-$version" "$cache/$name"
}

main() {
    local name
    name=gcc-sources-$version-$(content_hash)
    if [[ ! -d $cache/$name ]]; then
        mkdir -p "$cache"
        exec 9> "$cache/gcc-sources.lock"
        flock 9
    fi
    # Another run may have unpacked it while this one waited.
    if [[ ! -d $cache/$name ]]; then
        make_tree "$name"
    fi
    printf '%s\n' "$cache/$name"
}

main "$@"
