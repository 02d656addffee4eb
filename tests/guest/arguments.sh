#!/bin/bash
# Arguments and environment reach the program, to the byte.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/arguments

# arguments ARG...: with these the program prints just them.
arguments() {
    printf 'argument [%s]\n' "$program" "$@" > "$scratch/expected"
    expect --stdout-file "$scratch/expected" "$uhyve" "$program" "$@"
}

printf 'argument [%s]\n' "$program" > "$scratch/expected"
expect --stdout-file "$scratch/expected" "$uhyve" "$program"
arguments one two
arguments '' ' ' '' 'two words' $'new\nline' $'tab\t'
arguments 'grüße' '日本語' $'\xff\xfe' "\"quotes'" 'back\slash' '$HOME' '*'
arguments -m 1G --stats -- --help -e X=1
arguments "$(printf '%0100000d' 7)"
mapfile -t many < <(seq 5000)
arguments "${many[@]}"

# variables OPTION...: the program's environment is what $scratch/variables says.
variables() {
    { printf 'argument [%s]\n' "$program" && cat "$scratch/variables"; } > "$scratch/expected"
    expect --stdout-file "$scratch/expected" "$@" "$program"
}

export HOST_VARIABLE='of the host' HOST_EMPTY=
: > "$scratch/variables"
variables "$uhyve"
echo 'variable [A=b c=d]' > "$scratch/variables"
variables "$uhyve" -e 'A=b c=d'
variables "$uhyve" --env='A=b c=d'
printf 'variable [%s]\n' 'HOST_VARIABLE=of the host' HOST_EMPTY= NEW= 'UTF=ü' > "$scratch/variables"
variables "$uhyve" -e HOST_VARIABLE -e HOST_EMPTY -e NEW= -e NO_SUCH_VARIABLE -e 'UTF=ü'
printf 'variable [%s]\n' A=1 'B=two words' > "$scratch/variables"
variables env UHYVE_ENV=$'A=1\nB=two words' "$uhyve"
variables env HERMIT_ENV=$'A=1\nB=two words' "$uhyve"
printf 'variable [%s]\n' X=1 'Y= 2' Z= > "$scratch/variables"
variables env -i X=1 'Y= 2' Z= "$uhyve" --env-all
printf 'variable [%s]\n' X=1 UHYVE_ENV_ALL=yes > "$scratch/variables"
variables env -i X=1 UHYVE_ENV_ALL=yes "$uhyve"
printf 'variable [%s]\n' Y=2 X=new > "$scratch/variables"
variables env -i X=old Y=2 "$uhyve" --env-all -e X=new
