#!/bin/bash
# Builds Newlib for x86_64-uhyve-elf into a cache and prints the folder it is installed in.
#
# The sources come from Debian's newlib-source package (../fetch.sh). The result is kept per content
# of this folder, of the overlay headers and of the compiler, so that a second call only prints the
# path. Progress goes to standard error, the tools' output to a log.
#
# UHYVE_CACHE names the cache, UHYVE_JOBS how many compilers run at once.
set -euo pipefail
export LC_ALL=C
exec 3>&2 < /dev/null

readonly version=4.5.0.20241231
readonly package_version=4.5.0.20241231-1
readonly package_sha256=6a86ad809eef9d46c4bcdf89ff11a8a4e0879e00dfc9e6a782c5759e3d7c714c
readonly package_suite=trixie

readonly target=x86_64-uhyve-elf
readonly compiler=gcc-12

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
readonly here
readonly overlay=$here/../../guest/libc/include
readonly cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}

say() { printf 'newlib: %s\n' "$*" >&3; }

die() {
    say "$*"
    exit 1
}

# shellcheck source=../fetch.sh
. "$here/../fetch.sh"

# Names and contents of everything that the result depends on.
input_hash() {
    {
        $compiler --version
        cd "$here"
        sha256sum build.sh patches/*.patch
        cd "$overlay"
        find . -name '*.h' -print0 | sort -z | xargs -0 sha256sum
    } | sha256sum | cut -c 1-16
}

unpack_sources() {
    say "unpacking and patching"
    dpkg-deb -x "$package" "$work/package"
    tar -xJf "$work/package/usr/src/newlib/newlib-$version.tar.xz" -C "$work"
    local patch_file
    for patch_file in "$here"/patches/*.patch; do
        patch -d "$source" -p1 --no-backup-if-mismatch < "$patch_file"
    done
    cp -R "$overlay" "$source/overlay"
}

configure_newlib() {
    say "configuring"
    # Without -nostdinc a header that Newlib lacks would silently come from the machine's own C
    # library. One library serves fixed-address and position-independent programs, hence -fPIE.
    # Paths are mapped so that the result does not depend on where it was built.
    local flags compiler_headers
    compiler_headers=$($compiler -print-file-name=include)
    flags="-nostdinc -isystem $source/overlay -isystem $compiler_headers"
    flags+=" -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix -D__uhyve__=1"
    flags+=" -fPIE -ftls-model=local-exec -fno-stack-protector -fcf-protection=none -U_FORTIFY_SOURCE"
    flags+=" -ffile-prefix-map=$source=/usr/src/newlib-$version -ffile-prefix-map=$work/build=/usr/src/build"

    mkdir "$work/build"
    cd "$work/build"
    env CC="$compiler" CC_FOR_TARGET="$compiler $flags" \
        CFLAGS_FOR_TARGET="-O2 -g -ffunction-sections -fdata-sections -Wno-implicit-function-declaration" \
        AR_FOR_TARGET=ar AS_FOR_TARGET=as LD_FOR_TARGET=ld NM_FOR_TARGET=nm RANLIB_FOR_TARGET=ranlib \
        OBJCOPY_FOR_TARGET=objcopy OBJDUMP_FOR_TARGET=objdump READELF_FOR_TARGET=readelf \
        STRIP_FOR_TARGET=strip \
        "$source/configure" --target=$target --prefix=/newlib \
        --disable-multilib --disable-libgloss --disable-newlib-supplied-syscalls \
        --enable-newlib-multithread --enable-newlib-retargetable-locking \
        --enable-newlib-io-long-long --enable-newlib-io-c99-formats \
        --enable-newlib-io-long-double --enable-newlib-io-pos-args --enable-newlib-mb \
        --enable-newlib-iconv \
        --enable-newlib-iconv-encodings=utf_8,utf_16,utf_16le,utf_16be,ucs_4,ucs_4le,iso_8859_1,us_ascii \
        --enable-newlib-global-atexit --enable-newlib-global-stdio-streams
}

compile_newlib() {
    say "compiling"
    cd "$work/build"
    make -j"${UHYVE_JOBS:-$(nproc)}" MAKEINFO=true all-target-newlib
    make MAKEINFO=true DESTDIR="$work/root" install-target-newlib
}

finish_installation() {
    local installed=$work/root/newlib/$target
    cp -R "$overlay/." "$installed/include/"

    # What the kernel library brings itself: memory functions chosen by what the CPU can do, locks in
    # place of ones that do nothing, raise and abort, the report of a smashed stack, the texts of all of
    # Linux's errors, the heap, calls on files and folders, users with names of any length. Order
    # alone would not do: a call from inside this archive is resolved inside it first.
    local member library
    for member in memcpy memmove memset memcmp lock raise abort stack_protector strerror system \
        malloc mallocr freer cfreer calloc callocr realloc reallocf reallocr malign malignr aligned_alloc \
        valloc vallocr pvallocr msize msizer mtrim mallinfor mallstatsr malloptr mstats mlock \
        opendir readdir readdir_r closedir dirfd telldir seekdir rewinddir scandir mktemp rename remove \
        creat getcwd getpwent ttyname ttyname_r pread pwrite; do
        ar d "$installed/lib/libc.a" "libc_a-$member.o"
    done
    for library in libc libm; do
        ranlib -D "$installed/lib/$library.a"
    done
    # Programs written for Linux ask for these by name; what they hold there is in the libraries
    # that every program is linked with.
    for library in libpthread libdl librt libutil libatomic; do
        ar rcs "$installed/lib/$library.a"
    done
    # The linker takes -lc to be the kernel library and then Newlib, so that a program which names -lc
    # itself gets them in the same order as one that does not.
    mv "$installed/lib/libc.a" "$installed/lib/libnewlib.a"
    printf '/* The C library: the kernel library and Newlib. */\nINPUT(-luhyve -lnewlib)\n' > "$installed/lib/libc.a"
    # A copy of libc.a under another name.
    rm -f "$installed/lib/libg.a"
}

# Called with the cache locked.
build() {
    local name=$1
    # What a killed run left behind: nobody else works here while we hold the lock.
    rm -rf "$cache"/newlib.tmp.*
    work=$(mktemp -d "$cache/newlib.tmp.XXXXXX")
    source=$work/newlib-$version
    log=$cache/$name.log
    trap clean_up EXIT
    {
        fetch_deb newlib-source "$package_version" "$package_suite" "$package_sha256"
        unpack_sources
        configure_newlib
        compile_newlib
        finish_installation
    } > "$log" 2>&1
    mv -T "$work/root/newlib" "$cache/$name"
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
    local name
    name=newlib-$version-$(input_hash)
    if [[ ! -d $cache/$name ]]; then
        mkdir -p "$cache"
        exec 9> "$cache/newlib.lock"
        flock 9
    fi
    # Another run may have built it while this one waited.
    if [[ ! -d $cache/$name ]]; then
        build "$name"
    fi
    printf '%s\n' "$cache/$name"
}

main "$@"
