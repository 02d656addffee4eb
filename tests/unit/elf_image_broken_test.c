/* Tests of uhyve/elf_image.c and its parts: images that are each broken in one way are refused. */
#include "elf_file.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODE            "is not inside an executable segment"

#define TEXT_OF_(token) #token
#define TEXT_OF(macro)  TEXT_OF_(macro)

static const struct patched_image bad_images[] = {
    /* The file */
    {"magic", "not an ELF file", .patches = {IDENT(0, 0x7e)}},
    {"script", "not an ELF file", .patches = {{0, 4, 0x622f2123}}},
    {"one byte", "not an ELF file", .patches = {{0}}, .file_bytes = 1},
    {"four bytes", "ELF header is cut off", .patches = {{0}}, .file_bytes = 4},
    {"header less a byte", "ELF header is cut off", .patches = {{0}}, .file_bytes = 63},
    {"header alone", "program headers end past the end", .patches = {{0}}, .file_bytes = 64},
    {"headers less a byte", "program headers end past", .patches = {{0}},
     .file_bytes = 64 + 8 * 56 - 1},
    {"headers alone", "notes end past the end", .patches = {{0}}, .file_bytes = 64 + 8 * 56},
    {"file less a byte", "segment 2 ends past the end", .patches = {{0}},
     .file_bytes = FILE_BYTES - 1},
    {"half a file", "segment 1 ends past the end", .patches = {{0}}, .file_bytes = 0x2000},
    /* Other machines and kinds */
    {"AArch64", "is for AArch64; uhyve runs x86-64", .patches = {EH(e_machine, EM_AARCH64)}},
    {"RISC-V", "is for RISC-V", .patches = {EH(e_machine, EM_RISCV)}},
    {"i386", "is for 32-bit x86", .patches = {EH(e_machine, EM_386), IDENT(EI_CLASS, ELFCLASS32)}},
    {"Arm", "is for 32-bit Arm", .patches = {EH(e_machine, EM_ARM), IDENT(EI_CLASS, ELFCLASS32)}},
    {"PowerPC", "is for 64-bit PowerPC",
     .patches = {EH(e_machine, 0x1500), IDENT(EI_DATA, ELFDATA2MSB)}},
    {"S/390", "is for S/390", .patches = {EH(e_machine, 0x1600), IDENT(EI_DATA, ELFDATA2MSB)}},
    {"unknown machine", "machine type 65535", .patches = {EH(e_machine, 0xffff)}},
    {"no machine", "machine type 0", .patches = {EH(e_machine, 0)}},
    {"x32", "is a 32-bit program", .patches = {IDENT(EI_CLASS, ELFCLASS32)}},
    {"no class", "unknown class", .patches = {IDENT(EI_CLASS, 0)}},
    {"class 3", "unknown class", .patches = {IDENT(EI_CLASS, 3)}},
    {"big endian", "is big-endian",
     .patches = {EH(e_machine, 0x3e00), IDENT(EI_DATA, ELFDATA2MSB)}},
    {"no byte order", "unknown byte order", .patches = {IDENT(EI_DATA, 0)}},
    {"ident version", "unknown version", .patches = {IDENT(EI_VERSION, 2)}},
    {"header version", "unknown version", .patches = {EH(e_version, 0)}},
    {"object file", "is an object file; link it", .patches = {EH(e_type, ET_REL)}},
    {"core", "is a core dump", .patches = {EH(e_type, ET_CORE)}},
    {"no type", "ELF type 0 is no program", .patches = {EH(e_type, ET_NONE)}},
    {"unknown type", "ELF type 65244", .patches = {EH(e_type, 0xfedc)}},
    /* Sizes and places of headers */
    {"header size", "wrong sizes of headers", .patches = {EH(e_ehsize, 52)}},
    {"entry size 0", "wrong sizes of headers", .patches = {EH(e_phentsize, 0)}},
    {"entry size 32", "wrong sizes of headers", .patches = {EH(e_phentsize, 32)}},
    {"entry size large", "wrong sizes of headers", .patches = {EH(e_phentsize, 0xffff)}},
    {"no headers", "has no program headers", .patches = {EH(e_phnum, 0)}},
    {"33 headers", "too many program headers: 33", .patches = {EH(e_phnum, 33)}},
    {"PN_XNUM", "too many program headers: 65535", .patches = {EH(e_phnum, PN_XNUM)}},
    {"headers at the end", "headers end past the end", .patches = {EH(e_phoff, FILE_BYTES)}},
    {"headers nearly at the end", "headers end past",
     .patches = {EH(e_phoff, FILE_BYTES - 8 * 56 + 1)}},
    {"headers wrap", "headers end past the end", .patches = {EH(e_phoff, TOP)}},
    {"headers wrap to 0", "headers end past the end",
     .patches = {EH(e_phoff, TOP - 8 * UINT64_C(56) + 1)}},
    {"headers negative", "headers end past the end", .patches = {EH(e_phoff, UINT64_C(1) << 63)}},
    {"headers elsewhere", "is an ordinary Linux program", .patches = {EH(e_phoff, 0x2000)}},
    /* Ordinary programs */
    {"interpreter", "is an ordinary Linux program: build",
     .patches = {PH(H_OTHER, p_type, PT_INTERP)}},
    {"static program", "is an ordinary Linux program", .patches = {PH(H_NOTE, p_type, PT_NULL)}},
    {"shared library", "shared library or an ordinary", .patches = {PH(H_NOTE, p_type, PT_NULL)},
     .from = &good_pie},
    {"empty notes", "is an ordinary Linux program", .patches = {PH(H_NOTE, p_filesz, 0)}},
    {"foreign notes", "is an ordinary Linux",
     .patches = {NOTE(version_name, 0), NOTE(layout_name, 0)}},
    /* Notes */
    {"version 7",
     "interface version 7, this uhyve has " TEXT_OF(UHYVE_INTERFACE_VERSION) ": rebuild",
     .patches = {NOTE(version, 7)}},
    {"version 0", "interface version 0,", .patches = {NOTE(version, 0)}},
    {"version 7, no layout", "version 7,",
     .patches = {NOTE(version, 7), NOTE(layout_name[0], 'x')}},
    {"version 7, layout", "version 7,",
     .patches = {NOTE(version, 7), NOTE(layout_header.n_descsz, 16),
                 PH(H_NOTE, p_filesz,
                    sizeof(struct notes) - sizeof(struct uhyve_note_layout) + 16)}},
    {"version large", "interface version 4294967295,", .patches = {NOTE(version, 0xffffffff)}},
    {"no version", "does not say its interface version", .patches = {NOTE(version_name[4], 'x')}},
    {"no layout", "has no layout note", .patches = {NOTE(layout_name[0], 'U')}},
    {"layout name length", "has no layout note", .patches = {NOTE(layout_header.n_namesz, 5)}},
    {"layout name length 8", "has no layout note", .patches = {NOTE(layout_header.n_namesz, 8)}},
    {"layout short", "note of 28 bytes instead of",
     .patches = {NOTE(layout_header.n_descsz, 28),
                 PH(H_NOTE, p_filesz,
                    sizeof(struct notes) - sizeof(struct uhyve_note_layout) + 28)}},
    {"layout empty", "note of 0 bytes",
     .patches = {NOTE(layout_header.n_descsz, 0),
                 PH(H_NOTE, p_filesz,
                    sizeof(struct notes) - sizeof(struct uhyve_note_layout) + 0)}},
    {"layout long", "note that is cut off",
     .patches = {NOTE(layout_header.n_descsz, sizeof(struct uhyve_note_layout) + 1)}},
    {"layout very long", "note that is cut off",
     .patches = {NOTE(layout_header.n_descsz, 0xffffffff)}},
    {"layout name very long", "cut off", .patches = {NOTE(layout_header.n_namesz, 0xffffffff)}},
    {"other note too long", "cut off", .patches = {NOTE(other_header.n_descsz, 0x7fffffff)}},
    {"version too short", "that is too short", .patches = {NOTE(version_header.n_descsz, 3)}},
    {"two versions", "two notes of the interface version",
     .patches = {NOTE(layout_header.n_type, UHYVE_NOTE_VERSION)}},
    {"two layouts", "two layout notes",
     .patches = {NOTE(version_header.n_type, UHYVE_NOTE_LAYOUT)}},
    {"notes twice", "two notes of the interface version",
     .patches = {PH(H_OTHER, p_type, PT_NOTE), PH(H_OTHER, p_offset, NOTES_OFFSET),
                 PH(H_OTHER, p_filesz, sizeof(struct notes))}},
    {"notes end early", "cut off", .patches = {PH(H_NOTE, p_filesz, sizeof(struct notes) - 1)}},
    {"notes end in a header", "cut off", .patches = {PH(H_NOTE, p_filesz, 24 + 24 + 8)}},
    {"notes past the end", "notes end past", .patches = {PH(H_NOTE, p_offset, FILE_BYTES - 8)}},
    {"notes wrap", "notes end past the end", .patches = {PH(H_NOTE, p_offset, TOP - 8)}},
    {"notes large", "notes end past the end", .patches = {PH(H_NOTE, p_filesz, TOP)}},
    {"notes many", "too many notes", .patches = {PH(H_NOTE, p_filesz, 0x5000)}},
    /* Segments */
    {"filesz > memsz", "segment 2 is larger in the file", .patches = {PH(H_DATA, p_memsz, 0x1000)}},
    {"filesz, no memsz", "segment 0 is larger in the file", .patches = {PH(H_CONST, p_memsz, 0)}},
    {"data past the end", "segment 2 ends past the end of the file",
     .patches = {PH(H_DATA, p_offset, 0x5000)}},
    {"offset wraps", "segment 2 ends past", .patches = {PH(H_DATA, p_offset, TOP - 0xfff)}},
    {"offset wraps to 0", "ends past",
     .patches = {PH(H_DATA, p_offset, TOP - DATA_FILE_BYTES + 1)}},
    {"filesz huge", "segment 2 ends past",
     .patches = {PH(H_DATA, p_filesz, TOP), PH(H_DATA, p_memsz, TOP)}},
    {"memory wraps", "segment 2 wraps", .patches = {PH(H_DATA, p_memsz, TOP)}},
    {"memory wraps to 0", "segment 2 wraps", .patches = {PH(H_DATA, p_memsz, 0 - B - DATA_OFFSET)}},
    {"memory ends on the last page", "wraps",
     .patches = {PH(H_DATA, p_memsz, 0 - B - DATA_OFFSET - 1)}},
    {"address at the top", "segment 2 wraps", .patches = {PH(H_DATA, p_vaddr, TOP - 0xfff)}},
    {"unaligned address", "lies differently in a page",
     .patches = {PH(H_DATA, p_vaddr, B + 0x4010)}},
    {"unaligned offset", "lies differently in a page", .patches = {PH(H_CODE, p_offset, 0x1001)}},
    {"alignment 3", "segment 1 has an impossible alignment", .patches = {PH(H_CODE, p_align, 3)}},
    {"alignment 2 GiB", "impossible alignment",
     .patches = {PH(H_CODE, p_align, UINT64_C(1) << 31)}},
    {"alignment huge", "impossible alignment", .patches = {PH(H_CODE, p_align, TOP)}},
    {"code writable", "segment 1 is writable and executable", .patches = {PH(H_CODE, p_flags, 7)}},
    {"data executable", "segment 2 is writable and executable",
     .patches = {PH(H_DATA, p_flags, 7)}},
    {"all rights", "segment 0 is writable and exec", .patches = {PH(H_CONST, p_flags, 0xffffffff)}},
    {"no rights", "segment 0 is not readable", .patches = {PH(H_CONST, p_flags, 0)}},
    {"execute only", "segment 1 is not readable", .patches = {PH(H_CODE, p_flags, PF_X)}},
    {"write only", "segment 2 is not readable", .patches = {PH(H_DATA, p_flags, PF_W)}},
    {"read-only with zeros", "segment 0 is read-only, but",
     .patches = {PH(H_CONST, p_filesz, 0xff0)}},
    {"code with zeros", "segment 1 is read-only, but", .patches = {PH(H_CODE, p_filesz, 0x2fff)}},
    {"data read-only", "segment 2 is read-only, but", .patches = {PH(H_DATA, p_flags, PF_R)}},
    {"physical address", "different physical and virtual", .patches = {PH(H_CODE, p_paddr, B)}},
    {"wrong order", "segment 1 lies below the one before it",
     .patches = {PH(H_CODE, p_vaddr, B - 0x4000), PH(H_CODE, p_paddr, B - 0x4000)}},
    {"overlap", "segment 2 overlaps the one before it",
     .patches = {PH(H_DATA, p_vaddr, B + 0x3000), PH(H_DATA, p_paddr, B + 0x3000)}},
    {"same address", "segment 1 overlaps the one before it",
     .patches = {PH(H_CODE, p_vaddr, B), PH(H_CODE, p_paddr, B)}},
    {"overlap by a byte", "segment 1 overlaps the one before it",
     .patches = {PH(H_CONST, p_filesz, 0x1001), PH(H_CONST, p_memsz, 0x1001)}},
    {"data on the code's page", "segment 2 shares a page",
     .patches = {PH(H_CODE, p_filesz, 0x2f00), PH(H_CODE, p_memsz, 0x2f00),
                 PH(H_DATA, p_offset, 0x3f80), PH(H_DATA, p_vaddr, B + 0x3f80),
                 PH(H_DATA, p_paddr, B + 0x3f80)}},
    {"code on the constants' page", "segment 1 shares a page",
     .patches = {PH(H_CONST, p_filesz, 0x800), PH(H_CONST, p_memsz, 0x800),
                 PH(H_CODE, p_offset, 0xf00), PH(H_CODE, p_vaddr, B + 0xf00),
                 PH(H_CODE, p_paddr, B + 0xf00)}},
    {"nothing to load", "has nothing to load",
     .patches = {PH(H_CONST, p_type, PT_NULL), PH(H_CODE, p_type, PT_NULL),
                 PH(H_DATA, p_type, PT_NULL)}},
    {"begins later", "is linked at 0x201000 instead of 0x200000",
     .patches = {PH(H_CONST, p_type, 0)}},
    {"begins within a page", "does not begin on a whole page",
     .patches = {PH(H_CONST, p_offset, 8), PH(H_CONST, p_vaddr, B + 8), PH(H_CONST, p_paddr, B + 8),
                 PH(H_CONST, p_filesz, 8), PH(H_CONST, p_memsz, 8)}},
    {"base of Linux", "is linked at 0x1ff000",
     .patches = {PH(H_CONST, p_vaddr, B - 0x1000), PH(H_CONST, p_paddr, B - 0x1000)}},
    {"larger than 1 GiB", "more than 1 GiB", .patches = {PH(H_DATA, p_memsz, 0x40000000)}},
    {"1 GiB and a byte", "more than 1 GiB",
     .patches = {PH(H_DATA, p_memsz, 0x40000000 - DATA_OFFSET + 1)}},
    {"pie of 2 GiB", "more than 1 GiB", .patches = {PH(H_DATA, p_memsz, 0x80000000)},
     .from = &good_pie},
    /* Layout */
    {"no nucleus", "nucleus is empty", .patches = {NOTE(layout.nucleus_end, 0x1000)}},
    {"nucleus backwards", "nucleus is empty", .patches = {NOTE(layout.nucleus_begin, 0x4000)}},
    {"nucleus begin", "not made of whole pages", .patches = {NOTE(layout.nucleus_begin, 0x1008)}},
    {"nucleus end", "not made of whole pages", .patches = {NOTE(layout.nucleus_end, 0x2fff)}},
    {"nucleus in constants", "nucleus is not inside", .patches = {NOTE(layout.nucleus_begin, 0)}},
    {"nucleus over data", "nucleus is not inside", .patches = {NOTE(layout.nucleus_end, 0x5000)}},
    {"nucleus to the top", "nucleus is not inside",
     .patches = {NOTE(layout.nucleus_end, 0xfffff000)}},
    {"nucleus nowhere", "nucleus is not inside",
     .patches = {NOTE(layout.nucleus_begin, 0xffffe000), NOTE(layout.nucleus_end, 0xfffff000)}},
    {"stubs of 0 bytes", "are 0 bytes apart", .patches = {NOTE(layout.vector_stub_bytes, 0)}},
    {"stubs of 7 bytes", "are 7 bytes apart", .patches = {NOTE(layout.vector_stub_bytes, 7)}},
    {"stubs of 65 bytes", "are 65 bytes apart", .patches = {NOTE(layout.vector_stub_bytes, 65)}},
    {"stubs of 4 GiB", "4294967295 bytes apart",
     .patches = {NOTE(layout.vector_stub_bytes, 0xffffffff)}},
    {"stubs too long", "stubs are not inside the nucl",
     .patches = {NOTE(layout.vector_stub_bytes, 33)}},
    {"stubs too low", "stubs are not inside the nucleus",
     .patches = {NOTE(layout.vector_stubs, 0xfff)}},
    {"stubs too high", "stubs are not inside the nucleus",
     .patches = {NOTE(layout.vector_stubs, 0x2001)}},
    {"stubs nowhere", "stubs are not inside", .patches = {NOTE(layout.vector_stubs, 0xffffff00)}},
    {"boot too low", "boot entry is not inside the nucleus",
     .patches = {NOTE(layout.boot_entry, 0xfff)}},
    {"boot too high", "boot entry is not inside", .patches = {NOTE(layout.boot_entry, 0x3000)}},
    {"start in data", "start entry " CODE, .patches = {NOTE(layout.start_entry, 0x4000)}},
    {"start in constants", "start entry " CODE, .patches = {NOTE(layout.start_entry, 0)}},
    {"start nowhere", "start entry " CODE, .patches = {NOTE(layout.start_entry, 0xffffffff)}},
    {"start in nucleus", "start entry is inside the nucleus",
     .patches = {NOTE(layout.start_entry, 0x2fff)}},
    {"secondary in data", "secondary entry " CODE,
     .patches = {NOTE(layout.secondary_entry, 0x4000)}},
    {"secondary in nucleus", "inside the nucleus",
     .patches = {NOTE(layout.secondary_entry, 0x1000)}},
    {"upcall in data", "upcall entry " CODE, .patches = {NOTE(layout.upcall_entry, 0x6000)}},
    {"syscall in data", "syscall entry " CODE, .patches = {NOTE(layout.syscall_entry, 0x4000)}},
    {"syscall in nucleus", "inside the nucleus", .patches = {NOTE(layout.syscall_entry, 0x1000)}},
    {"upcall in nucleus", "inside the nucleus", .patches = {NOTE(layout.upcall_entry, 0x2000)}},
    /* Thread-local data, relro */
    {"two tls", "two PT_TLS", .patches = {PH(H_OTHER, p_type, PT_TLS)}},
    {"tls align 3", "alignment that is not possible", .patches = {PH(H_TLS, p_align, 3)}},
    {"tls align 8192", "alignment that is not possible", .patches = {PH(H_TLS, p_align, 8192)}},
    {"tls filesz > memsz", "data is larger in the file", .patches = {PH(H_TLS, p_memsz, 15)}},
    {"tls huge", "more than 64 MiB of thread-local data", .patches = {PH(H_TLS, p_memsz, TOP)}},
    {"tls in zeros", "file part of a segment", .patches = {PH(H_TLS, p_vaddr, B + 0x5800)}},
    {"tls leaves the file part", "file part of a segment",
     .patches = {PH(H_TLS, p_vaddr, B + 0x57f1)}},
    {"tls outside", "file part of a segment", .patches = {PH(H_TLS, p_vaddr, TOP - 1)}},
    {"tls zeros outside", "data is outside the segments",
     .patches = {PH(H_TLS, p_filesz, 0), PH(H_TLS, p_vaddr, B + IMAGE_BYTES + 1)}},
    {"two relro", "two PT_GNU_RELRO", .patches = {PH(H_OTHER, p_type, PT_GNU_RELRO)}},
    {"relro in code", "not inside a writable segment",
     .patches = {PH(H_RELRO, p_vaddr, B + 0x1000)}},
    {"relro too long", "not inside a writable segment", .patches = {PH(H_RELRO, p_memsz, 0x3001)}},
    {"relro huge", "not inside a writable segment", .patches = {PH(H_RELRO, p_memsz, TOP)}},
    {"relro nowhere", "not inside a writable segment", .patches = {PH(H_RELRO, p_vaddr, TOP)}},
    /* The dynamic section */
    {"no dynamic", "no dynamic section", .patches = {PH(H_DYNAMIC, p_type, PT_NULL)},
     .from = &good_pie},
    {"fixed with relocations", "fixed address, but has relocations",
     .patches = {PH(H_DYNAMIC, p_type, PT_DYNAMIC)}},
    {"two dynamic", "two PT_DYNAMIC", .patches = {PH(H_OTHER, p_type, PT_DYNAMIC)},
     .from = &good_pie},
    {"dynamic past the end", "ends past", .patches = {PH(H_DYNAMIC, p_offset, FILE_BYTES - 16)},
     .from = &good_pie},
    {"dynamic wraps", "ends past", .patches = {PH(H_DYNAMIC, p_offset, TOP - 15)},
     .from = &good_pie},
    {"dynamic large", "size that is not possible", .patches = {PH(H_DYNAMIC, p_filesz, 0x1010)},
     .from = &good_pie},
    {"dynamic odd", "size that is not possible", .patches = {PH(H_DYNAMIC, p_filesz, 17)},
     .from = &good_pie},
    {"needed", "needs a shared library", .patches = {DYN(4, d_tag, DT_NEEDED)}, .from = &good_pie},
    {"text relocations", "in its code", .patches = {DYN(4, d_tag, DT_TEXTREL)}, .from = &good_pie},
    {"text relocation flag", "in its code", .patches = {DYN(4, d_un, DF_TEXTREL)},
     .from = &good_pie},
    {"rel", "of a kind uhyve does not know", .patches = {DYN(4, d_tag, DT_REL)}, .from = &good_pie},
    {"jmprel", "of a kind uhyve does not know", .patches = {DYN(4, d_tag, DT_JMPREL)},
     .from = &good_pie},
    {"relr", "of a kind uhyve does not know", .patches = {DYN(4, d_tag, 36)}, .from = &good_pie},
    {"no rela", "table has a size", .patches = {DYN(0, d_tag, DT_DEBUG)}, .from = &good_pie},
    {"rela entry", "table has a size", .patches = {DYN(2, d_un, 16)}, .from = &good_pie},
    {"rela odd", "table has a size", .patches = {DYN(1, d_un, 25)}, .from = &good_pie},
    {"rela huge", "table is not inside", .patches = {DYN(1, d_un, TOP - TOP % 24)},
     .from = &good_pie},
    {"rela over a page", "table is not inside", .patches = {DYN(0, d_un, 0xff0)},
     .from = &good_pie},
    {"rela nowhere", "table is not inside", .patches = {DYN(0, d_un, TOP - 8)}, .from = &good_pie},
    {"rela in zeros", "table is not inside", .patches = {DYN(0, d_un, 0x5800)}, .from = &good_pie},
};

/* These are found when the table is walked. */
static const struct patched_image bad_relocations[] = {
    {"none", "relocation 0 is of type 0", .patches = {RELA(0, r_info, R_X86_64_NONE)},
     .from = &good_pie},
    {"64", "relocation 1 is of type 1,", .patches = {RELA(1, r_info, R_X86_64_64)},
     .from = &good_pie},
    {"irelative", "of type 37", .patches = {RELA(0, r_info, R_X86_64_IRELATIVE)},
     .from = &good_pie},
    {"symbol", "only R_X86_64_RELATIVE", .patches = {RELA(0, r_info, UINT64_C(0x100000008))},
     .from = &good_pie},
    {"high type", "only R_X86_64_RELATIVE", .patches = {RELA(0, r_info, 0xffffffff)},
     .from = &good_pie},
    {"constants", "0 is not inside a writable", .patches = {RELA(0, r_offset, 0)},
     .from = &good_pie},
    {"code", "2 is not inside a writable segment", .patches = {RELA(2, r_offset, 0x1000)},
     .from = &good_pie},
    {"begin", "not inside a writable segment", .patches = {RELA(0, r_offset, 0x3ffc)},
     .from = &good_pie},
    {"end", "not inside a writable segment", .patches = {RELA(0, r_offset, 0x6ff9)},
     .from = &good_pie},
    {"outside", "not inside a writable segment", .patches = {RELA(0, r_offset, 0x7000)},
     .from = &good_pie},
    {"wraps", "not inside a writable segment", .patches = {RELA(0, r_offset, TOP - 3)},
     .from = &good_pie},
};

static void refuses_bad_images(void **state)
{
  (void) state;
  const size_t count = sizeof bad_images / sizeof *bad_images;
  assert_true(count >= 100);
  unsigned descriptors = count_descriptors();
  for (size_t i = 0; i < count; i++)
  {
    const struct patched_image *bad = &bad_images[i];
    struct elf_image image;
    char message[256] = "";
    elf_file_store_patched(bad);
    int result = elf_image_open(&image, image_path, message);
    if (result != -ENOEXEC || strstr(message, bad->message) == NULL ||
        strncmp(message, image_path, strlen(image_path)) != 0)
      fail_msg("%s: %d '%s', expected '%s'", bad->name, result, message, bad->message);
    assert_line(message);
  }
  assert_int_equal(count_descriptors(), descriptors);
}

static void refuses_bad_relocations(void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof bad_relocations / sizeof *bad_relocations; i++)
  {
    const struct patched_image *bad = &bad_relocations[i];
    struct elf_image image;
    struct walk walk = {0};
    char message[256] = "";
    elf_file_store_patched(bad);
    assert_int_equal(elf_image_open(&image, image_path, message), 0);
    int result = elf_image_relocations(&image, note_relocation, &walk, message);
    if (result != -ENOEXEC || strstr(message, bad->message) == NULL)
      fail_msg("%s: %d '%s', expected '%s'", bad->name, result, message, bad->message);
    assert_line(message);
    elf_image_close(&image);
  }
}

/* ---- The same files given to the monitor itself ---- */

static const char *monitor_path;

/* Runs the monitor on the stored file. Returns its wait status and what it says on standard error,
 * cut to the buffer's size. */
static int run_monitor(char *said, size_t size)
{
  char path[64];
  int ends[2];
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int status;
  snprintf(path, sizeof path, "/proc/%d/fd/%d", (int) getpid(), image_fd);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
  assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO), 0);
  assert_int_equal(posix_spawn_file_actions_addclose(&actions, ends[0]), 0);
  char *arguments[] = {(char *) (uintptr_t) monitor_path, path, NULL};
  char *environment[] = {NULL};
  assert_int_equal(posix_spawn(&pid, monitor_path, &actions, NULL, arguments, environment), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  size_t len = 0;
  ssize_t got;
  while ((got = read(ends[0], said + len, size - 1 - len)) > 0)
    len += (size_t) got;
  said[len] = '\0';
  close(ends[0]);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status;
}

static void monitor_refuses(const struct patched_image *bad)
{
  char said[1024];
  elf_file_store_patched(bad);
  int status = run_monitor(said, sizeof said);
  const char *newline = strchr(said, '\n');
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 127 || strncmp(said, "uhyve: ", 7) != 0 ||
      strstr(said, bad->message) == NULL || newline == NULL || newline[1] != '\0')
    fail_msg("%s: wait status %d, '%s', expected '%s'", bad->name, status, said, bad->message);
}

static void monitor_refuses_all(void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof bad_images / sizeof *bad_images; i++)
    monitor_refuses(&bad_images[i]);
  for (size_t i = 0; i < sizeof bad_relocations / sizeof *bad_relocations; i++)
    monitor_refuses(&bad_relocations[i]);
}

/* With the monitor's path as argument, it is the monitor that is tested. */
int main(int argc, char **argv)
{
  if (argc > 1)
  {
    monitor_path = argv[1];
    const struct CMUnitTest monitor_tests[] = {cmocka_unit_test(monitor_refuses_all)};
    return cmocka_run_group_tests(monitor_tests, elf_file_set_up, elf_file_tear_down);
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_bad_images),
      cmocka_unit_test(refuses_bad_relocations),
  };
  return cmocka_run_group_tests(tests, elf_file_set_up, elf_file_tear_down);
}
