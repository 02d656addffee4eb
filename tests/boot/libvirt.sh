# To be sourced by boot.sh: a libvirtd of the test's own, and machines by it: transient domains made from domain.xml.
#
# libvirtd runs in name spaces of processes, mounts and network, with folders of its own where it keeps its state: it
# meets no other one's domains, and all of it is gone with the test, however that ends.
# shellcheck shell=bash disable=SC2034,SC2154 # boot.sh has what is missing here

# libvirt_enter SCRIPT [ARG...]: starts the script afresh in name spaces of its own, once.
libvirt_enter() {
    local spaces=(--mount --pid --net --fork --kill-child --mount-proc)
    [[ ${LIBVIRT_INSIDE:-} != 1 ]] || return 0
    if ((EUID != 0)); then
        # libvirtd keeps to the user's own folders then.
        spaces+=(--user --map-current-user)
    fi
    unshare "${spaces[@]}" true 2> /dev/null || {
        echo "skipped: no name spaces of its own here"
        exit 77
    }
    rm -rf "$scratch"
    LIBVIRT_INSIDE=1 exec unshare "${spaces[@]}" --propagation private "$BASH" "$@"
}

# Starts libvirtd.
libvirt_start() {
    local folder file socket
    if ((EUID == 0)); then
        mount -t tmpfs -o mode=755 none /run
        for folder in /etc/libvirt /var/{lib,cache,log}/libvirt; do
            [[ -d $folder ]] || mkdir -p "$folder"
            mount -t tmpfs -o mode=755 none "$folder"
        done
        # It wants this user to exist, whom a package makes that also has a service started.
        for file in passwd group; do
            { cat "/etc/$file" && echo 'libvirt-qemu:x:64055:64055::/:/bin/false'; } > "/run/$file"
            mount --bind "/run/$file" "/etc/$file"
        done
        socket=/run/libvirt/libvirt-sock
        libvirt_uri="qemu+unix:///system?socket=$socket"
        libvirt_pids=/run/libvirt/qemu
        cat > /etc/libvirt/qemu.conf << 'CONFIGURATION'
user = "root"
group = "root"
stdio_handler = "file"
remember_owner = 0
dynamic_ownership = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
CONFIGURATION
    else
        export HOME=$scratch/home XDG_RUNTIME_DIR=$scratch/run
        export XDG_CONFIG_HOME=$HOME/config XDG_CACHE_HOME=$HOME/cache XDG_DATA_HOME=$HOME/data
        mkdir -p "$XDG_CONFIG_HOME/libvirt" "$XDG_CACHE_HOME" "$XDG_DATA_HOME"
        mkdir -m 700 "$XDG_RUNTIME_DIR"
        socket=$XDG_RUNTIME_DIR/libvirt/libvirt-sock
        libvirt_uri="qemu+unix:///session?socket=$socket"
        libvirt_pids=$XDG_RUNTIME_DIR/libvirt/qemu/run
        echo 'stdio_handler = "file"' > "$XDG_CONFIG_HOME/libvirt/qemu.conf"
    fi
    cat > "$scratch/libvirtd.conf" << CONFIGURATION
auth_unix_rw = "none"
log_outputs = "2:file:$scratch/libvirtd.log"
CONFIGURATION
    # Returns when it listens; its drivers may fail behind that.
    if ! libvirtd --daemon --config "$scratch/libvirtd.conf" --pid-file "$scratch/libvirtd.pid" ||
        ! virsh -q -c "$libvirt_uri" list > /dev/null; then
        [[ ! -e $scratch/libvirtd.log ]] || cat "$scratch/libvirtd.log" >&2
        fail "libvirtd does not start"
    fi
}

libvirt_count=0

# boot_by_libvirt ARGUMENTS
boot_by_libvirt() {
    local name pid
    libvirt_count=$((libvirt_count + 1))
    name=boot$libvirt_count
    libvirt_domain "$name" "$1" > "$scratch/$name.xml"
    if ! virsh -q -c "$libvirt_uri" create "$scratch/$name.xml"; then
        boot_wrong="libvirt does not start it: $(tail -n 1 "$scratch/machine.log")"
        return
    fi
    # Without the file the machine has ended already.
    pid=$(cat "$libvirt_pids/$name.pid" 2> /dev/null) || return 0
    timeout "$boot_limit_s" tail --pid="$pid" -s 0.05 -f /dev/null || {
        boot_wrong="did not end within $boot_limit_s s"
        virsh -q -c "$libvirt_uri" destroy "$name" || true
    }
}

# libvirt_domain NAME ARGUMENTS: prints the template, filled in.
libvirt_domain() {
    local text boot cd='' model video=none
    text=$(< "${BASH_SOURCE[0]%/*}/domain.xml")
    if [[ $loader == grub ]]; then
        boot="<boot dev='cdrom'/>"
        video=vga # GRUB looks for it
        cd="<disk type='file' device='cdrom'><source file='$boot_file'/><target dev='sda' bus='sata'/><readonly/></disk>"
        [[ $machine != pc ]] || cd=${cd/"dev='sda' bus='sata'"/"dev='hdc' bus='ide'"}
    else
        boot="<kernel>$boot_file</kernel><cmdline>$(xml_text "$2")</cmdline>"
        [[ -z ${boot_module:-} ]] || boot+="<initrd>$boot_module</initrd>"
    fi
    model="<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>$processor</model></cpu>"
    [[ $processor != max ]] || model="<cpu mode='maximum'/>"
    text=${text//@NAME@/"$1"}
    text=${text//@MEMORY_MIB@/"$memory_mib"}
    text=${text//@CPUS@/"$cpus"}
    text=${text//@MACHINE@/"$machine"}
    text=${text//@EMULATOR@/"$(type -P qemu-system-x86_64)"}
    text=${text//@CONSOLE@/"$scratch/console"}
    text=${text//@PROCESSOR@/"$model"}
    text=${text//@VIDEO@/"$video"}
    text=${text//@CD@/"$cd"}
    text=${text//@NETWORK@/"${libvirt_network:-}"}
    printf '%s\n' "${text//@BOOT@/"$boot"}"
}

xml_text() { sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e "s/'/\&apos;/g" <<< "$1"; }
