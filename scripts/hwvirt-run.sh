#!/bin/bash
# Runs a command that needs /dev/kvm in a small machine with AMD-V emulated by QEMU.
#
# The machine boots a stock Debian kernel with kvm-amd and an initramfs of busybox and the files
# given. A monitor meets the ordinary world switch, intercepts and nested paging there, on any host,
# with or without a /dev/kvm; code runs some fifty times slower than on hardware.
#
# usage: hwvirt-run.sh [OPTION]... [--] COMMAND [ARG]...
#   -f FILE[=DEST]  put FILE (or a folder) into the machine, at DEST (default: /vm/NAME); repeatable;
#                   a dynamically linked program brings its libraries along
#   -c N            CPUs (default 1)
#   -m MIB          memory (default 1024)
#   -t SECONDS      limit of the whole run (default 300)
#   -P PARAMETERS   of the module kvm-amd, such as npt=0
#   -K              do not load KVM
#   -v              show the kernel's messages and the times
#   --prepare       fill the cache, run nothing
#
# COMMAND runs as root in /vm, with empty standard input; its output is this script's. Exit status:
# the command's; 124 over the limit; 125 when the machine did not come up or died.
#
# UHYVE_CACHE names the cache (default: ~/.cache/uhyve). HWVIRT_KERNEL_PACKAGE names another kernel.
# Packages: qemu-system-x86 cpio busybox-static. The kernel is downloaded by apt-get and unpacked in
# the cache, not installed.
#
# Known of QEMU 7.2's emulation: CPUs take turns in one thread, since two threads hang now and then;
# an interrupt between `sti` and `hlt` may be lost; the port bitmap of a TSS is only heeded when TR
# is not marked busy; no #AC. Now and then an interrupt of the machine's own is lost: helper_vmrun()
# sets a bit of CPUState.interrupt_request without a lock while the thread of the devices sets
# another. The local APIC then tells of it with the next interrupt, which never comes if it was the
# timer's: so the machine has a second source of them.
set -euo pipefail
export LC_ALL=C

me=${0##*/}
die() {
    echo "$me: $*" >&2
    exit 125
}

cpus=1 memory=1024 limit=300 kvm_parameters='' load_kvm=1 verbose=0 prepare_only=0
files=()
while (($#)); do
    case $1 in
    -f | -c | -m | -t | -P)
        (($# >= 2)) || die "$1 wants a value"
        case $1 in
        -f) files+=("$2") ;;
        -c) cpus=$2 ;;
        -m) memory=$2 ;;
        -t) limit=$2 ;;
        -P) kvm_parameters=$2 ;;
        esac
        shift 2
        ;;
    -K) load_kvm=0 && shift ;;
    -v) verbose=1 && shift ;;
    --prepare) prepare_only=1 && shift ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
    --) shift && break ;;
    -*) die "unknown option $1" ;;
    *) break ;;
    esac
done
(($# || prepare_only)) || die "no command"

# ---- What the host must have ----

busybox=$(command -v busybox || true)
missing=()
command -v qemu-system-x86_64 > /dev/null || missing+=(qemu-system-x86)
command -v cpio > /dev/null || missing+=(cpio)
# /bin/busybox of package busybox wants libraries.
if [[ -z $busybox ]] || head -c 4096 "$busybox" | grep -qaF /ld-linux; then
    missing+=(busybox-static)
fi
((${#missing[@]} == 0)) || die "please install: ${missing[*]}"

work=$(mktemp -d)
running=()
# shellcheck disable=SC2317  # called by the trap
clean_up() {
    local pid
    for pid in "${running[@]}"; do
        kill "$pid" 2> /dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- The kernel, once ----

cache=${UHYVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/uhyve}
kernel=$cache/hwvirt-kernel-net

# The kernel for clouds has all that is needed, in a third of the size.
kernel_package() {
    if [[ -n ${HWVIRT_KERNEL_PACKAGE:-} ]]; then
        echo "$HWVIRT_KERNEL_PACKAGE"
    else
        apt-cache depends linux-image-cloud-amd64 2> /dev/null |
            sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
    fi
}

download_kernel() {
    local package
    package=$(kernel_package)
    [[ -n $package ]] && (cd "$work/deb" && apt-get -q download "$package" > "$work/apt.log" 2>&1)
}

# The machine's package lists may be missing or name a kernel that has left the archive.
update_lists() {
    local as_root=()
    ((EUID == 0)) || as_root=(sudo -n)
    "${as_root[@]}" apt-get -q update >> "$work/apt.log" 2>&1
}

# Unpacks into the folder $1: vmlinuz, the modules, and their names in loading order. Modules that
# this kernel has built in are not there.
unpack_kernel() {
    local out=$1 tree=$work/tree module file
    mkdir -p "$tree" "$out"
    dpkg-deb --fsys-tarfile "$work"/deb/*.deb |
        tar -x -C "$tree" --wildcards './boot/vmlinuz-*' '*/rng-core.ko*' '*/ccp.ko*' \
            '*/irqbypass.ko*' '*/kvm.ko*' '*/kvm-amd.ko*' '*/tun.ko*' 2> /dev/null || true
    cp "$tree"/boot/vmlinuz-* "$out/vmlinuz" || die "no kernel in ${work}/deb"
    for module in rng-core ccp irqbypass kvm kvm-amd tun; do
        file=$(find "$tree" -name "$module.ko*" -print -quit)
        case $file in
        '') continue ;;
        *.xz) xz -dc "$file" > "$out/$module.ko" ;;
        *.zst) zstd -qdc "$file" > "$out/$module.ko" ;;
        *) cp "$file" "$out/$module.ko" ;;
        esac
        echo "$module" >> "$out/modules"
    done
    [[ -f $out/kvm-amd.ko ]] || die "the kernel package has no kvm-amd"
}

fetch_kernel() {
    echo "$me: fetching a kernel (once)" >&2
    mkdir -p "$work/deb"
    if ! download_kernel; then
        update_lists || true
        download_kernel || {
            cat "$work/apt.log" >&2
            die "could not download a kernel"
        }
    fi
    rm -rf "$kernel.tmp"
    unpack_kernel "$kernel.tmp"
    mv -T "$kernel.tmp" "$kernel"
}

if [[ ! -d $kernel ]]; then
    mkdir -p "$cache"
    exec 9> "$cache/hwvirt-kernel.lock"
    flock 9
    # Another run may have fetched it meanwhile.
    [[ -d $kernel ]] || fetch_kernel
    exec 9>&-
fi
((!prepare_only)) || exit 0

# ---- The initramfs ----

root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,vm,modules}
cp "$busybox" "$root/bin/busybox"
cp "$kernel"/*.ko "$kernel/modules" "$root/modules/"

add_libraries() {
    local library
    { ldd "$1" 2> /dev/null || true; } | { grep -o '/[^ ]*' || true; } | while read -r library; do
        mkdir -p "$root${library%/*}"
        cp -L "$library" "$root$library"
    done
}

for file in "${files[@]}"; do
    source=${file%%=*}
    destination=/vm/${source##*/}
    [[ $file != *=* ]] || destination=/${file#*=}
    [[ -e $source ]] || die "no such file: $source"
    mkdir -p "$root${destination%/*}"
    cp -rLT "$source" "$root$destination"
    if [[ -f $source && -x $source ]]; then
        add_libraries "$source"
    fi
done

{
    printf 'exec'
    for word in "$@"; do
        printf " '%s'" "${word//\'/\'\\\'\'}"
    done
    echo
} > "$root/command"

# ttyS0: the command's output; ttyS1: the kernel's messages; ttyS2: `start`, `exit STATUS`, `nokvm`.
cat > "$root/init" << EOF
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
exec < /dev/null > /dev/ttyS1 2>&1
/bin/busybox --install -s /bin
export PATH=/bin:/vm HOME=/vm
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
for port in 0 2; do stty -F /dev/ttyS\$port raw -echo; done
ip link set lo up
# With an alarm set, the HPET interrupts 64 times a second.
[ ! -e /sys/class/rtc/rtc0/wakealarm ] || echo +86000 > /sys/class/rtc/rtc0/wakealarm
if [ $load_kvm = 1 ]; then
    while read -r module; do
        parameters=
        [ \$module != kvm-amd ] || parameters='$kvm_parameters'
        insmod /modules/\$module.ko \$parameters
    done < /modules/modules
fi
if [ $load_kvm = 0 ] || [ -c /dev/kvm ]; then
    read -r uptime rest < /proc/uptime
    echo "start \$uptime" > /dev/ttyS2
    cd /vm
    sh /command < /dev/null > /dev/ttyS0 2>&1
    echo "exit \$?" > /dev/ttyS2
else
    echo nokvm > /dev/ttyS2
fi
# Until both ports are drained.
for port in 0 2; do stty -F /dev/ttyS\$port sane; done
poweroff -f
EOF
chmod 755 "$root/init"
(cd "$root" && find . -print0 | cpio --quiet --null -o -H newc -R 0:0) > "$work/initrd"

# ---- The machine ----

: > "$work/events"
: > "$work/console"
mkfifo "$work/output"
cat "$work/output" &
cat_pid=$!
running=("$cat_pid")
# Linux gives up where it sees no tick of the timer in time, which a busy host may not let come: it is not to look.
timeout -k 5 "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -machine pc -accel tcg,thread=single -cpu max,+svm,+npt -smp "$cpus" -m "$memory" \
    -chardev stdio,id=output,signal=off -serial chardev:output \
    -serial "file:$work/console" -serial "file:$work/events" \
    -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
    -append 'console=ttyS1 panic=-1 oops=panic quiet tsc=reliable no_timer_check mitigations=off random.trust_cpu=on' \
    < /dev/null > "$work/output" 2> "$work/errors" &
running+=($!)
machine_status=0
wait "$!" || machine_status=$?
wait "$cat_pid" || true
running=()

status=$(sed -n 's/^exit \([0-9]*\).*/\1/p' "$work/events")
if ((verbose)) || [[ -z $status ]]; then
    sed 's/\r$//; s/^/[console] /' "$work/console" >&2
fi
if ((verbose)); then
    echo "$me: started $(sed -n 's/^start \([0-9.]*\).*/\1/p' "$work/events") s after the kernel," \
        "all in all $SECONDS s" >&2
fi
if [[ -n $status ]]; then
    exit "$status"
fi
grep -v "TCG doesn.t support requested feature" "$work/errors" >&2 || true
if ((machine_status == 124 || machine_status == 137)); then
    echo "$me: over the limit of $limit s" >&2
    exit 124
fi
if grep -q '^nokvm' "$work/events"; then
    die "kvm-amd did not load"
fi
die "the machine died before the command ended (QEMU: $machine_status)"
