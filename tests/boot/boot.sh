# To be sourced by tests of the boot without the monitor: starts a program in a machine that QEMU emulates, by QEMU
# itself or by libvirt, and takes the verdict from the end of what it has written on the serial console.
#
# A machine is in these variables:
#   by          qemu or libvirt
#   loader      multiboot, pvh (QEMU's own, by -kernel), or grub (from a CD)
#   machine     pc, q35 or microvm, and more for QEMU's -M behind a comma
#   processor   a model as QEMU names it
#   cpus        how many, and more for QEMU's -smp behind a comma
#   memory_mib
#   accelerator tcg or kvm
# and with grub in boot_module a file that it loads beside the program, or nothing.
# shellcheck shell=bash disable=SC2034,SC2154
: "${STAGE:=}" # no monitor is run
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/libvirt.sh"
PATH=$PATH:/usr/sbin:/sbin

by=qemu loader=multiboot machine=pc processor=qemu64 cpus=1 memory_mib=64 accelerator=tcg
boot_module=''

# boot_needs WHAT...: ends the test unless all is there for these ways and loaders.
boot_needs() {
    local what
    for what; do
        case $what in
        qemu) needs qemu-system-x86_64 qemu-system-x86 ;;
        libvirt)
            needs libvirtd libvirt-daemon
            needs virsh libvirt-clients
            ;;
        grub)
            needs grub-mkrescue grub-common
            needs "$grub_folder" grub-pc-bin
            needs xorriso xorriso
            needs mformat mtools
            ;;
        esac
    done
}
grub_folder=/usr/lib/grub/i386-pc
boot_needs qemu

# One run's, which takes a second or two.
boot_limit_s=${BOOT_LIMIT_SECONDS:-60}

# boot FILE [ARG...]: runs a program to its end, which is when the machine ends or its time is over.
# The whole of what came by the serial console is in $scratch/console, that without the verdict in
# $scratch/output, without carriage returns; the verdict, or nothing, in $boot_status; how long it took in $boot_ms;
# what is wrong with the machine itself, or nothing, in $boot_wrong.
boot() {
    local file=$1 begin_ms
    shift
    boot_wrong=''
    boot_file_for "$file" "$*"
    [[ $by != libvirt || -n ${libvirt_uri:-} ]] || libvirt_start
    rm -f "$scratch/console"
    : > "$scratch/console"
    begin_ms=$(milliseconds)
    "boot_by_$by" "$*" > "$scratch/machine.log" 2>&1
    boot_ms=$(($(milliseconds) - begin_ms))
    boot_read_console
}

boot_by_qemu() {
    local options topology=$cpus status=0
    # Without ACPI there are SeaBIOS's MP tables, which name the first CPU of each package alone (its
    # src/fw/mptable.c): so each CPU is a package. Of four cores in one package one CPU is right there.
    [[ $machine != *acpi=off* || $cpus == *,* ]] || topology=$cpus,sockets=$cpus
    options=(-no-user-config -nodefaults -M "$machine" -accel "$accelerator" -cpu "$processor" -smp "$topology"
        -m "$memory_mib" -display none -no-reboot -serial "file:$scratch/console"
        "${boot_exit[@]}" "${boot_options[@]}")
    if [[ $loader == grub ]]; then
        options+=(-cdrom "$boot_file" -boot d -vga std) # GRUB looks for it
    else
        options+=(-kernel "$boot_file" -append "$1")
    fi
    timeout -k 5 "$boot_limit_s" qemu-system-x86_64 "${options[@]}" || status=$?
    boot_qemu_status=$status
    ((status != 124)) || boot_wrong="did not end within $boot_limit_s s"
}

# How a machine gives its status back, and more options for QEMU.
boot_exit=(-device "isa-debug-exit,iobase=0xf4,iosize=4")
boot_options=()

# Takes apart what came by the console.
boot_read_console() {
    local text
    text=$(tr -d '\r\0' < "$scratch/console" && printf x)
    text=${text%x}
    [[ $loader != grub ]] || text=${text#*"$grub_mark"$'\n'}
    boot_status=''
    if [[ $text =~ ^(.*)'uhyve: ended with status '([0-9]+)$'\n'$ ]]; then
        text=${BASH_REMATCH[1]}
        boot_status=${BASH_REMATCH[2]}
        # isa-debug-exit makes its own of it.
        if [[ $by == qemu && ${#boot_exit[@]} != 0 ]] && ((boot_qemu_status != ((boot_status << 1 | 1) & 255))); then
            boot_wrong="QEMU's status is $boot_qemu_status after the guest's $boot_status"
        fi
    fi
    printf '%s' "$text" > "$scratch/output"
}

# ---- Files that loaders take ----

# boot_file_for FILE ARGUMENTS: makes $boot_file for the loader.
boot_file_for() {
    case $loader in
    multiboot) boot_file=$1 ;;
    pvh) boot_pvh_copy "$1" ;;
    grub) boot_grub_cd "$1" "$2" ;;
    *) fail "unknown loader $loader" ;;
    esac
}

# QEMU prefers Multiboot where it finds its magic number, in the first 8 KiB.
boot_pvh_copy() {
    local offsets
    rm -rf "$scratch/pvh"
    mkdir "$scratch/pvh"
    boot_file=$scratch/pvh/${1##*/} # programs say their names
    cp "$1" "$boot_file"
    mapfile -t offsets < <(head -c 8192 "$boot_file" | LC_ALL=C grep -aboP '\x02\xb0\xad\x1b' | cut -d: -f1)
    # A position-independent program has none.
    ((${#offsets[@]} <= 1)) || fail "$1 has ${#offsets[@]} Multiboot headers"
    ((${#offsets[@]} == 0)) ||
        dd if=/dev/zero of="$boot_file" bs=1 seek="${offsets[0]}" count=4 conv=notrunc status=none
}

# What GRUB itself writes on the console ends with this line.
grub_mark='--- GRUB ends here ---'

# boot_grub_cd FILE ARGUMENTS: one CD for each program with its arguments and $boot_module.
boot_grub_cd() {
    local name folder module=''
    name=grub-${1##*/}-$(cksum <<< "$2 $boot_module" | cut -d ' ' -f 1)
    boot_file=$scratch/$name.iso
    [[ ! -e $boot_file ]] || return 0
    folder=$scratch/$name
    mkdir -p "$folder/boot/grub"
    cp "$1" "$folder/boot/program"
    if [[ -n $boot_module ]]; then
        cp "$boot_module" "$folder/boot/module"
        module="module /boot/module"
    fi
    cat > "$folder/boot/grub/grub.cfg" << CONFIGURATION
serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
timeout=0
multiboot /boot/program $2
$module
echo
echo '$grub_mark'
boot
CONFIGURATION
    grub-mkrescue -d "$grub_folder" -o "$boot_file" "$folder" --locales= --fonts= --themes= \
        --compress=xz > "$scratch/grub.log" 2>&1 || {
        cat "$scratch/grub.log" >&2
        fail "grub-mkrescue makes no CD"
    }
    rm -r "$folder"
}
