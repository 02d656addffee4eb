# Prints "FILE FUNCTION" of each function of the monitor that reads guest memory, what KVM says of a
# guest, or the numbers of a hypercall's block. Definitions are those of the house style: name and
# braces in the first column.

# The name is what stands before the first bracket, but for attributes.
function name_of(header) {
    gsub(/__attribute__\(\(([^()]|\([^()]*\))*\)\)/, "", header)
    if (!match(header, /[A-Za-z_][A-Za-z0-9_]*\(/))
        return ""
    return substr(header, RSTART, RLENGTH - 1)
}

FNR == 1 { header = ""; name = "" }
/^[#\/ *}]/ && name == "" && !/^}/ { next }
/^{/ { name = name_of(header); found = 0; next }
/^}/ {
    if (name != "" && found)
        print FILENAME, name
    header = name = ""
    next
}
name == "" {
    # A line that ends with a semicolon defines no function.
    header = /^$/ || /;$/ ? "" : header " " $0
    next
}
{
    sub(/\/\*.*/, "")
    sub(/^ \*.*/, "")
}
# Host addresses of guest memory
/guest_memory_(access|hva)\(|guest_layout_boot_hva\(|start_block_info\(|iov_base|iov_len/ { found = 1 }
# Reads by guest-virtual addresses
/vm_(read_virtual|virtual_page)\(|->read\(|(^|[^a-z_])read_(word|guest)\(/ { found = 1 }
# What KVM says
/(^|[^a-z_])run->|KVM_GET_(S?REGS|XSAVE|DEVICE_ATTR)/ { found = 1 }
# Numbers of a block
/block->|segment->(gpa|len_bytes)|call->(path|other|mapping|buffer|argument)/ { found = 1 }
/taken->(path|other|mapping|buffer)|(^|[^a-z_])crash->/ { found = 1 }
# Rings and registers of a virtio device
/virtqueue_(load|take)\(|read_descriptor\(|chain->|descriptor->(gpa|len_bytes|flags)/ { found = 1 }
