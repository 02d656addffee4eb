#!/bin/bash
# build-libstdcxx.sh NEWLIB: builds libstdc++ for x86_64-uhyve-elf, against the Newlib in the folder
# NEWLIB, into a cache and prints the folder it is installed in.
#
# It is compiled as programs are, by g++-12 with uhyve.specs. Its configure script asks what can be
# linked, and the kernel library may not have been built yet: what that will have is read from the list
# of its names. The result is kept per content of all that goes into it, so that a second call only
# prints the path. Progress goes to standard error, the tools' output to a log.
#
# UHYVE_CACHE names the cache, UHYVE_JOBS how many compilers run at once.
set -euo pipefail
export LC_ALL=C
exec 3>&2 < /dev/null

readonly version=12.2.0
readonly target=x86_64-uhyve-elf

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
readonly here
readonly tree=$here/../..
readonly newlib=${1:-}/$target
readonly cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}

# What the configure script asks for and the kernel library has, or will have: those that are in the
# list of its exports. _exit and its like, which Newlib asks for, are there in any case.
readonly asked_for=(aligned_alloc cargl catanhl catanl ccoshl ccosl cexpl chmod clock_gettime clogl
    cpowl cprojl csinhl csinl csqrtl ctanhl ctanl fchmod fchmodat fcntl fdopendir fstat getentropy
    gettimeofday link lstat memalign mkdir nanosleep openat poll posix_memalign pthread_cond_clockwait
    pthread_create pthread_mutex_clocklock pthread_rwlock_clockrdlock pthread_rwlock_clockwrlock read
    readlink realpath rmdir sched_yield sem_init sem_timedwait stat symlink sysconf timespec_get truncate
    umask unlinkat utimensat write writev)

say() { printf 'libstdc++: %s\n' "$*" >&3; }

die() {
    say "$*"
    exit 1
}

kernel_names() {
    printf '%s\n' "${asked_for[@]}" | sort | comm -12 - <(grep -v '^#' "$tree/guest/libc/exports.txt" | sort)
}

defined_names() {
    nm -g --defined-only "$newlib"/lib/lib{newlib,m}.a | awk 'NF == 3 { print $3 }' | sort -u
}

# hash_files FOLDER FILE...: names and contents of files and of all files in folders.
hash_files() {
    cd "$1"
    shift
    find "$@" -type f -print0 | sort -z | xargs -0 sha256sum
}

# Everything that the result depends on. Of the trees of gcc and Newlib only what is used, for both
# change more often than that.
input_hash() {
    {
        g++-12 --version
        kernel_names
        defined_names
        (hash_files "$newlib" include)
        (hash_files "$sources" libstdc++-v3 libgcc/gthr-posix.h include)
        (hash_files "$tree" third_party/gcc/build-libstdcxx.sh toolchain/uhyve.specs \
            guest/api/uhyve/sync.h guest/api/uhyve/task.h)
    } | sha256sum | cut -c 1-16
}

# A folder as UHYVE_ROOT of the driver, whose programs can be linked but not run.
make_root() {
    say "configuring"
    mkdir -p "$root/lib"
    cp -R "$newlib/include" "$root/include"
    cp -R "$tree/guest/api/uhyve" "$root/include/uhyve"
    cp "$newlib"/lib/*.a "$root/lib/"
    printf 'ENTRY(main)\nSECTIONS { .text : { *(.text .text.*) } }\n' > "$root/lib/uhyve.ld"
    # Not there yet, and asked for by each link.
    ar rcs "$root/lib/libstdc++.a"
    # Each name in a member of its own: the program may have a function of that name.
    local name
    mkdir "$work/names"
    {
        kernel_names
        printf '%s\n' __cxa_thread_atexit_impl _dl_find_object
        # What the C library needs of the kernel library.
        nm -u "$root/lib/libnewlib.a" "$root/lib/libm.a" | awk 'NF == 2 { print $2 }' | sort -u |
            comm -23 - <(defined_names)
    } | sort -u > "$work/names/list"
    while read -r name; do
        printf '.globl %s\n%s:\n' "$name" "$name" | as -o "$work/names/$name.o" -
    done < "$work/names/list"
    ar rcs "$root/lib/libuhyve.a" "$work/names"/*.o
}

# driver COMPILER: gcc-12 or g++-12 as uhyve-cc and uhyve-c++ call them, with one library for programs
# at fixed and at random addresses. Paths are mapped so that the result does not depend on where it
# was built.
driver() {
    printf '%s -specs=%s -fPIE -ffile-prefix-map=%s=/usr/src/gcc-%s -ffile-prefix-map=%s=/usr/src/build' \
        "$1" "$(cd "$tree/toolchain" && pwd)/uhyve.specs" "$sources" "$version" "$work/build"
}

configure_libstdcxx() {
    # Includes name ../libgcc and ../gcc/BASE-VER relative to here.
    mkdir -p "$work/build/libstdc++-v3" "$work/build/libgcc"
    # In a whole build of gcc libgcc's makes it.
    cp "$sources/libgcc/gthr-posix.h" "$work/build/libgcc/gthr-default.h"
    cd "$work/build/libstdc++-v3"
    local flags='-O2 -ffunction-sections -fdata-sections'
    env CC="$(driver gcc-12)" CXX="$(driver g++-12)" CFLAGS="$flags" CXXFLAGS="$flags" \
        AR=ar AS=as LD=ld NM=nm RANLIB=ranlib OBJCOPY=objcopy OBJDUMP=objdump STRIP=strip \
        "$sources/libstdc++-v3/configure" --build=x86_64-linux-gnu --host=$target --target=$target \
        --prefix=/libstdcxx --libdir=/libstdcxx/lib --with-gxx-include-dir=/libstdcxx/include/c++/12 \
        --disable-shared --disable-multilib --disable-nls --disable-libstdcxx-pch --disable-werror \
        --enable-threads=posix --enable-libstdcxx-threads --enable-libstdcxx-time=yes \
        --enable-libstdcxx-filesystem-ts=yes --enable-tls --enable-clocale=dragonfly 3>&-
}

compile_libstdcxx() {
    say "compiling"
    cd "$work/build/libstdc++-v3"
    make -j"${UHYVE_JOBS:-$(nproc)}"
    make DESTDIR="$work/install" install
    local built=$work/install/libstdcxx installed=$work/root/$target
    mkdir -p "$installed/lib"
    mv "$built/include" "$installed/include"
    mv "$built"/lib/*.a "$installed/lib/"
    ranlib -D "$installed"/lib/*.a
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
build() {
    local name=$1
    # What a killed run left behind: nobody else works here while we hold the lock.
    rm -rf "$cache"/libstdcxx.tmp.*
    work=$(mktemp -d "$cache/libstdcxx.tmp.XXXXXX")
    root=$work/driver
    export UHYVE_ROOT=$root
    log=$cache/$name.log
    trap clean_up EXIT
    {
        make_root
        configure_libstdcxx
        compile_libstdcxx
    } > "$log" 2>&1
    cp "$work/build/libstdc++-v3/config.log" "$cache/$name.config.log"
    mv -T "$work/root" "$cache/$name"
    say "installed in $cache/$name"
}

main() {
    local name
    sources=$("$here/sources.sh")
    name=libstdcxx-$version-$(input_hash)
    if [[ ! -d $cache/$name ]]; then
        mkdir -p "$cache"
        exec 9> "$cache/libstdcxx.lock"
        flock 9
    fi
    # Another run may have built it while this one waited.
    if [[ ! -d $cache/$name ]]; then
        build "$name"
    fi
    printf '%s\n' "$cache/$name"
}

[[ $# == 1 ]] || die "usage: build-libstdcxx.sh NEWLIB"
main
