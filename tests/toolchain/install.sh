#!/bin/bash
# What is installed works from any folder, and takes no header from the machine's C library.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

prefix="$scratch/another prefix"
cmake --install "$STAGE/.." --prefix "$prefix" > "$scratch/log" || fail "installing: $(cat "$scratch/log")"
mkdir "$scratch/a program"
cd "$scratch/a program" || exit

cat > program.c << 'END'
#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <threads.h>
int main(void)
{
  int sum = 0;
#pragma omp parallel reduction(+ : sum)
  sum += 1;
  printf("%d\n", sum);
}
END
cat > program.cpp << 'END'
#include <bits/stdc++.h>
#include <omp.h>
int main()
{
  int sum = 0;
#pragma omp parallel reduction(+ : sum)
  sum += 1;
  std::cout << sum << std::endl;
}
END
cat > program.F90 << 'END'
program main
  use omp_lib
  use, intrinsic :: ieee_arithmetic
  implicit none
  integer :: total
  total = 0
  !$omp parallel reduction(+ : total)
  total = total + 1
  !$omp end parallel
  print '(i0)', total
end program
END
# COMPILER SOURCE: at a fixed and at any address.
try() {
    local compiler=$prefix/bin/$1 source=$2 options
    [[ -x $compiler ]] || return 0
    for options in -O2 '-O2 -static-pie' '-Ofast -g'; do
        # shellcheck disable=SC2086 # several options
        expect "$compiler" $options -fopenmp "$source" -o "the program"
        expect --stdout '3
' "$prefix/bin/uhyve" -c 3 "the program"
    done
    expect --stdout '.*' "$compiler" -fopenmp -M "$source"
    ! grep -E '/usr/(local/)?include/' "$scratch/output" || fail "$1 reads headers of the machine"
}
try uhyve-cc program.c
try uhyve-c++ program.cpp
try uhyve-fortran program.F90

# The preprocessor of gfortran looks for headers in its own ways.
if [[ -x $prefix/bin/uhyve-fortran ]]; then
    printf '#include <features.h>\nend\n' > header.F90
    expect --status 1 --stderr '.*features.h: No such file.*' "$prefix/bin/uhyve-fortran" header.F90
fi
