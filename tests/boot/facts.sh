#!/bin/bash
# What loaders and firmware say of a machine, in all the forms that it may have: memory maps, page tables for very
# much memory, ACPI's tables and the registers that switch it off.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"

bad_loader=$PROGRAMS/bad_loader hello=$EXAMPLES/hello
log=(-- "log=verbose")

wrong() {
    cat "$scratch/machine.log" >&2
    cat -v "$scratch/console" >&2
    fail "$machine, $memory_mib MiB, $what: $1"
}

# runs WORD...: hello, by way of the bad loader, with these words for it.
runs() {
    what=$*
    boot "$bad_loader" "$@"
    [[ $boot_status == 0 && -z $boot_wrong ]] || wrong "status $boot_status $boot_wrong"
    grep -q '^Hello from a unikernel$' "$scratch/output" || wrong "no output"
}

# says PATTERN, says_not PATTERN: a line of the log, behind time and CPU.
says() {
    grep -qE "^\[ *[0-9]+\.[0-9]{6}\] CPU 0: $1\$" "$scratch/output" || wrong "no line: $1"
}
says_not() {
    ! grep -qE "^\[ *[0-9]+\.[0-9]{6}\] CPU 0: $1\$" "$scratch/output" || wrong "a line: $1"
}

# refused PATTERN WORD...
refused() {
    local message=$1
    what=${*:2}
    boot "$bad_loader" "${@:2}"
    # shellcheck disable=SC2053 # the message is a pattern
    [[ $boot_status == 125 && $(< "$scratch/output") == "["*"] CPU 0: uhyve: cannot boot: "$message ]] ||
        wrong "expected: $message"
}

# ---- Memory maps ----

memory_mib=128 boot_options=(-initrd "$hello")

# Pieces that touch or overlap, in any order.
for pieces in 100000-200000,200000-300000,300000-7900000 1400000-7900000,300000-1400000,0-a0000,100000-300000 \
    100000-7900000,100000-1000000 100000-1000000,180000-7900000 100000-200800,200800-7900000; do
    for by_pvh in '' pvh-; do
        runs "${by_pvh}map=$pieces" "${log[@]}"
        says "memory from 0x100000 to 0x7900000"
        says_not "memory from 0x[1-9a-f][0-9a-f]{5,} to 0x([^7]|7[^9]).*"
    done
done

# What is not memory wins, and has whole pages. The rest lies in the largest piece.
for pieces in 100000-7900000,1000000-1400000:2 1000000-1400000:2,100000-7900000 \
    100000-7900000,1000000-1200000:2,1100000-1300000:3,1300000-1400000:4 100000-7900000,1000fff-13ff001:2; do
    runs "map=0-a0000,$pieces" "${log[@]}"
    says "memory from 0x100000 to 0x1000000"
    says "memory from 0x1400000 to 0x7900000"
    says "data of CPUs and start information at 0x1400000, .*"
done
runs map=0-a0000,100000-7900000,5000000-5001000:2 "${log[@]}"
says "data of CPUs and start information at 0x2[0-9a-f]{5}, .*"
says "free memory at 0x[0-9a-f]*, 6[0-9]{4} KiB"

# A hole below 4 GiB is no matter to the memory above.
runs map=0-a0000,100000-7900000,fff00000-100000000,fffffffffffff000-800:2 "${log[@]}"
says "free memory at 0x[0-9a-f]*, 1[0-9]{5} KiB"

# More pieces than there is room for: the smallest are left out.
runs pieces=80 "${log[@]}"
says "65 small pieces of memory are left out: at most 64"
says "memory from 0x100000 to 0x1000000"

# The whole program lies in memory, or nothing runs.
refused "the memory map has no memory where the program lies" map=0-a0000,100000-240000,241000-7900000
refused "the memory map has no memory where the program lies" map=0-a0000,100000-7900000,240000-240001:2
refused "the memory map has no memory where the program lies" map=0-a0000,300000-7900000
refused "too little memory: at least 16 MiB, and no piece below 4 GiB has more than 6??? KiB behind the program" \
    map=0-a0000,100000-900000,1000000-1400000

for words in size=fffffffc size=10 size=0 size=13 short; do
    refused "the memory map is not as it should be" map=0-a0000,100000-7900000 "$words"
done
# What an entry of no length leaves would be one more.
refused "the memory map is not as it should be" map=28-a0000,100000-7900000 size=0
for by_pvh in '' pvh-; do
    refused "the memory map is not as it should be" "${by_pvh}map=100000-7900000,fffffffffffff000-100000"
done

# Memory is not clean: page tables are cleared when they are taken.
boot_options=(-initrd "$PROGRAMS/fill_memory")
what="soiled memory"
boot "$bad_loader" soiled
[[ $boot_status == 0 && $(< "$scratch/output") =~ ^1[01][0-9]" MiB"$ ]] || wrong "status $boot_status"

# As UEFI's firmware leaves it. All of both pieces can be used.
memory_mib=4096 what="a map of UEFI"
boot "$bad_loader" "map=0-a0000,100000-800000,800000-808000:4,808000-80b000,80b000-80c000:4,80c000-811000,\
811000-900000:4,900000-7900000,100000000-104000000"
[[ $boot_status == 0 && $(< "$scratch/output") =~ ^1[56][0-9]" MiB"$ ]] || wrong "status $boot_status"

# ---- Very much memory ----

machine=q35,memory-backend=memory memory_mib=$((768 << 10))
boot_options=(-object "memory-backend-ram,id=memory,size=${memory_mib}M,reserve=off" -initrd "$hello")
runs nothing "${log[@]}"
says "free memory at 0x[0-9a-f]*, 80[0-9]{7} KiB"
# Page tables in little memory reach so far.
runs map=0-a0000,100000-1100000,100000000-8000000000 "${log[@]}"
says "page tables below 4 GiB have room for 262144 of 520192 MiB above it"
says "memory from 0x100000000 to 0x8000000000"
says "free memory at 0x[0-9a-f]*, 2684[0-9]{5} KiB"

# ---- ACPI ----

machine=pc memory_mib=128 cpus=2,sockets=2 boot_options=(-initrd "$hello")

# The bad loader's tables have one CPU, firmware's two.
for tables in pvh-xsdt pvh-xsdt-far pvh-xsdt-sum pvh-xsdt-entry pvh-end-of-area; do
    runs "$tables" "${log[@]}"
    says "1 CPU, found by the ACPI MADT"
done
for tables in pvh-rsdp-sum pvh-rsdp-name; do
    runs "$tables" "${log[@]}"
    says "2 CPUs, found by the ACPI MADT"
done
runs pvh-xsdt-name "${log[@]}"
says "2 CPUs, found by MP tables"

# ---- Registers that switch the machine off ----

# QEMU's device is where the register is said to be, and gives its status by what is written there: sleep type 5
# with the bit that starts it. Before the boot is over, and behind it.
cpus=1 boot_exit=(-device "isa-debug-exit,iobase=0x3c0,iosize=2")
for words in "" "-- nonsense"; do
    for register in pvh-sleep-control:0x34 pvh-long-control:0x3400; do
        what="$register $words"
        # shellcheck disable=SC2086 # none or two
        boot "$bad_loader" "${register%:*}" $words
        ((boot_qemu_status == ((${register#*:} << 1 | 1) & 255))) ||
            wrong "the register was not written to: status $boot_qemu_status"
    done
done
