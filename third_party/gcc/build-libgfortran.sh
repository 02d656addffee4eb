#!/bin/bash
# build-libgfortran.sh NEWLIB: builds libgfortran, libquadmath and the intrinsic modules against the
# Newlib in the folder NEWLIB, into a cache, and prints the folder they are installed in.
#
# There is no configure step: the compiler is pinned, Newlib too, and what the two have is in
# libgfortran/config.h and libquadmath/config.h. The result is kept per content of what goes into it, so
# that a second call only prints the path. Progress goes to standard error, the tools' output to a log.
#
# UHYVE_CACHE names the cache, UHYVE_JOBS how many compilers run at once.
set -euo pipefail
export LC_ALL=C
exec 3>&2 < /dev/null

readonly target=x86_64-uhyve-elf
readonly version=12.2.0

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
readonly here
readonly headers=${1:-}/$target/include
readonly cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}

say() { printf 'libgfortran: %s\n' "$*" >&3; }

die() {
    say "$*"
    exit 1
}

# hash_files FOLDER FILE...: names and contents of files and of all files in folders.
hash_files() {
    cd "$1"
    shift
    find "$@" -type f -print0 | sort -z | xargs -0 sha256sum
}

# Names and contents of everything that the result depends on. Of the trees of gcc and Newlib only what
# is used, for both change more often than that.
input_hash() {
    {
        gcc-12 --version
        gfortran-12 --version
        (hash_files "$here" build-libgfortran.sh libgfortran libquadmath)
        (hash_files "$headers" .)
        (hash_files "$sources" gcc/fortran include libgcc libgfortran libquadmath)
    } | sha256sum | cut -c 1-16
}

# Programs of both kinds, at fixed and at random addresses, are linked with one library.
compile() {
    say "compiling"
    local system_macros headers_of_gcc flags
    system_macros="-U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix -D__uhyve__=1"
    headers_of_gcc=$(gcc-12 -print-file-name=include)
    flags="$system_macros -nostdinc -fPIE -ftls-model=local-exec -fno-stack-protector -fcf-protection=none"
    flags+=" -ffile-prefix-map=$sources=/usr/src/gcc-$version -ffile-prefix-map=$here=/usr/src/gcc-$version"
    flags+=" -ffile-prefix-map=$work/build=/usr/src/build"

    mkdir "$work/build"
    make -C "$work/build" -f "$here/libgfortran/Makefile" -j"${UHYVE_JOBS:-$(nproc)}" \
        SOURCE="$sources" HERE="$here/libgfortran" \
        CC="gcc-12 $flags -isystem $headers -isystem $headers_of_gcc" \
        FC="gfortran-12 -cpp $flags -fintrinsic-modules-path ."
}

# What gfortran looks for in a folder of its own goes to lib/gcc.
install_files() {
    local root=$work/root/$target
    mkdir -p "$root/include" "$root/lib/gcc/finclude"
    cp "$work"/build/lib*.a "$root/lib/"
    cp "$work"/build/ieee_*.mod "$root/lib/gcc/finclude/"
    cp "$sources/libgfortran/ISO_Fortran_binding.h" "$sources/libquadmath/quadmath.h" "$root/include/"
    cp "$here/libgfortran/libgfortran.spec" "$root/lib/gcc/"
}

# Called with the cache locked.
build() {
    local name=$1
    # What a killed run left behind: nobody else works here while we hold the lock.
    rm -rf "$cache"/libgfortran.tmp.*
    work=$(mktemp -d "$cache/libgfortran.tmp.XXXXXX")
    log=$cache/$name.log
    trap clean_up EXIT
    {
        compile
        install_files
    } > "$log" 2>&1
    mv -T "$work/root" "$cache/$name"
    say "installed in $cache/$name"
}

clean_up() {
    local status=$?
    if ((status != 0)); then
        tail -n 40 "$log" >&3
        say "failed; the whole log is $log"
    fi
    rm -rf "$work"
}

main() {
    [[ -d $headers ]] || die "usage: build-libgfortran.sh NEWLIB"
    sources=$("$here/sources.sh")
    readonly sources
    local name
    name=libgfortran-$version-$(input_hash)
    if [[ ! -d $cache/$name ]]; then
        mkdir -p "$cache"
        exec 9> "$cache/libgfortran.lock"
        flock 9
    fi
    # Another run may have built it while this one waited.
    if [[ ! -d $cache/$name ]]; then
        build "$name"
    fi
    printf '%s\n' "$cache/$name"
}

main "$@"
