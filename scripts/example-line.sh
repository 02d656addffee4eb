#!/bin/sh
# example-line.sh FILE: the command that an example's first comment has to build and run it, without the
# arguments that may be left away.
set -eu
line=$(head -n 8 "$1" | sed -nE 's,^[^a-z]*(uhyve-(cc|c\+\+|fortran) .* && uhyve .*)$,\1,p' |
    sed -e 's, *\*/$,,' -e 's, \[.*,,')
[ -n "$line" ]
printf '%s\n' "$line"
