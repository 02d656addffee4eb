#!/bin/bash
# What cannot boot says so on the serial console, and ends or halts: never silence.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"

hello=$EXAMPLES/hello

# refused MESSAGE [ARG...]: the program is not started, and the machine ended by QEMU's exit with 125.
refused() {
    local message=$1
    shift
    boot "$boot_kernel" "$@"
    # Behind the time and the CPU's number.
    if [[ $(< "$scratch/output") != "["*"] CPU 0: uhyve: cannot boot: $message" ]] ||
        ((boot_qemu_status != ((125 << 1 | 1) & 255))); then
        cat "$scratch/machine.log" >&2
        cat -v "$scratch/console" >&2
        fail "$loader, $machine, $*: QEMU's status $boot_qemu_status, expected: $message"
    fi
}

# ---- Too little memory ----

boot_kernel=$hello
for machine in pc q35 microvm; do
    for loader in multiboot pvh; do
        memory_mib=8
        refused "too little memory: at least 16 MiB"
    done
done
machine=pc memory_mib=64

# ---- Command lines ----

for loader in multiboot pvh; do
    refused "an unknown word behind -- on the command line: env=NAME=VALUE, freq=MHz and log=quiet|normal|verbose are known" \
        a -- nonsense
    refused "freq= on the command line takes a number of MHz from 1 to 100000" -- freq=0
    refused "log= on the command line takes quiet, normal or verbose" -- log=loud
done

# ---- What loaders do wrong ----

loader=multiboot memory_mib=128 boot_kernel=$PROGRAMS/bad_loader boot_options=(-initrd "$hello")
boot "$boot_kernel" nothing
[[ $boot_status == 0 && $(< "$scratch/output") == "Hello from a unikernel" ]] ||
    fail "hello does not run by way of the bad loader: $(cat -v "$scratch/console")"
refused "the loader gives no memory map" no-map
refused "the loader gives no memory map" pvh-no-map
refused "the memory map has no memory where the program lies" empty-map
refused "the memory map has no memory where the program lies" first-mib
refused "too little memory for the initrd" large-module
refused "started neither by a Multiboot 1 loader nor by the PVH boot protocol" unknown
refused "the command line is too long: at most 4095 characters" long-command
refused "the command line has too many words: at most 256" many-words
boot_options=() memory_mib=64

# ---- Before there is a stack: that halts ----

# halts MESSAGE: the machine says this, and does not end.
halts() {
    local qemu line=''
    boot_file_for "$boot_kernel" ''
    qemu-system-x86_64 -no-user-config -nodefaults -M "$machine" -accel tcg -cpu "$processor" -m 32 \
        -display none -no-reboot -serial stdio -kernel "$boot_file" > "$scratch/pipe" \
        2> "$scratch/machine.log" &
    qemu=$!
    IFS= read -r -t "$boot_limit_s" line < "$scratch/pipe" || true
    kill -0 "$qemu" || fail "QEMU has ended"
    kill -9 "$qemu"
    wait "$qemu" 2> /dev/null || true
    [[ $line == "$1"$'\r' ]] || fail "$machine, $loader, $processor: it said: $line"
}
mkfifo "$scratch/pipe"
# 100 MiB of data, of which the file has nothing.
boot_kernel=$PROGRAMS/../guest/big_data
for loader in multiboot pvh; do
    halts "uhyve: too little memory for the program"
done
boot_kernel=$hello processor=qemu32
for machine in pc microvm; do
    for loader in multiboot pvh; do
        halts "uhyve: this processor has no 64-bit mode"
    done
done
