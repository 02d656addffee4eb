#!/bin/bash
# What can be asked of a boot without the monitor on the command line, what it finds out of the processor, and what
# it says of that in its log.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"

boot_needs grub
hello=$EXAMPLES/hello
greeting="Hello from a unikernel"

wrong() {
    cat "$scratch/machine.log" >&2
    cat -v "$scratch/console" >&2
    fail "$machine, $processor, $loader: $1"
}

# greets [WORD...]: the program does what it does with these words behind --. The log is in $scratch/log, where each
# line has had the time and a CPU before it.
greets() {
    boot "$program" "${arguments[@]}" -- "$@"
    [[ $boot_status == 0 && -z $boot_wrong ]] || wrong "status $boot_status $boot_wrong"
    [[ $(grep -vE '^\[ *[0-9]+\.[0-9]{6}\] CPU [0-9]+: ' "$scratch/output") == "$greeting" ]] ||
        wrong "lines without time and CPU"
    grep -vxF "$greeting" "$scratch/output" > "$scratch/log" || true
}
program=$hello arguments=()

# checks PROGRAM [ARG...]: one that checks by itself.
checks() {
    boot "$@"
    [[ $boot_status == 0 && -z $boot_wrong ]] || wrong "${1##*/}: status $boot_status $boot_wrong"
    grep -qE '^[1-9][0-9]* checks, 0 failed$' "$scratch/output" || wrong "${1##*/} has checked nothing"
}

# has REGEX: a line of the log.
has() { grep -qE "^\[ *[0-9]+\.[0-9]{6}\] CPU [0-9]+: $1\$" "$scratch/log" || wrong "no line: $1"; }
has_no() { ! grep -qE "$1" "$scratch/log" || wrong "a line: $1"; }

# ---- Levels of the log ----

cpus=4
for words in "" log=quiet; do
    greets $words
    [[ ! -s $scratch/log ]] || wrong "it says what nobody has asked for"
done
greets log=normal
has "TSC: [0-9]+ kHz by measuring against the PIT, its rate is not said to be constant"
has "started by Multiboot, [0-9]+ KiB of memory"
has "4 CPUs, found by the ACPI MADT"
has "local APIC in xAPIC mode"
# QEMU's counts to 1 GHz.
has "timer: (7[67][0-9]{2}|78[0-9]{2}|79[0-6][0-9]) kHz, with divisor 128"
for cpu in 0 1 2 3; do
    grep -q "\] CPU $cpu: runs, local APIC $cpu$" "$scratch/log" || wrong "CPU $cpu does not say that it runs"
done
has_no "memory from|page tables|is local APIC"
# The time goes on.
tr -d '[]' < "$scratch/log" | sort -c -n -k 1,1 || wrong "the time goes back"
greets log=verbose
for line in "started by Multiboot.*" "memory from 0x100000 to 0x[0-9a-f]+" "CPU 3 is local APIC 3" \
    "image at 0x200000, [0-9]+ KiB" "page tables at .*" "main stack at .*" "free memory at .*"; do
    has "$line"
done
cpus=1 loader=pvh
greets log=normal
has "started by PVH, .*"
has "1 CPU, found by the ACPI MADT"
loader=multiboot

# ---- How the rate of the TSC is found ----

greets log=normal freq=2600.5
has "TSC: 2600500 kHz by the command line, .*"
# One by whose name there is no hypervisor is believed.
processor=qemu64,-hypervisor,model-id="A CPU @ 1.25GHz"
greets log=normal
has "TSC: 1250000 kHz by the processor's name, .*"
# An emulated one is not what it is called.
processor=qemu64,model-id="A CPU @ 0.05GHz"
greets log=normal
has "TSC: [0-9]+ kHz by measuring against the PIT, .*"
has_no "TSC: 50000 kHz"
processor=qemu64,+invtsc,x-force-features=on
greets log=normal
has "TSC: [0-9]+ kHz by .*, its rate is constant"
# Without PIT and without a name there is no way.
processor=qemu64 machine=microvm,pit=off
boot "$hello"
[[ $boot_status == 125 && $(< "$scratch/output") == "["*"] CPU 0: uhyve: cannot boot: nothing tells how fast "* ]] ||
    wrong "it knows how fast the processor is"
greets log=normal freq=2000
has "TSC: 2000000 kHz by the command line, .*"
machine=pc

# ---- What else there may be or not ----

greets log=normal
has_no "real-time clock"
has "random numbers begin with how long things take, which may be guessed: the processor has none"
processor=max
greets log=normal
has "random numbers begin with the processor's own"
processor=qemu64 machine=microvm,rtc=off
greets log=normal
has "no real-time clock: the time of day begins in 1970"
machine=pc

# ---- Processors ----

# Without no-execute; of Intel's, without a hypervisor, whose registers for P-states say nothing.
processor=qemu64,-nx
greets log=normal
processor=Haswell,-hypervisor,+est,+invtsc,x-force-features=on
greets log=normal freq=2600
has "P-state: left as it is, its registers are not there"

# ---- Files ----

loader=pvh processor=max program=$HELLO_PIE
greets log=verbose
has "it is mapped at 0x10[0-9a-f]+"
program=$hello

# An archive as root file system, by both loaders; of two modules the first one.
mkdir "$scratch/root"
echo "from the archive" > "$scratch/root/file"
tar -C "$scratch/root" -cf "$scratch/root.tar" file
printf 'file\n' | (cd "$scratch/root" && cpio --quiet -o -H newc) > "$scratch/root.cpio"
for loader in multiboot pvh; do
    for archive in tar cpio; do
        boot_options=(-initrd "$scratch/root.$archive")
        [[ $loader == pvh ]] || boot_options=(-initrd "$scratch/root.$archive,$hello")
        boot "$PROGRAMS/print_file" /file
        [[ $boot_status == 0 && $(< "$scratch/output") == "from the archive" ]] || wrong "no $archive"
    done
done
# By GRUB as a module.
loader=grub boot_module=$scratch/root.tar boot_options=()
boot "$PROGRAMS/print_file" /file
[[ $boot_status == 0 && $(< "$scratch/output") == "from the archive" ]] || wrong "no module"
loader=multiboot boot_module=''

# ---- What QEMU has by KVM alone: MSRs that fault, deadlines, x2APIC mode, what a hypervisor says of the TSC ----

if [[ -w /dev/kvm ]]; then
    accelerator=kvm processor=max,-arch-capabilities,-svm,-vmx,+invtsc,+vmware-cpuid-freq
    boot_options=()
    greets log=normal
    has "TSC: [0-9]+ kHz by the hypervisor's CPUID leaf 0x40000010, its rate is constant"
    has "local APIC in x2APIC mode"
    has "timer: deadlines of the TSC"
    # Which have to come in time, and what else there is by KVM alone: the registers of AVX-512.
    checks "$PROGRAMS/../guest/sleep"
    if grep -qw avx512f /proc/cpuinfo; then
        arguments=(-- env=NEEDS_AVX512=1)
    else
        echo "no AVX-512 here: its registers are not tested"
    fi
    cpus=2
    checks "$PROGRAMS/../stress/registers" 0 300 "${arguments[@]}"
    arguments=()
    cpus=1
    processor=max,-arch-capabilities,-svm,-vmx,-hypervisor,vendor=GenuineIntel,+est,+avx,+invtsc,x-force-features=on
    greets log=normal freq=2600
    has "P-state: left as it is, its registers are not there"
    processor=qemu64,-pni,-svm,-x2apic
    greets log=normal
    has "local APIC in xAPIC mode"
else
    echo "no KVM here: x2APIC mode, deadlines, and what a hypervisor says of the TSC are not tested"
fi
