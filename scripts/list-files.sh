#!/bin/bash
# Prints the project's files of one kind, relative to the repository, one a line.
# usage: list-files.sh c|asm|shell   (asm: assembler sources; shell: by suffix or first line)
#
# In a git checkout: tracked files and new ones that are not ignored, so that what passes before a
# commit passes behind it. Elsewhere: everything outside of the build folders.
set -euo pipefail
export LC_ALL=C
cd "${BASH_SOURCE[0]%/*}/.."

list_all() {
    # The checkout may belong to another user, as CI has it.
    git -c safe.directory='*' ls-files --cached --others --exclude-standard 2> /dev/null ||
        find . -type f -not -path './.git/*' -not -path './build*' -printf '%P\n'
}

# Deleted files are still in git's index.
list_existing() {
    list_all | sort -u | while IFS= read -r file; do
        if [[ -f $file && ! -L $file ]]; then
            printf '%s\n' "$file"
        fi
    done
}

list_shell() {
    local file first
    list_existing | while IFS= read -r file; do
        first=
        IFS= read -r -n 64 first < "$file" 2> /dev/null || true
        if [[ $file == *.sh || $first =~ ^#!.*[/\ ](ba|da)?sh( |$) ]]; then
            printf '%s\n' "$file"
        fi
    done
}

case ${1:-} in
c) list_existing | grep -E '\.[ch]$' ;;
asm) list_existing | grep -E '\.S$' ;;
shell) list_shell ;;
*)
    echo "usage: ${0##*/} c|asm|shell" >&2
    exit 2
    ;;
esac
