#!/bin/bash
# What configure scripts do with a compiler, step by step.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

cd "$scratch" || exit
export CC=$STAGE/bin/uhyve-cc

# compiles PROGRAM: as AC_COMPILE_IFELSE; links PROGRAM [LIBRARY...]: as AC_LINK_IFELSE.
compiles() {
    rm -f conftest.o
    printf '%s\n' "$1" > conftest.c
    $CC -c -g -O2 conftest.c > log 2>&1 && [[ -s conftest.o ]]
}
links() {
    rm -f conftest
    printf '%s\n' "$1" > conftest.c
    $CC -o conftest -g -O2 conftest.c "${@:2}" > log 2>&1 && [[ -x conftest ]]
}
has_function() {
    # The prototype is wrong on purpose: autoconf asks like this.
    links "char $1(void); int main(void) { return $1(); }"
}

# The name of the executable, by default a.out.
printf 'int main(void) { return 0; }\n' > conftest.c
$CC conftest.c && [[ -x a.out ]] || fail "no a.out"
# Run as a Linux program it dies at its first port access: configure sees a cross compiler.
status=0
(ulimit -c 0 && timeout 5 ./a.out) > log 2>&1 || status=$?
[[ $status -gt 128 ]] || fail "as a Linux program: status $status"
expect "$uhyve" ./a.out

[[ $($CC -dumpmachine) == *-* ]] || fail "-dumpmachine"
[[ $($CC --version | head -n 1) == *' 12.'* ]] || fail "--version: $($CC --version)"
$CC -v 2>&1 | grep > /dev/null 'gcc version 12' || fail "-v"
[[ $(echo __uhyve__ | $CC -E -P -) == 1 ]] || fail "-E"
compiles 'int main(void) { return 0; }' || fail "$(cat log)"
! compiles 'int main(void) { return undeclared; }' || fail "an error is no error"
compiles '#ifndef __GNUC__
#error
#endif' || fail "no GNU C"
for header in stdio.h stdlib.h string.h inttypes.h stdint.h strings.h sys/stat.h sys/types.h unistd.h \
    fcntl.h sys/time.h time.h signal.h limits.h locale.h wchar.h errno.h math.h dirent.h sys/wait.h; do
    compiles "#include <$header>" || fail "no $header: $(cat log)"
done
for header in gnu/libc-version.h features.h.not windows.h linux/kvm.h execinfo.h; do
    ! compiles "#include <$header>" || fail "$header is there"
done
for function in strdup snprintf gettimeofday getline posix_memalign sbrk nanosleep clock_gettime \
    setenv strtoull memmem getentropy strerror_r; do
    has_function $function || fail "no $function: $(cat log)"
done
! has_function no_such_function_anywhere || fail "any function is there"
links 'double pow(double, double); int main(int c, char **v) { return v && pow(c, 2) > 3; }' -lm ||
    fail "-lm: $(cat log)"
links 'int main(void) { return 0; }' -lpthread -ldl -lrt -lutil -lc || fail "usual libraries: $(cat log)"
! links 'int main(void) { return 0; }' -lcurses || fail "a library of the machine is found"
# AC_CHECK_SIZEOF without running.
compiles 'int size[sizeof(long) == 8 && sizeof(void *) == 8 && sizeof(long double) == 16 ? 1 : -1];' ||
    fail "sizes"
! compiles 'int size[sizeof(long) == 4 ? 1 : -1];' || fail "any size is right"
# Dependencies as a side effect, several sources, -pthread, -static, -c -o.
printf '#include <stdio.h>\nint f(void);\nint main(void) { return f(); }\n' > main.c
printf 'int f(void) { return 9; }\n' > f.c
$CC -MD -MF main.d -pthread -static -O2 -c main.c -o main.o && grep -q 'stdio.h' main.d || fail "-MD"
! grep -q '/usr/include' main.d || fail "headers of the machine: $(cat main.d)"
$CC -pthread -static main.o f.c -o both || fail "several inputs"
expect --status 9 "$uhyve" both
