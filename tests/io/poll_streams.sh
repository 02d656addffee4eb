#!/bin/bash
# Programs that wait for standard streams by poll() and select(): pipes, files, /dev/null.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/poll_streams
mkfifo "$scratch/in" "$scratch/out" "$scratch/said"
readonly in=1 out=4 error=8 hangup=16

# begin CPUS WAY: starts it with pipes at 5, 6 and 7.
begin() {
    way="$2 with $1 CPUs"
    "$uhyve" -c "$1" "$program" "$2" < "$scratch/in" > "$scratch/out" 2> "$scratch/said" &
    guest=$!
    exec 5> "$scratch/in" 6< "$scratch/out" 7< "$scratch/said"
}

# says LINE...: the next lines that the guest says.
says() {
    local wanted line
    for wanted in "$@"; do
        IFS= read -r line <&7 || line=nothing
        [[ $line == "$wanted" ]] || fail "$way: it says '$line' and not '$wanted'"
    done
}

end() {
    local status=0
    says nothing
    wait "$guest" || status=$?
    [[ $status == 0 ]] || fail "$way: status $status"
    exec 5>&- 6<&- 7<&-
}

for cpus in 1 2 4; do
    begin "$cpus" input
    says 'now 0'
    printf 'a line\n' >&5
    says "waited $in" 'read 7' 'now 0'
    exec 5>&-
    says "waited $hangup" 'read 0'
    end

    begin "$cpus" output
    says 'full 1'
    head -c 65536 <&6 > "$scratch/piece"
    says "waited $out" 'wrote 4096'
    exec 6<&-
    says "error $error"
    end

    begin "$cpus" both
    says 'ready 0'
    printf x >&5
    says 'found 1' "stream $in" 'pipe 0' 'read 1' 'found 1' 'stream 0' "pipe $in"
    end

    begin "$cpus" several
    says 'ready 0'
    printf x >&5
    says "waited $in" "waited $in" "waited $in" "waited $in"
    end

    begin "$cpus" times
    says 'found 0' 'in time 1'
    end

    begin "$cpus" work
    says 'found 1' 'pipe 1' 'worked 1'
    end

    begin "$cpus" self-pipe
    says 'interrupted 1' 'found 1' "pipe $in"
    end
done

printf x > "$scratch/file"
expect --stdin "$scratch/file" --stderr $'input 5\noutput 5\nclosed 32\n' "$uhyve" "$program" ready
expect --stderr $'input 5\noutput 5\nclosed 32\n' "$uhyve" "$program" ready
