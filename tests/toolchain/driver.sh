#!/bin/bash
# uhyve-cc: macros, what it refuses, its pkg-config file, programs in every form.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

cc=$STAGE/bin/uhyve-cc
cd "$scratch" || exit

defined() { echo | "$cc" "${@:2}" -dM -E - | grep -E > /dev/null "^#define $1( |\$)"; }
for standard in gnu17 c17 gnu89; do
    defined __uhyve__ -std=$standard || fail "__uhyve__ is not defined"
    defined __x86_64__ -std=$standard || fail "__x86_64__ is not defined"
    for macro in __linux__ __linux linux __gnu_linux__ __unix__ __unix unix; do
        ! defined $macro -std=$standard || fail "$macro is defined with -std=$standard"
    done
done
for macro in __GLIBC__ __GNU_LIBRARY__; do
    ! echo '#include <stdio.h>' | "$cc" -dM -E - | grep > /dev/null "define $macro " || fail "$macro is defined"
done
defined _REENTRANT -pthread || fail "-pthread does not define _REENTRANT"

# -shared: one line that says so, besides gcc's own last words.
echo 'int f(void) { return 1; }' > f.c
expect --status 1 --stderr '[^
]*-shared is not supported[^
]*
' "$cc" -shared f.c -o f.so
[[ ! -e f.so ]] || fail "-shared makes a file"
echo 'int no_such(void); int main(void) { return no_such(); }' > undefined.c
expect --status 1 --stderr ".*undefined reference to .no_such'.*" "$cc" undefined.c -o undefined

# Programs in several forms, all with the same answer.
cat > program.c << 'END'
#include <stdio.h>
int main(void)
{
  return printf("%s %.2f\n", "program", 1.5) == 13 ? 0 : 1;
}
END
for options in -O0 -O2 -Os -O3 '-O2 -g' '-O2 -static-pie' '-O2 -pie' '-O2 -fPIE' '-O2 -flto' \
    '-O2 -ffast-math' '-O2 -fno-pie -no-pie' '-O2 -fstack-protector-strong' '-O2 -s' \
    '-O2 -ffunction-sections -Wl,--gc-sections' '-O2 -D_FORTIFY_SOURCE=2' '-O2 -march=native' '-std=c11 -pedantic'; do
    # shellcheck disable=SC2086 # several options
    expect "$cc" $options program.c -o program
    expect --stdout 'program 1.50
' "$uhyve" program
    # No interpreter, nothing writable and executable.
    readelf -lW program > headers
    ! grep -qE 'INTERP|RWE' headers || fail "$options: $(cat headers)"
done

# pkg-config knows where things are.
export PKG_CONFIG_PATH=$STAGE/lib/pkgconfig
variable() { readlink -f "$(pkg-config --variable="$1" uhyve)"; }
[[ $(pkg-config --modversion uhyve) =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "pkg-config --modversion"
[[ $(variable cc) == "$(readlink -f "$cc")" ]] || fail "pkg-config: cc is $(variable cc)"
[[ -f $(variable toolchain_file) ]] || fail "pkg-config: no toolchain file"
[[ -f $(variable root)/include/stdio.h ]] || fail "pkg-config: no headers"
[[ -z $(pkg-config --cflags --libs uhyve | tr -d ' ') ]] || fail "pkg-config: flags that gcc need not have"

# The whole may be moved, and called by a link.
cp -R "$STAGE" moved
ln -s "$scratch/moved/bin/uhyve-cc" link-to-cc
expect ./link-to-cc -O2 program.c -o program
expect --stdout 'program 1.50
' moved/bin/uhyve program
