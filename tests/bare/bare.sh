#!/bin/bash
# Guests without a monitor: bare.sh CASE FOLDER_OF_PROGRAMS HELLO
set -euo pipefail

what=$1 programs=$2 hello=$3
command -v qemu-system-x86_64 > /dev/null || {
    echo "skipped: there is no qemu-system-x86_64"
    exit 77
}
scratch=$(mktemp -d)
trap 'exec 3>&-; rm -rf "$scratch"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    cat -v "$scratch/output" >&2
    exit 1
}

# boot MACHINE FILE [OPTION]...: until QEMU has ended; without isa-debug-exit unless an option says so. $console are
# the options that make its console QEMU's input and output.
console=(-serial stdio)
boot() {
    local machine=$1 file=$2
    shift 2
    timeout 60 qemu-system-x86_64 -M "$machine" -m 64 -display none "${console[@]}" -kernel "$file" "$@" \
        > "$scratch/output"
}

# The same with a virtio console, of these devices; the serial line goes to $scratch/serial.
with_console() {
    console=(-global virtio-mmio.force-legacy=false -chardev "stdio,id=console" "$@" -device "virtconsole,chardev=console"
        -serial "file:$scratch/serial")
}

serial_is() {
    [[ $(tr -d '\r' < "$scratch/serial") == "$1" ]] || fail "on the serial line: $(cat -v "$scratch/serial")"
}

# The console is not used: on the serial line stands why, and all the rest.
serial_is_refusal() {
    local lines
    mapfile -t lines < <(tr -d '\r' < "$scratch/serial")
    [[ ${#lines[@]} == 3 && ${lines[0]} =~ ^'['\ +[0-9]+\.[0-9]{6}'] CPU 0: uhyve: a console cannot be used: '"$1"$ &&
        ${lines[1]} == 'Hello from a unikernel' && ${lines[2]} == 'uhyve: ended with status 0' ]] ||
        fail "on the serial line: $(cat -v "$scratch/serial")"
    [[ ! -s $scratch/output ]] || fail "the console is used"
}

has() { grep -qE -e "$1" <(tr -d '\r' < "$scratch/output") || fail "no $1"; }

# The output so far, or what is in file $2, has a line $1, or QEMU has ended.
wait_for() {
    until grep -qE -e "$1" "${2:-$scratch/output}" 2> /dev/null; do
        kill -0 "$qemu" 2> /dev/null || fail "ended before $1"
        sleep 0.05
    done
}

# Whether the output has a line $1 within 5 s.
comes_soon() {
    local i
    for ((i = 0; i < 100; i++)); do
        ! grep -qE -e "$1" "$scratch/output" || return 0
        kill -0 "$qemu" 2> /dev/null || fail "ended before $1"
        sleep 0.05
    done
    return 1
}

# Its input is what is written to descriptor 3.
boot_with_input() {
    exec 3>&-
    rm -f "$scratch/input"
    mkfifo "$scratch/input"
    : > "$scratch/output"
    boot "$@" < "$scratch/input" &
    qemu=$!
    exec 3> "$scratch/input"
}

# ---- A session each, with the program of this folder: MACHINE [OPTION]... ----

edit_lines() {
    local machine=$1
    shift
    boot_with_input "$machine" "$programs/console" -append lines "$@"
    wait_for ready
    printf 'one\rthrew\177\177ee\nlost\025three\n\n' >&3
    wait_for 'line 4'
    printf 'last\004\004' >&3
    wait "$qemu" || fail "$?"
    # The echo of what came early is in between.
    has 'line 1: \[one\]$'
    has 'line 2: \[three\]$'
    has 'line 3: \[three\]$'
    has 'line 4: \[\]$'
    has 'line 5: \[last\]$'
    has '^end of input$'
    has '^uhyve: ended with status 5$'
}

press_keys() {
    local machine=$1
    shift
    boot_with_input "$machine" "$programs/console" -append keys "$@"
    wait_for ready
    printf 'k' >&3
    wait_for 'key k'
    # One that comes before the program waits for a key ends no wait.
    until
        printf '\003' >&3
        comes_soon 'once more'
    do :; done
    printf '\003' >&3
    wait "$qemu" || fail "$?"
    has 'uhyve: ended with status 130$'
}

# A program that reads nothing, and a key behind more than the terminal keeps.
interrupt_busy() {
    local machine=$1
    shift
    boot_with_input "$machine" "$programs/console" -append busy "$@"
    wait_for ready
    printf 'a%.0s' {1..5000} >&3
    printf '\003' >&3
    wait "$qemu" || fail "$?"
    has 'uhyve: ended with status 130$'
}

# A server that waits for its network.
interrupt_server() {
    boot_with_input "$1" "${hello%/*}/echo_epoll" -append 7777 "${@:2}"
    wait_for 'at port 7777'
    printf '\003' >&3
    wait "$qemu" || fail "$?"
    has 'uhyve: ended with status 130$'
}

# A program that does not write either.
interrupt_silent() {
    boot_with_input "$1" "$programs/console" -append silent
    printf '\003' >&3
    wait "$qemu" || fail "$?"
    has 'uhyve: ended with status 130$'
}

# The verdict is a line of its own, and the last, whatever other CPUs write.
end_amid() {
    local i
    for ((i = 0; i < 5; i++)); do
        boot "$1" "$programs/console" -append amid -smp 3 "${@:2}" < /dev/null || fail "$*: $?"
        [[ $(tail -n 1 "$scratch/output") == $'uhyve: ended with status 3\r' ]] || fail "$*: no verdict at the end"
    done
}

# A megabyte comes in order and complete. To a file: QEMU drops what a reader of its virtio console does not take at
# once.
write_much() {
    local i
    boot "$1" "$programs/console" -append much "${@:2}" < /dev/null || fail "$*: $?"
    for ((i = 0; i < 65536; i++)); do
        printf '%08d seven.\n' "$i"
    done > "$scratch/expected"
    echo 'uhyve: ended with status 0' >> "$scratch/expected"
    tr -d '\r' < "$scratch/output" | cmp "$scratch/expected" - || fail "$*: not what was written"
}

# As much by three at a time, and one who polls: each line whole. MACHINE [OPTION]...
write_together() {
    local letter
    boot "$1" "$programs/console" -append together -smp 2 "${@:2}" < /dev/null || fail "$*: $?"
    for letter in a b c; do
        (($(tr -d '\r' < "$scratch/output" | grep -cE "^$letter{999}\$") == 500)) || fail "$*: not what was written"
    done
    has '^uhyve: ended with status 0$'
}

# The attacker is ended, with status and words: MACHINE STATUS WORDS ARGUMENTS [OPTION]...
attack() {
    boot "$1" "$programs/../abuse/abuse" -append "$4" "${@:5}" < /dev/null || fail "$*: $?"
    has "uhyve: $3"
    [[ $(tail -n 1 "$scratch/output") == "uhyve: ended with status $2"$'\r' ]] || fail "$*: it ends otherwise"
}

# Without the names of PCI devices, which are between ": " and the interrupt's line, if there is one.
without_names() {
    local begin='^(PCI [0-9a-f:.]+ [0-9a-f:]+ [a-z ]+): .*'
    sed -E -e "s/$begin(, line [0-9]+)\$/\1\2/; t" -e "s/$begin/\1/"
}

# What the log says of PCI is $1 and these lines: MACHINE [OPTION]...
log_says() {
    local expected=$1
    shift
    [[ ${PCI_NAMES:-1} == 1 ]] || expected=$(without_names <<< "$expected") # the build has none
    boot "$1" "$hello" -append "-- log=verbose" "${@:2}" < /dev/null || fail "$*: $?"
    tr -d '\r' < "$scratch/output" | sed -nE 's/^\[ +[0-9]+\.[0-9]{6}\] CPU 0: (no PCI|PCI )/\1/p' > "$scratch/pci"
    diff - "$scratch/pci" <<< "$expected" || fail "$*: not what the log should say"
}

case $what in
ends)
    # A reset would begin again, and never end.
    for machine in pc q35 microvm; do
        boot "$machine" "$hello" < /dev/null || fail "$machine: no ACPI power off"
        has '^uhyve: ended with status 0$'
    done
    # Neither isa-debug-exit nor ACPI.
    boot microvm,acpi=off "$hello" -no-reboot < /dev/null || fail "no reset"
    has '^uhyve: ended with status 0$'
    status=0
    boot pc "$hello" -device isa-debug-exit,iobase=0xf4,iosize=4 < /dev/null || status=$?
    [[ $status == 1 ]] || fail "isa-debug-exit: $status"
    end_amid pc
    ;;
random)
    # Two boots take the same time to the cycle; only the processor's own numbers make them differ.
    same=(-append "random -- freq=1000" -cpu max -icount "shift=1,sleep=off" -rtc "base=2020-01-01,clock=vm")
    boot pc "$programs/console" "${same[@]}" < /dev/null
    has '^[0-9a-f]{32}$'
    mv "$scratch/output" "$scratch/first"
    boot pc "$programs/console" "${same[@]}" < /dev/null
    has '^[0-9a-f]{32}$'
    ! cmp -s "$scratch/first" "$scratch/output" || fail "the same random numbers again"
    ;;
spurious)
    # Until a program wants them, both controllers are masked, behind the exceptions' vectors.
    mkfifo "$scratch/monitor".{in,out}
    boot_with_input pc "$programs/console" -append lines -monitor "pipe:$scratch/monitor"
    wait_for ready
    echo 'info pic' > "$scratch/monitor.in"
    cat "$scratch/monitor.out" > "$scratch/pics" &
    wait_for '^pic0: .* fnm=' "$scratch/pics" # the answer's last line
    printf '\004' >&3
    wait "$qemu" || fail "$?"
    for wanted in 'pic0: .* imr=ff .* irq_base=20 ' 'pic1: .* imr=ff .* irq_base=28 '; do
        grep -q "^$wanted" "$scratch/pics" || fail "$(grep '^pic' "$scratch/pics")"
    done
    boot pc "$programs/spurious" -parallel null -d int -D "$scratch/interrupts" < /dev/null
    has '^survived$'
    has '^uhyve: ended with status 0$'
    for vector in 20 27; do
        grep -q "INT=0x$vector" "$scratch/interrupts" || fail "no interrupt of vector 0x$vector came"
    done
    ;;
lines) edit_lines pc ;;
keys) press_keys q35 -smp 2 ;;
busy)
    interrupt_busy pc
    interrupt_silent q35
    ;;
virtio_pci)
    with_console -device virtio-serial-pci
    edit_lines q35
    serial_is 'uhyve: ended with status 5'
    press_keys pc -smp 2
    interrupt_busy q35
    # By its line.
    with_console -device virtio-serial-pci,vectors=0
    interrupt_busy q35
    edit_lines pc
    # What is said of a crash is on both.
    boot q35 "$programs/bare_crash" < /dev/null
    has ': bad access: write to 0x0000000000000008 \(null pointer\)$'
    has '^uhyve: ended with status 139$'
    grep -q ': bad access: write to 0x0000000000000008' "$scratch/serial" || fail "no crash on the serial line"
    # Its addresses would be those of an IOMMU, if one were on.
    with_console -device virtio-serial-pci,disable-legacy=on,iommu_platform=on
    edit_lines q35
    # Too old a device.
    with_console -device virtio-serial-pci,disable-modern=on
    boot pc "$hello" < /dev/null
    serial_is_refusal 'its virtio is older than 1.0 (QEMU: disable-modern=off)'
    ;;
virtio_mmio)
    with_console -device virtio-serial-device
    edit_lines microvm
    serial_is 'uhyve: ended with status 5'
    press_keys microvm -smp 2
    interrupt_busy microvm
    interrupt_busy microvm,acpi=off -no-reboot
    edit_lines microvm,isa-serial=off
    # Each slot has one line: that of 23 is not one of 15's.
    with_console -device virtio-serial-device,bus=virtio-mmio-bus.15 -netdev user,id=net \
        -device virtio-net-device,bus=virtio-mmio-bus.23,netdev=net
    interrupt_server microvm
    # The second I/O APIC is left out: eight slots, behind the legacy devices' lines.
    with_console -device virtio-serial-device,bus=virtio-mmio-bus.0 -netdev user,id=net \
        -device virtio-net-device,bus=virtio-mmio-bus.7,netdev=net
    interrupt_server microvm,ioapic2=off
    interrupt_server microvm,acpi=off -no-reboot
    with_console -device virtio-serial-device -global virtio-mmio.force-legacy=true
    boot microvm "$hello" < /dev/null
    serial_is_refusal 'its virtio is older than 1.0 (QEMU: -global virtio-mmio.force-legacy=false)'
    ;;
virtio_ports)
    channel=(-chardev "null,id=channel" -device "virtserialport,chardev=channel,name=org.qemu.guest_agent.0")
    # Channels alone, or nothing at all: the serial line is the console.
    for interrupts in "" ,vectors=1 ,vectors=0; do
        console=(-serial stdio -device "virtio-serial-pci$interrupts")
        edit_lines q35
        console+=("${channel[@]}")
        edit_lines pc
        press_keys q35 -smp 2
    done
    console=(-serial stdio -device "virtio-serial-pci,packed=on,event_idx=off" "${channel[@]}")
    edit_lines q35
    # It is said where the log is asked for, and else nothing.
    boot q35 "$hello" < /dev/null
    [[ $(tr -d '\r' < "$scratch/output") == $'Hello from a unikernel\nuhyve: ended with status 0' ]] || fail "more is said"
    boot q35 "$hello" -append "-- log=normal" < /dev/null
    has '^\[ +[0-9]+\.[0-9]{6}\] CPU 0: a virtio device that has no port for a console is left alone$'
    has '^Hello from a unikernel$'
    # A console beside channels: of the same controller, and of the next one.
    for interrupts in "" ,vectors=2 ,vectors=0 ,packed=on; do
        with_console -device "virtio-serial-pci$interrupts" "${channel[@]}"
        edit_lines q35
        serial_is 'uhyve: ended with status 5'
    done
    for interrupts in "" ,vectors=0; do
        with_console -device "virtio-serial-pci,id=first$interrupts" "${channel[@]}" \
            -device "virtio-serial-pci,id=second$interrupts"
        console[-3]+=",bus=second.0"
        edit_lines q35
        serial_is 'uhyve: ended with status 5'
    done
    # One port, of which there is nothing to ask.
    with_console -device virtio-serial-pci,max_ports=1
    edit_lines q35
    serial_is 'uhyve: ended with status 5'
    console=(-serial stdio -global virtio-mmio.force-legacy=false -device virtio-serial-device "${channel[@]}")
    edit_lines microvm
    press_keys microvm -smp 2
    with_console -device virtio-serial-device "${channel[@]}"
    edit_lines microvm
    serial_is 'uhyve: ended with status 5'
    interrupt_busy microvm
    ;;
pci)
    # A machine that has one host bridge is not searched for others: each register is a choice by port 0xcf8.
    boot pc "$hello" -d trace:memory_region_ops_write -D "$scratch/writes" < /dev/null
    choices=$(grep -c 'addr 0xcf8 ' "$scratch/writes" || true)
    ((choices > 0 && choices < 4000)) || fail "PCI's registers were chosen $choices times"
    # Names are those of Debian's pci.ids. Behind bridges, by ports and by memory.
    console=(-serial stdio -nodefaults)
    bridges=(-device "pcie-root-port,id=root,chassis=1,addr=2" -device "virtio-net-pci,bus=root"
        -device "pci-bridge,id=bridge,chassis_nr=2,addr=3" -device "rtl8139,bus=bridge,addr=4"
        -device "pci-bridge,id=second,chassis_nr=3,bus=bridge,addr=5" -device "e1000,bus=second,addr=1")
    listed='PCI configuration by memory at 0xb0000000, buses: 256
PCI 00:00.0 8086:29c0 bridge: Intel Corporation 82G33/G31/P35/P31 Express DRAM Controller
PCI 00:02.0 1b36:000c bridge: Red Hat, Inc. QEMU PCIe Root port, line 11
PCI 01:00.0 1af4:1041 network: Red Hat, Inc. Virtio 1.0 network device, line 11
PCI 00:03.0 1b36:0001 bridge: Red Hat, Inc. QEMU PCI-PCI bridge, line 11
PCI 02:04.0 10ec:8139 network: Realtek Semiconductor Co., Ltd. RTL-8100/8101L/8139 PCI Fast Ethernet Adapter, line 11
PCI 02:05.0 1b36:0001 bridge: Red Hat, Inc. QEMU PCI-PCI bridge, line 10
PCI 03:01.0 8086:100e network: Intel Corporation 82540EM Gigabit Ethernet Controller, line 10
PCI 00:1f.0 8086:2918 bridge: Intel Corporation 82801IB (ICH9) LPC Interface Controller
PCI 00:1f.2 8086:2922 storage: Intel Corporation 82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA Controller [AHCI mode], line 10
PCI 00:1f.3 8086:2930 serial bus: Intel Corporation 82801I (ICH9 Family) SMBus Controller, line 10'
    log_says "$listed" q35 "${bridges[@]}"
    log_says 'PCI configuration by ports
PCI 00:00.0 8086:1237 bridge: Intel Corporation 440FX - 82441FX PMC [Natoma]
PCI 00:01.0 8086:7000 bridge: Intel Corporation 82371SB PIIX3 ISA [Natoma/Triton II]
PCI 00:01.1 8086:7010 storage: Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II]
PCI 00:01.3 8086:7113 bridge: Intel Corporation 82371AB/EB/MB PIIX4 ACPI, line 9
PCI 00:05.0 1b36:0001 bridge: Red Hat, Inc. QEMU PCI-PCI bridge, line 10
PCI 01:06.0 1b36:0001 bridge: Red Hat, Inc. QEMU PCI-PCI bridge, line 11
PCI 02:07.0 1234:1111 display' pc -device pci-bridge,id=bridge,chassis_nr=1,addr=5 \
        -device pci-bridge,id=second,chassis_nr=2,bus=bridge,addr=6 -device VGA,bus=second,addr=7
    # Of further host bridges.
    boot q35 "$hello" -append "-- log=verbose" -device "pxb-pcie,id=host,bus_nr=7" \
        -device "pcie-root-port,id=root,bus=host,chassis=5" -device "virtio-net-pci,bus=root" < /dev/null || fail "$?"
    has ': PCI 08:00\.0 1af4:1041 network'
    boot pc "$hello" -append "-- log=verbose" -device "pxb,id=host,bus_nr=7" -device "e1000,bus=host,addr=1" \
        < /dev/null || fail "$?"
    has ': PCI 08:01\.0 8086:100e network'
    log_says 'no PCI' microvm
    has '^\[ +[0-9]+\.[0-9]{6}\] CPU 0: I/O APIC at 0xfec10000, lines from 24 on$'
    ;;
virtio_old)
    # Cards of microvm are older than 1.0 unless QEMU is told otherwise.
    interrupt_server microvm -netdev user,id=net -device virtio-net-device,netdev=net
    says='\] CPU 0: uhyve: a network card cannot be used: its virtio is older than 1\.0 \(QEMU: -global virtio-mmio\.force-legacy=false\)'
    has "^\[ +[0-9]+\.[0-9]{6}$says\$"
    (($(grep -c 'cannot be used' "$scratch/output") == 1)) || fail "it is said more than once"
    ;;
virtio_much)
    with_console -device virtio-serial-pci
    write_much q35
    with_console -device virtio-serial-pci,vectors=0
    write_much pc -smp 2
    with_console -device virtio-serial-device
    write_much microvm
    for rings in "" ,event_idx=off ,packed=on ,packed=on,event_idx=off; do
        with_console -device "virtio-serial-pci$rings"
        write_together q35
    done
    ;;
attacks)
    # What attacks the nucleus, of tests/abuse. (A file's name is before the words, but not of the nucleus' own end.)
    written='[^ ]+: bad access: write to 0x[0-9a-f]+ \(read-only memory\)$'
    by_window='[^ ]+: bad access: write to 0x0000100000[0-9a-f]+ \(read-only memory\)$'
    executed='[^ ]+: bad access: execution of 0x[0-9a-f]+ \(memory that is not executable\)$'
    privileged='[^ ]+: privileged instruction or non-canonical address$'
    attack pc 139 "$written" "memory write-nucleus"
    attack pc 139 '[^ ]+: bad access: read from 0x[0-9a-f]+ \(protected memory\)$' "memory read-nucleus"
    attack pc 139 "$written" "memory write-nucleus-data"
    attack pc 139 "$by_window" "memory write-page-table"
    attack pc 139 "$by_window" "memory write-code-by-window"
    for where in data window; do attack pc 139 "$executed" "memory execute-$where"; done
    for instruction in hlt rdmsr cli; do attack pc 139 "$privileged" "privileged $instruction"; done
    # A write of the program (6), of which the nucleus cannot tell it.
    attack pc 126 'the nucleus failed: vector 14, error code 0x6, at 0x[0-9a-f]+, ' "kernel active-forever"
    attack q35 139 "$by_window" "memory write-page-table" -cpu max -smp 2
    attack q35 139 "$executed" "memory execute-window" -cpu max
    ;;
crashes)
    boot pc "$programs/bare_crash" < /dev/null
    has ': bad access: write to 0x0000000000000008 \(null pointer\)$'
    has '^uhyve: ended with status 139$'
    # The addresses lead to the functions.
    tr -d '\r' < "$scratch/output" | sed -n 's/^ *#[0-9]* \(0x[0-9a-f]*\)$/\1/p' > "$scratch/addresses"
    addr2line -f -e "$programs/bare_crash" < "$scratch/addresses" | grep -v : > "$scratch/names"
    [[ $(head -n 1 "$scratch/names") == poke ]] || fail "$(cat "$scratch/names")"
    grep -qx main "$scratch/names" || fail "$(cat "$scratch/names")"
    boot pc "$programs/bare_crash" -append abort < /dev/null
    has ': aborted \(SIGABRT\)'
    has '^uhyve: ended with status 134$'
    boot q35 "$programs/bare_crash" -append deep -smp 2 < /dev/null
    has ': stack overflow at 0x'
    has '^uhyve: ended with status 139$'
    boot q35 "$programs/bare_crash" -append illegal < /dev/null
    has ': illegal instruction$'
    has '^uhyve: ended with status 132$'
    ;;
esac
