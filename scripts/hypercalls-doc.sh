#!/bin/bash
# Prints docs/hypercalls.md, made from the table, the structs and the comments of
# hypercalls/hypercalls.h. usage: hypercalls-doc.sh > docs/hypercalls.md
#
# It reads the form that the header has: a comment behind a member or before a struct, members of
# fixed width without bit-fields and pointers. What it does not understand ends it with status 1.
set -euo pipefail
export LC_ALL=C
cd "${BASH_SOURCE[0]%/*}/.."

awk '
function fail(text) {
    printf "hypercalls-doc.sh: line %d: %s\n", FNR, text > "/dev/stderr"
    failed = 1
    exit 1
}
function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}
# The text of a comment without its marks; lines are joined, an empty line stays a paragraph.
function comment_text(text) {
    sub(/^[ \t]*\/\*/, "", text)
    sub(/\*\/[ \t]*$/, "", text)
    gsub(/\n[ \t]*\*[ \t]*\n[ \t]*\*/, "\001", text)
    gsub(/\n[ \t]*\*/, "", text)
    gsub(/\n[ \t]*/, " ", text)
    gsub(/[ \t]+/, " ", text)
    gsub(/ ?\001 ?/, "\n\n", text)
    return trim(text)
}
function sentence(text) {
    return toupper(substr(text, 1, 1)) substr(text, 2)
}
function plain_cell(text) {
    gsub(/\|/, "\\|", text)
    return text
}
function size_of(type) {
    if (type ~ /^u?int(8|16|32|64)_t$/) {
        gsub(/[^0-9]/, "", type)
        return type / 8
    }
    if (type in struct_bytes) return struct_bytes[type]
    fail("the size of " type " is not known")
}
# The largest alignment that a type asks for.
function align_of(type) {
    return type in struct_align ? struct_align[type] : size_of(type)
}
# One member or several of one type: "uint64_t rax, rcx" or "struct x y[N]".
function add_members(declaration, comment,    type, names, list, count, i, name, n, bytes, direction) {
    if (declaration ~ /^struct /) {
        match(declaration, /^struct [a-z0-9_]+/)
        type = substr(declaration, 1, RLENGTH)
    } else {
        match(declaration, /^[a-z0-9_]+/)
        type = substr(declaration, 1, RLENGTH)
    }
    names = trim(substr(declaration, RLENGTH + 1))
    bytes = size_of(type)
    if (align_of(type) > align) align = align_of(type)
    if (offset % align_of(type) != 0) fail("hidden padding before " names)
    count = split(names, list, /, */)
    cell = ""
    first = offset
    for (i = 1; i <= count; i++) {
        name = list[i]
        n = 1
        if (match(name, /\[[A-Za-z0-9_]+\]$/)) {
            n = substr(name, RSTART + 1, RLENGTH - 2)
            if (n in constant) n = constant[n]
        }
        offset += n * bytes
        cell = cell (i > 1 ? ", " : "") "`" name "`"
    }
    direction = "–"
    if (match(comment, /^(IN|OUT)[:;]?( |$)/) || comment == "IN" || comment == "OUT") {
        direction = comment ~ /^IN/ ? "in" : "out"
        if (comment ~ /^IN:.*; OUT:/) direction = "in, out"
        sub(/^(IN|OUT):?[ ]*/, "", comment)
        sub(/; OUT: /, "; out: ", comment)
    }
    rows[struct] = rows[struct] "| " first " | " cell " | `" type "` | " direction " | " \
        plain_cell(comment) " |\n"
}
# "X(name, port, block, \"purpose\")", any number of them
function add_calls(text,    row, fields) {
    while (match(text, /X\([a-z_0-9]+, 0x[0-9a-f]+, struct [a-z_0-9]+,[ ]*"[^"]*"\)/)) {
        row = substr(text, RSTART + 2, RLENGTH - 3)
        text = substr(text, RSTART + RLENGTH)
        call_count++
        split(row, fields, /, */)
        call_name[call_count] = fields[1]
        call_port[call_count] = fields[2]
        call_block[call_count] = fields[3]
        match(row, /"[^"]*"/)
        call_purpose[call_count] = substr(row, RSTART + 1, RLENGTH - 2)
        users[fields[3]] = users[fields[3]] (users[fields[3]] == "" ? "" : ", ") "`" fields[1] "`"
    }
    if (text ~ /X\([a-z]/) fail("a row of the table is not understood: " trim(text))
}

# A comment that stands alone; the first one describes the interface.
/^\/\*/ {
    text = $0
    while (text !~ /\*\/[ \t]*$/ && (getline line) > 0) text = text "\n" line
    pending = comment_text(text)
    if (introduction == "") {
        introduction = pending
        pending = ""
    }
    next
}
/^#define HYPERCALLS\(X\)/ {
    text = $0
    while (text ~ /\\$/ && (getline line) > 0) text = substr(text, 1, length(text) - 1) " " trim(line)
    sub(/^#define HYPERCALLS\(X\)/, "", text)
    gsub(/[ \t]+/, " ", text)
    add_calls(text)
    pending = ""
    next
}
/^#define (HC|UHYVE)_[A-Z_]+ +[0-9]/ {
    constant[$2] = $3
    comment = $0
    if (comment ~ /\/\*/) {
        sub(/^[^*]*\/\*/, "", comment)
        sub(/\*\/.*$/, "", comment)
        comment = trim(comment)
        if (pending != "") comment = pending " (" comment ")"
    } else comment = pending
    group = pending != "" ? pending : group
    constants = constants "| `" $2 "` | " $3 " | " plain_cell(comment) " |\n"
    pending = ""
    next
}
/^struct hc_[a-z_]+$/ {
    struct = $0
    order[++struct_count] = struct
    about[struct] = pending
    pending = ""
    offset = 0
    align = 1
    inside = "struct"
    next
}
/^enum hc_[a-z_]+$/ && $2 != "hc_port" {
    enumeration = $0
    enum_order[++enum_count] = enumeration
    about[enumeration] = pending
    pending = ""
    inside = "enum"
    next
}
/^};/ && inside == "struct" {
    struct_bytes[struct] = offset
    struct_align[struct] = align
    if (offset % align != 0) fail("hidden padding at the end of " struct)
    inside = ""
    next
}
/^};/ { inside = ""; next }
inside != "" && /^[ \t]+[^ \t]/ {
    text = $0
    while (text ~ /\/\*/ && text !~ /\*\// && (getline line) > 0) text = text " " trim(line)
    comment = ""
    if (match(text, /\/\*.*\*\//)) {
        comment = trim(substr(text, RSTART + 2, RLENGTH - 4))
        text = substr(text, 1, RSTART - 1)
    }
    text = trim(text)
    if (inside == "struct") {
        sub(/;$/, "", text)
        add_members(text, comment)
    } else {
        sub(/,$/, "", text)
        split(text, parts, / *= */)
        rows[enumeration] = rows[enumeration] "| `" parts[1] "` | " parts[2] " | " \
            plain_cell(comment) " |\n"
    }
    next
}
/^_Static_assert\(sizeof\(struct hc_[a-z_]+\) == [0-9]+/ {
    match($0, /struct hc_[a-z_]+/)
    name = substr($0, RSTART, RLENGTH)
    match($0, /== [0-9]+/)
    if (struct_bytes[name] != substr($0, RSTART + 3, RLENGTH - 3) + 0)
        fail(name " is counted as " struct_bytes[name] " bytes")
}
# A blank line or anything else ends the reach of a comment.
{ pending = "" }

END {
    if (failed) exit 1
    if (call_count == 0) fail("no hypercall found")
    print "# Hypercalls\n"
    print "<!-- Made by scripts/hypercalls-doc.sh from hypercalls/hypercalls.h: change that file, then run"
    print "     scripts/hypercalls-doc.sh > docs/hypercalls.md -->\n"
    count = split(introduction, paragraph, /\n\n/)
    for (i = 1; i <= count; i++) {
        # Which file is made from which is said above.
        gsub(/ ?docs\/hypercalls\.md is generated[^.]*\./, "", paragraph[i])
        if (paragraph[i] != "") print paragraph[i] "\n"
    }
    print "How a call travels through the code is in [architecture.md](architecture.md#a-hypercall).\n"
    print "## The calls\n"
    print "| port | name | block | bytes | what it does |"
    print "|---|---|---|---|---|"
    for (i = 1; i <= call_count; i++) {
        block = call_block[i]
        anchor = block
        gsub(/ /, "-", anchor)
        printf "| %s | `%s` | [`%s`](#%s) | %d | %s |\n", call_port[i], call_name[i], block, anchor, \
            size_of(block), plain_cell(call_purpose[i])
    }
    print "\n## Blocks and what they hold"
    for (i = 1; i <= struct_count; i++) {
        struct = order[i]
        print "\n### " struct "\n"
        text = about[struct] != "" ? sentence(about[struct]) : ""
        if (text != "" && text !~ /[.:]$/) text = text "."
        if (users[struct] != "")
            text = "Block of " users[struct] "." (text != "" ? "\n\n" text : "")
        if (text != "") print text "\n"
        printf "%d bytes.\n\n", struct_bytes[struct]
        print "| offset | member | type | direction | meaning |"
        print "|---|---|---|---|---|"
        printf "%s", rows[struct]
    }
    for (i = 1; i <= enum_count; i++) {
        print "\n### " enum_order[i] "\n"
        if (about[enum_order[i]] != "") print about[enum_order[i]] "\n"
        print "| name | value | meaning |"
        print "|---|---|---|"
        printf "%s", rows[enum_order[i]]
    }
    print "\n## Constants\n"
    print "| name | value | meaning |"
    print "|---|---|---|"
    printf "%s", constants
}' hypercalls/hypercalls.h
