#!/bin/bash
# Which CPUs a machine without the monitor has: by ACPI, by MP tables, by none; those that are not there, that cannot
# be reached, whose local APICs are not numbered one after the other; and how they are started.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"

tasks=$EXAMPLES/tasks bad_loader=$PROGRAMS/bad_loader

wrong() {
    cat "$scratch/machine.log" >&2
    cat -v "$scratch/console" >&2
    fail "$machine, $cpus CPUs: $1"
}

# runs COUNT IDS: the program has run on so many CPUs, and the log has them with these local APICs, in this order.
runs() {
    local ids
    [[ $boot_status == 0 && -z $boot_wrong ]] || wrong "status $boot_status $boot_wrong"
    grep -q "^$1 CPUs\?, 100 ranges" "$scratch/output" || wrong "not $1 CPUs"
    (($(grep -cE '^CPU [0-9]+ +[0-9]+ ranges #*$' "$scratch/output") == $1)) || wrong "not $1 CPUs have worked"
    ids=$(sed -nE 's/^\[ *[0-9]+\.[0-9]{6}\] CPU ([0-9]+): runs, local APIC ([0-9]+)$/\1=\2/p' "$scratch/output" | tr '\n' ' ')
    [[ $ids == "$2 " ]] || wrong "those that run are $ids, not $2"
}

# says PATTERN: a line of the log, behind time and CPU.
says() {
    grep -qE "^\[ *[0-9]+\.[0-9]{6}\] CPU 0: $1\$" "$scratch/output" || wrong "no line: $1"
}

# ---- One that is not there, which takes its time ----

# Alone, for behind it the others must answer soon.
with_missing() {
    cpus=3 memory_mib=128 boot_options=(-initrd "$tasks")
    boot "$bad_loader" madt=0,7,1,9,2 -- log=normal
    says "the CPU with local APIC 7 does not start: it is left out"
    says "the CPU with local APIC 9 does not start: it is left out"
    # Those behind it move up.
    runs 3 "0=0 1=1 2=2"
}
(with_missing)

# ---- ACPI ----

cpus=6,sockets=2,cores=3,threads=1
for machine in pc microvm; do
    boot "$tasks" -- log=normal
    says "6 CPUs, found by the ACPI MADT"
    [[ $machine == microvm ]] || runs 6 "0=0 1=1 2=2 3=4 4=5 5=6"
done

# By each CPU one INIT and one STARTUP; what firmware sends has a short hand for its receivers.
machine=pc cpus=4 boot_options=(-trace apic_mem_writel -D "$scratch/trace")
boot "$tasks" -- log=normal
runs 4 "0=0 1=1 2=2 3=3"
[[ $(grep -c ' 0x300 = 0x00004500$' "$scratch/trace") == 3 &&
    $(grep -c ' 0x300 = 0x000046..$' "$scratch/trace") == 3 ]] || wrong "not one INIT and one STARTUP for each"

# Many: each sleeps when it has come up, until all have. If they turned round meanwhile, as they once did, that
# would take several seconds of the host's processor instead of half of one, however busy the host is.
with_many() {
    local ids used
    machine=q35 processor=max cpus=64 memory_mib=512 boot_options=()
    boot "$tasks" -- log=normal
    times > "$scratch/times"
    says "64 CPUs, found by the ACPI MADT"
    ids=$(seq 0 63 | sed 's/.*/&=&/' | tr '\n' ' ')
    runs 64 "${ids% }"
    # Of programs that were run.
    used=$(sed -n '2s/ .*//p' "$scratch/times")
    [[ $used == 0m[01].* ]] || wrong "the host's processor has worked for $used"
}
(with_many)

# Twice, not to be used, for all, and beyond reach.
cpus=3 memory_mib=128 boot_options=(-initrd "$tasks")
boot "$bad_loader" madt=0,2,x2,1!,255,x4294967295,x300,x301 -- log=normal
runs 2 "0=0 1=2"
says "2 CPUs are left out: local APICs above 254 take x2APIC mode"
# The sum is wrong: SeaBIOS's MP tables, which name one CPU of a package.
boot "$bad_loader" broken-madt=0,1,2 -- log=normal
says "1 CPU, found by MP tables"
runs 1 "0=0"
# A pointer that points to nothing: those of the firmware.
boot "$bad_loader" pvh-no-rsdp -- log=normal
says "3 CPUs, found by the ACPI MADT"
runs 3 "0=0 1=1 2=2"

# ---- MP tables, and none ----

machine=pc,acpi=off
boot "$bad_loader" mp=0,2,1! -- log=normal
says "2 CPUs, found by MP tables"
runs 2 "0=0 1=2"
boot_options=()
boot "$tasks" -- log=normal
says "3 CPUs, found by MP tables"
runs 3 "0=0 1=1 2=2"
# However little is asked for, this is said.
machine=isapc cpus=1 boot_options=(-initrd "$tasks")
boot "$bad_loader" no-tables
says "neither ACPI nor MP tables name CPUs: one is used"

# ---- x2APIC mode: QEMU has it by KVM alone ----

machine=q35,kernel-irqchip=split processor=qemu64,-pni,-svm,+x2apic accelerator=kvm cpus=2,sockets=280,maxcpus=280
boot_options=(-device "intel-iommu,intremap=on,eim=on")
for id in 255 279; do
    boot_options+=(-device "qemu64-x86_64-cpu,pni=off,svm=off,x2apic=on,socket-id=$id,core-id=0,thread-id=0")
done
if [[ -w /dev/kvm ]]; then
    boot "$tasks" -- log=normal
    says "local APIC in x2APIC mode"
    runs 4 "0=0 1=1 2=255 3=279"
else
    echo "no KVM here: x2APIC mode is not tested"
fi
