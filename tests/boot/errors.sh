#!/bin/bash
# What cannot boot says so on the serial console, and ends: never silence.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"

hello=$EXAMPLES/hello

# refused PATTERN [ARG...]: the program is not started, and the machine ended by QEMU's exit with 125.
refused() {
    local message=$1
    shift
    boot "$boot_kernel" "$@"
    # Behind the time and the CPU's number.
    # shellcheck disable=SC2053 # the message is a pattern
    if [[ $(< "$scratch/output") != "["*"] CPU 0: uhyve: cannot boot: "$message || $boot_status != 125 ]] ||
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
        refused "too little memory: at least 16 MiB, and no piece below 4 GiB has more than [56]??? KiB behind the program"
    done
done
machine=pc memory_mib=64

# ---- Command lines ----

for loader in multiboot pvh; do
    refused "an unknown word behind -- on the command line: env=NAME=VALUE, freq=MHz and log=quiet|normal|verbose are known" \
        a -- nonsense
    refused "freq= on the command line takes a number of MHz from 1 to 100000" -- freq=0
    refused "log= on the command line takes quiet, normal or verbose" -- log=loud
    refused "virtio_mmio.device=BYTES@ADDRESS:LINE on the command line is not as it should be" virtio_mmio.device=nonsense
done

# ---- What loaders do wrong ----

loader=multiboot memory_mib=128 boot_kernel=$PROGRAMS/bad_loader boot_options=(-initrd "$hello")
boot "$boot_kernel" nothing
[[ $boot_status == 0 && $(< "$scratch/output") == "Hello from a unikernel" ]] ||
    fail "hello does not run by way of the bad loader: $(cat -v "$scratch/console")"
refused "the loader gives no memory map" no-map
refused "the loader gives no memory map" pvh-no-map
refused "the loader gives no memory map" pvh-version-0
refused "the memory map has no memory where the program lies" empty-map
refused "the memory map has no memory where the program lies" first-mib
refused "the memory map is not as it should be" endless-map
refused "too little memory for the initrd" large-module
refused "too little memory for the initrd" module-of-most
refused "too little memory for so many CPUs" pvh-crowd
# An exception: a map where no memory is mapped.
refused "exception of vector 14, error code 0x0, at 0x*, stack pointer 0x*" pvh-far-map
refused "started neither by a Multiboot 1 loader nor by the PVH boot protocol" unknown
refused "the command line is too long: at most 4095 characters" long-command
refused "the command line has too many words: at most 256" many-words
boot_options=() memory_mib=64

# 100 MiB of data, of which the file has nothing.
boot_kernel=$PROGRAMS/../guest/big_data memory_mib=32
for loader in multiboot pvh; do
    refused "too little memory for the program"
done
memory_mib=64

# ---- Processors ----

for processor in qemu32 pentium3; do
    for machine in pc microvm; do
        for loader in multiboot pvh; do
            boot_kernel=$hello
            refused "this processor has no 64-bit mode"
        done
    done
done
loader=multiboot processor=qemu64,-apic machine=pc
refused "this processor has no local APIC"
processor=qemu64

# ---- How the machine ends where QEMU's device for that is not there ----

# ends RESETS: without a status, and by so many triple faults; none is ACPI's power off.
ends() {
    boot_exit=()
    boot_options+=(-d cpu_reset -D "$scratch/resets")
    rm -f "$scratch/resets"
    boot "$boot_kernel" "${@:2}"
    resets=$(grep -c '^Triple fault$' "$scratch/resets" || true)
    [[ $boot_status == 125 && $boot_qemu_status == 0 && $resets == "$1" ]] ||
        fail "$machine, $processor: status $boot_qemu_status, $resets resets, $(cat -v "$scratch/console")"
    boot_exit=(-device "isa-debug-exit,iobase=0xf4,iosize=4") boot_options=()
}
boot_kernel=$hello
for machine in pc q35 microvm; do
    ends 0 -- log=loud
done
machine=microvm,acpi=off
ends 1 -- log=loud
machine=pc processor=qemu32
ends 1
processor=qemu64 memory_mib=128 boot_kernel=$PROGRAMS/bad_loader boot_options=(-initrd "$hello")
ends 0 no-map
