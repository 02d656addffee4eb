#!/bin/sh
# pci-names.sh LIST PCI_IDS: makes the C source of the names that LIST asks for, out of the database of
# PCI names (Debian's package pci.ids). /dev/null in its place: there are no names.
set -eu

cat << 'HEAD'
/* Names of PCI devices, made by bare/pci-names.sh. */
#include "bare/pci_log.h"

HEAD
printf 'const char pci_names[] ='
awk '
# "vendor name", and behind a tab "device name" of those that are wanted
FNR == NR {
    sub(/#.*/, "")
    for (i = 2; i <= NF; i++)
        wanted[$1, $i] = 1
    if (NF > 0)
        vendor_wanted[$1] = 1
    next
}
function quote(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    gsub(/\t/, "\\t", text)
    # A string may not have trigraphs.
    gsub(/\?/, "\\?", text)
    printf "\n    \"%s\\n\"", text
}
/^[0-9a-f][0-9a-f][0-9a-f][0-9a-f] / {
    vendor = $1
    if (vendor in vendor_wanted)
        quote($1 " " substr($0, 7))
    next
}
/^[^\t#]/ {
    vendor = "" # the list of classes follows
}
/^\t[0-9a-f][0-9a-f][0-9a-f][0-9a-f] / && vendor != "" {
    if (((vendor, $1) in wanted) || ((vendor, "*") in wanted))
        quote("\t" $1 " " substr($0, 8))
}
' "$1" "$2"
printf '\n    "";\n'
