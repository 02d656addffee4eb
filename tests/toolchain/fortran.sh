#!/bin/bash
# uhyve-fortran: programs in every form, a CMake project of Fortran and C, nothing of the machine's own
# libraries and modules.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

project=$(readlink -f "${BASH_SOURCE[0]%/*}")/fortran_project
fortran=$STAGE/bin/uhyve-fortran
cd "$scratch" || exit
unset CC FC CFLAGS FFLAGS LDFLAGS CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE MAKEFLAGS

cat > program.f90 << 'END'
program main
  use, intrinsic :: ieee_arithmetic
  use omp_lib
  implicit none
  real(16) :: x
  real(8) :: y(1000)
  integer :: i

  y = [(real(i, 8), i=1, 1000)]
  y = sin(y)**2 + cos(y)**2
  x = 1
  print '(a, f0.30, 2(1x, l1))', 'program ', atan(x), ieee_is_nan(y(1)), abs(sum(y) - 1000) < 1d-9
end program main
END
for options in -O0 -O2 -Os -O3 '-O2 -g' '-O2 -static-pie' '-O2 -pie' '-O2 -fPIC' '-O2 -flto' '-O3 -fopenmp' \
    '-Ofast -march=native' '-O2 -fopenmp -static-pie' '-O2 -fno-pie -no-pie' '-O2 -s' '-O2 -fcheck=all' \
    '-O2 -ffunction-sections -Wl,--gc-sections' '-O2 -static-libgfortran' '-O2 -fstack-protector-strong' \
    '-std=f2018 -pedantic'; do
    # shellcheck disable=SC2086 # several options
    expect "$fortran" $options program.f90 -o program
    expect --stdout 'program \.785398163397448309615660845820 F T
' "$uhyve" program
done

# In fixed form, by the header of OpenMP.
printf '%s\n' "      include 'omp_lib.h'" '      print *, omp_get_max_threads()' '      end' > fixed.f
expect "$fortran" -O2 -fopenmp fixed.f -o fixed
expect --stdout ' *2
' "$uhyve" -c 2 fixed

# What it reads and links is ours, but for gcc's own libgcc.
"$fortran" -O2 -fopenmp -cpp program.f90 -o program -Wl,-t > linked 2>&1 || fail "$(cat linked)"
! grep -vE '^[^ ]*(/libgcc(_eh)?\.a|/ccw?[^/]*\.o)$|^/tmp/|'"^$(readlink -f "$STAGE")/" linked > others || fail "links $(cat others)"
"$fortran" -fopenmp program.f90 -o program '-###' > commands 2>&1
for file in finclude libgfortran.spec; do
    grep -q "$(readlink -f "$STAGE")/[^ ]*$file" commands || fail "$file is not ours: $(cat commands)"
done

[[ $(PKG_CONFIG_PATH=$STAGE/lib/pkgconfig pkg-config --variable=fortran uhyve) == */bin/uhyve-fortran ]] ||
    fail "pkg-config: fortran"

cmake -S "$project" -B build \
    -DCMAKE_TOOLCHAIN_FILE="$STAGE/share/cmake/uhyve/uhyve.cmake" > log 2>&1 || fail "configuring: $(cat log)"
cmake --build build > log 2>&1 || fail "building: $(cat log)"
expect --stdout 'Fortran: 2500
' "$uhyve" -c 2 build/program
expect --stdout 'C: 2500
' "$uhyve" -c 2 build/c_program
