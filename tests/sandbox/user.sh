#!/bin/bash
# As a user without any privileges but access to /dev/kvm; and without it. Root makes that user: one
# that nobody is, in a name space with a device of its own. Whoever else runs this is that user.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

user=48211
folder=$scratch/home
chmod 755 "$scratch"
mkdir "$folder"
printf 'of the user' > "$folder/file"
cp "$uhyve" "$EXAMPLES/hello" "$TESTS/io/call" "$PROGRAMS/plain" "$scratch"

if [[ $(id -u) != 0 ]]; then
    [[ -w /dev/kvm ]] || { echo "skipped: no access to /dev/kvm"; exit 77; }
    as_user() { "$@"; }
    as_stranger() { false; }
    user=$(id -u)
else
    chown "$user" "$folder" "$folder/file"
    printf secret > "$folder/secret"
    chmod 600 "$folder/secret"
    # in_own_space OWNER USER COMMAND...
    in_own_space() {
        unshare --mount --propagation private bash -c '
            mount -t tmpfs none "$0" && mknod "$0/kvm" c 10 232 && chown "$1" "$0/kvm" &&
                chmod 600 "$0/kvm" && mount --bind "$0/kvm" /dev/kvm && umount --lazy "$0" &&
                exec setpriv --reuid="$2" --regid="$2" --clear-groups --inh-caps=-all \
                    --bounding-set=-all "${@:3}"' "$scratch/device" "$@"
    }
    mkdir "$scratch/device"
    as_user() { in_own_space "$user" "$user" "$@"; }
    as_stranger() { in_own_space 0 "$user" "$@"; }
    in_own_space "$user" "$user" true 2> "$scratch/error" ||
        { echo "skipped: no name spaces or devices here: $(cat "$scratch/error")"; exit 77; }
fi

for level in none normal strict; do
    expect --stdout 'Hello from a unikernel
' as_user "$scratch/uhyve" --file-isolation $level -c 2 "$scratch/hello"
    expect --stdout 'cat of the user
write 0
rename 0
kind file
unlink 0
' as_user "$scratch/uhyve" --file-isolation $level --volume "$folder:/data" "$scratch/call" \
        cat /data/file write /data/new text rename /data/new /data/other kind /data/other \
        unlink /data/other
    expect --status 139 --stderr '(.|
)*bad access(.|
)*poke_30(.|
)*' as_user "$scratch/uhyve" --file-isolation $level "$scratch/plain" crash
done
expect --stdout 'Hello from a unikernel
' --stderr '(.*
)+uhyve: sandbox: system calls filtered, files by Landlock, version [0-9]+
' as_user "$scratch/uhyve" -v --file-isolation strict "$scratch/hello"

# What the user may not do is no matter of the sandbox: clear lines.
expect --status 125 --stderr 'uhyve: cannot write the output to /sys/out: [^
]*
' as_user "$scratch/uhyve" --output /sys/out "$scratch/hello"
expect --status 125 --stderr 'uhyve: [^
]*/no/such/folder[^
]*No such file or directory
' as_user "$scratch/uhyve" --volume /no/such/folder:/data "$scratch/hello"
if [[ $(id -u) == 0 ]]; then
    expect --stdout 'cat EACCES
write EACCES
' as_user "$scratch/uhyve" --file-isolation strict --volume "$folder:/data" "$scratch/call" \
        cat /data/secret write /data/secret no
    chmod 700 "$scratch/hello"
    expect --status 127 --stderr 'uhyve: [^
]*hello: Permission denied
' as_user "$scratch/uhyve" "$scratch/hello"
    chmod 755 "$scratch/hello"
    expect --status 125 --stderr 'uhyve: no permission for /dev/kvm: [^
]*kvm[^
]*
' as_stranger "$scratch/uhyve" "$scratch/hello"
fi
