#!/bin/bash
# Each guest program of examples/ and tests/ is in the matrix, or it is written down why not: none that is new is
# forgotten. usage: programs.sh BUILD
set -euo pipefail
export LC_ALL=C

here=${BASH_SOURCE[0]%/*}
awk -v build="$1/guest_programs.txt" -v programs="$here/programs.txt" -v excluded="$here/excluded.txt" '
    function wrong(what) { print what; bad = 1 }
    # Whether the list has the program, by its name or the begin of it.
    function is_excluded(name,   begin) {
        for (begin in reason)
            if (begin == name || begin ~ /\*$/ && index(name, substr(begin, 1, length(begin) - 1)) == 1) {
                is_used[begin] = 1
                return 1
            }
        return 0
    }
    BEGIN {
        while ((getline < programs) > 0)
            if (!/^#/ && NF) is_run[$2] = 1
        while ((getline < excluded) > 0) {
            if (/^#/ || !NF) continue
            if (NF < 3) wrong("excluded.txt: " $1 " has no reason")
            reason[$1] = 1
        }
        while ((getline < build) > 0) {
            if ($0 !~ /^(examples|tests)\//) continue
            exists[$0] = 1
            count++
            if (is_excluded($0)) {
                if ($0 in is_run) wrong($0 " is in programs.txt, and in excluded.txt")
            } else if (!($0 in is_run))
                wrong($0 " is neither in programs.txt nor, with the reason, in excluded.txt")
        }
        if (count < 100) wrong(build " has " count " programs")
        # What a build without a language lacks is not seen here.
        has_all = "tests/cxx/cxx_library" in exists && "tests/fortran/fortran_files" in exists
        if (has_all) {
            for (name in is_run) if (!(name in exists)) wrong("programs.txt: there is no " name)
            for (name in reason) if (!(name in is_used)) wrong("excluded.txt: there is no " name)
        }
        printf "%d programs\n", count
        exit bad
    }'
