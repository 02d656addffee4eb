#!/bin/bash
# How Fortran programs end: exit status and messages, of gfortran's own errors too.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

backtrace='
Error termination. Backtrace:
(#[0-9]+  0x[0-9a-f]+
){5,}'
signal_backtrace='
Backtrace for this error:
(#[0-9]+  0x[0-9a-f]+
){5,}'

# ends STATUS STDERR WAY [NUMBER]
ends() {
    expect --status "$1" --stdout "ending by $3
( *0|Infinity| *)*" --stderr "$2" "$uhyve" "$PROGRAMS/endings" "$3" "${4:-11}"
}

# A run-time error at a line of the program.
error() {
    ends 2 "At line [0-9]+ of file [^
]*endings.f90( \(unit = [0-9]+[^
]*\))?
Fortran runtime error: $1
$backtrace" "${@:2}"
}

ends 0 '' stop
ends 3 'STOP 3
' stop-number
ends 0 'STOP enough
' stop-text
ends 4 '' stop-quiet
ends 1 "ERROR STOP 
$backtrace" error-stop
ends 7 "ERROR STOP 7
$backtrace" error-stop-number
ends 1 "ERROR STOP too much
$backtrace" error-stop-text
ends 9 '' exit
ends 134 '
Program aborted. Backtrace:.*aborted \(SIGABRT\).*endings.f90.*' abort

error "Index '11' of dimension 1 of array 'a' above upper bound of 10" bounds
error "Substring out of bounds: upper bound \(111\) of 'way' exceeds string length \(20\)" substring
error "Attempt to DEALLOCATE unallocated 'none'" deallocate
error "Index '11' of dimension 1 of array 'none' above upper bound of 0" unallocated
error "Index '11' of dimension 1 of array 'a' outside of expected range \(10:1\)" shape
error 'Bad integer for item 1 in list input' read
error 'End of file' end
error 'Expected REAL for item 1 in formatted transfer, got INTEGER.*' format-integer
error 'Expected INTEGER for item 1 in formatted transfer, got REAL.*' format
error "Cannot open file '/no/such/file': No such file or directory" open
ends 0 '' scratch
error 'DO step value is zero' step 0
ends 1 "In file '[^']*endings.f90', around line [0-9]*: Error allocating 8796093022208 bytes: Cannot allocate memory
$backtrace" allocate

# Exceptions: noted at a stop, trapped where the program asks for it.
expect --stdout '.*Infinity.*' --stderr '' "$uhyve" "$PROGRAMS/endings" divide 11
expect --stdout '.*Infinity.*' --stderr 'Note: The following floating-point exceptions are signalling: IEEE_DIVIDE_BY_ZERO
STOP divided
' "$uhyve" "$PROGRAMS/endings" divide-stop 11
expect --status 136 --stdout '.*' --stderr "
Program received signal SIGFPE: Floating-point exception - erroneous arithmetic operation.
$signal_backtrace.*endings.f90.*" "$uhyve" "$PROGRAMS/endings_trap" divide 11
ends 139 "
Program received signal SIGSEGV: Segmentation fault - invalid memory reference.
$signal_backtrace.*endings.f90.*" signal
ends 0 '(#[0-9]+  0x[0-9a-f]+
){5,}' backtrace
