#!/bin/bash
# The scan finds each forbidden instruction, and no others. usage: instructions_selftest.sh
set -euo pipefail
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

forbidden=(
    cli sti hlt rdmsr wrmsr 'mov %cr0, %rax' 'mov %rax, %cr3' 'mov %rax, %cr8' 'mov %rax, %dr7'
    'invlpg (%rax)' 'int $0x80' 'sysretq' 'sysretl' 'sysexitl' 'syscall' 'sysenter' 'stac' 'clac'
    'ljmp *(%rax)' 'rex.W ljmp *(%rax)' 'lcall *(%rax)' 'iretq' 'iretl' 'iretw' 'lretl' 'lretq'
    'lgdt (%rax)' 'lidt (%rax)' 'lldt %ax' 'ltr %ax' 'lmsw %ax' 'clts' 'invd' 'wbinvd' 'swapgs'
    'in (%dx), %al' 'in $0x60, %al' 'inl (%dx), %eax' 'out %al, (%dx)' 'out %eax, $0x10'
    'out %eax, (%dx)' 'rep insb' 'rep outsb' 'outsl' 'popfq' 'popfw' 'xsetbv' 'rdpmc' 'vmcall'
    'vmmcall'
)
allowed=(
    int3 ud2 cpuid rdtsc rdtscp pushfq cld 'mov %rax, %rbx' 'mov %eax, %gs:8' 'movq %xmm0, %rax'
    'call *%rax' 'jmp *%gs:8' ret 'rep movsb' 'lock incl (%rax)' 'wrfsbase %rax' 'xgetbv' 'pause'
    'inc %eax' 'insertps $0, %xmm1, %xmm0' 'fld1' 'mov %ds, %eax'
)

# assemble OBJECT SECTION INSTRUCTION...: each instruction in a function of its own, f0, f1 ...
assemble() {
    local object=$1 section=$2 number=0 instruction
    shift 2
    {
        printf '.section %s, "ax", @progbits\n' "$section"
        for instruction; do
            printf '.type f%d, @function\nf%d: %s\n' "$number" "$number" "$instruction"
            number=$((number + 1))
        done
    } | as -o "$object" -
}

fail() {
    echo "$*"
    exit 1
}

assemble bad.o .text.any "${forbidden[@]}"
if "$here/instructions.sh" bad.o > report; then
    fail "forbidden instructions were not reported"
fi
for number in "${!forbidden[@]}"; do
    grep -q "^bad.o: f$number: " report || fail "not reported: ${forbidden[number]}"
done

assemble good.o .text "${allowed[@]}"
"$here/instructions.sh" good.o || fail "allowed instructions were reported"

assemble nucleus.o .nucleus.text "${forbidden[@]}"
"$here/instructions.sh" nucleus.o || fail "instructions of the nucleus were reported"

# Exceptions hold for their symbol alone.
printf '__uhyve_hypercall_io: out %%eax, (%%dx)\n__uhyve_upcall_return_begin: popfq\n' | as -o listed.o -
"$here/instructions.sh" listed.o || fail "instructions on the list were reported"
printf '__uhyve_hypercall_io: out %%al, (%%dx)\n' | as -o other.o -
if "$here/instructions.sh" other.o > report; then
    fail "another form of out was not reported"
fi
printf '__uhyve_port_read8: in (%%dx), %%al\n__uhyve_port_write8: out %%al, (%%dx)\n' | as -o ports.o -
"$here/instructions.sh" ports.o || fail "instructions on the list were reported"
printf '__uhyve_port_read8: out %%al, (%%dx)\n' | as -o other.o -
if "$here/instructions.sh" other.o > report; then
    fail "another instruction of a function on the list was not reported"
fi

for instruction in 'movaps %xmm0, %xmm1' 'fld1' 'vzeroupper' 'vmovups %ymm0, (%rax)'; do
    assemble trap.c.o .text "$instruction"
    if "$here/instructions.sh" trap.c.o > report; then
        fail "not reported in an upcall object: $instruction"
    fi
done

as -o empty.o /dev/null
if "$here/instructions.sh" empty.o > report; then
    fail "an empty object was taken for a good one"
fi
echo "${#forbidden[@]} forbidden instructions reported"
