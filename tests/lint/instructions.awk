# Reads `objdump -d --no-show-raw-insn -w` of code that runs in ring 3 and prints each instruction
# that must not occur there. Exit status: 1 when there was one, 2 when nothing was read at all.
#   -v allowed=FILE         lines "mnemonic symbol operands": where an exception is made; without
#                           operands for any
#   -v upcall_objects=FILE  members of an archive that must not touch vector registers

function load_lists(    line, word)
{
  while ((getline line < allowed) > 0)
    if (line !~ /^#/ && split(line, word, " ") >= 2)
      allowed_operands[word[1], word[2]] = word[3]
  while ((getline line < upcall_objects) > 0)
    if (line !~ /^#/ && line != "")
      is_upcall_object[line] = 1
}

function is_exception(mnemonic, operands)
{
  return (mnemonic, symbol) in allowed_operands &&
         (allowed_operands[mnemonic, symbol] == "" || allowed_operands[mnemonic, symbol] == operands)
}

# The suffix that AT&T syntax puts behind a size is taken off, so one name serves all sizes.
function why_forbidden(mnemonic, operands)
{
  if (mnemonic ~ /^(cli|sti|hlt|clts|invd|wbinvd|wbnoinvd|swapgs|stac|clac|rsm|xsetbv)$/ ||
      mnemonic ~ /^(rdmsr|wrmsr|invlpg|invlpga|invpcid|rdpmc|monitor|mwait|lgdt|lidt|lldt|ltr|lmsw)[bwlq]?$/)
    return "privileged"
  if (mnemonic ~ /^mov[bwlq]?$/ && operands ~ /%(cr|db|dr)[0-9]/)
    return "control or debug register"
  if (mnemonic ~ /^(ins|outs)[bwlq]?$/)
    return "port access"
  if (mnemonic ~ /^(in|out)[bwlq]?$/)
    return is_exception(mnemonic ~ /^in/ ? "in" : "out", operands) ? "" : "port access"
  if (mnemonic ~ /^(int|into|int1|icebp)$/)
    return "software interrupt"
  if (mnemonic ~ /^(syscall|sysret|sysexit|sysenter)[lq]?$/)
    return "system call"
  if (mnemonic ~ /^(iret|lret)[wlq]?$/ || mnemonic ~ /^(ljmp|lcall)[wlq]?$/)
    return "far transfer"
  if (mnemonic ~ /^(vmcall|vmmcall|vmlaunch|vmresume|vmrun|vmload|vmsave|vmxon|vmxoff|stgi|clgi|skinit)$/)
    return "virtualisation"
  if (mnemonic ~ /^popf[wlq]?$/ && !is_exception("popf", operands))
    return "flags from memory"
  if ((object in is_upcall_object) &&
      (operands ~ /%([xyz]mm[0-9]|mm[0-7]|st|k[0-7])/ || mnemonic ~ /^(f[a-z0-9]+|emms|vzero.*)$/))
    return "vector state in an upcall"
  return ""
}

BEGIN { load_lists() }

/^[^ ].*: +file format / { object = $1; sub(/:$/, "", object); seen_object[object] = 1; next }
/^Disassembly of section / { in_nucleus = $4 ~ /^\.nucleus/; next }
/^[0-9a-f]+ <.*>:$/ { symbol = $2; gsub(/^<|>:$/, "", symbol); next }

/^ +[0-9a-f]+:\t/ {
  instructions++
  if (in_nucleus)
    next
  text = $0
  sub(/^ +[0-9a-f]+:\t/, "", text)
  sub(/ *[#<].*$/, "", text)
  count = split(text, word, /[ \t]+/)
  at = 1
  while (at < count && word[at] ~ /^(rep|repz|repnz|repe|repne|lock|bnd|notrack|data16|addr32|[c-g]s|ss|rex(\..*)?)$/)
    at++
  why = why_forbidden(word[at], word[at + 1])
  if (why != "")
  {
    printf "%s: %s: %s (%s)\n", object, symbol, text, why
    found++
  }
}

END {
  if (instructions == 0)
  {
    print "no instructions to scan"
    exit 2
  }
  exit found > 0
}
