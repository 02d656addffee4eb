#!/bin/bash
# Kernels and containers that lack a part of the sandbox: `normal` runs without it and says so with -v,
# `strict` is an error of one line.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

hello=$EXAMPLES/hello
greeting=$'Hello from a unikernel\n'
mkdir "$scratch/folder"
printf text > "$scratch/folder/file"

lacking() { "$LAUNCH" "$@"; }

# said CALL ERROR WITH_V STRICT: regular expressions for what is said.
said() {
    expect --stdout "$greeting" lacking "$1" "$2" "$uhyve" "$hello"
    expect --stdout "$greeting" --stderr "(.*
)?uhyve: sandbox: $3
(.*)?" lacking "$1" "$2" "$uhyve" -v "$hello"
    expect --status 125 --stderr "uhyve: --file-isolation strict: this host's kernel, or the container, has no $4
" lacking "$1" "$2" "$uhyve" --file-isolation strict "$hello"
    expect --stdout "$greeting" lacking "$1" "$2" "$uhyve" --file-isolation none "$hello"
}

no_landlock="system calls filtered, this host's kernel has no Landlock \(Linux 5.19, switched on at boot\)"
strict_landlock='Landlock \(Linux 5.19, switched on at boot\)'
for error in ENOSYS EPERM; do
    said landlock $error "$no_landlock" "$strict_landlock"
    said seccomp $error "this host's kernel has no seccomp filters, files by Landlock, version [0-9]+" \
        'seccomp filters'
    said close_range $error '.*, descriptors of the parent stay open' 'close_range \(Linux 5.9\)'
done

# Versions of Landlock: the first is too old, each after it is used as far as it goes.
has_landlock=$("$uhyve" -v "$hello" 2>&1 | sed -n 's/.*files by Landlock, version //p')
[[ $has_landlock ]] || { echo "not tried: versions of Landlock, which is not there"; exit 0; }
said landlock 1 "$no_landlock" "$strict_landlock"
for ((version = 2; version <= has_landlock; version++)); do
    expect --stdout "$greeting" --stderr "(.*
)?uhyve: sandbox: system calls filtered, files by Landlock, version $version
(.*)?" lacking landlock $version "$uhyve" -v --file-isolation strict "$hello"
    expect --stdout $'cat text\nwrite 0\ntruncate 0\nrename 0\nsize 1\nunlink 0\n' \
        lacking landlock $version "$uhyve" --file-isolation strict --volume "$scratch/folder:/data" \
        "$TESTS/io/call" cat /data/file write /data/new abc truncate /data/new 1 \
        rename /data/new /data/other size /data/other unlink /data/other
done
