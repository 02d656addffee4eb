/* ELF files to check, made in memory. */
#define _GNU_SOURCE 1
#include "elf_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

union image good_fixed, good_pie;
int image_fd;
char image_path[64];

static Elf64_Phdr load(uint64_t base, uint64_t offset, uint64_t filesz, uint64_t memsz,
                       uint32_t flags)
{
  return (Elf64_Phdr){.p_type = PT_LOAD,
                      .p_flags = flags,
                      .p_offset = offset,
                      .p_vaddr = base + offset,
                      .p_paddr = base + offset,
                      .p_filesz = filesz,
                      .p_memsz = memsz,
                      .p_align = 0x1000};
}

static void build(union image *image, bool pie)
{
  uint64_t base = pie ? 0 : UHYVE_IMAGE_BASE;
  memset(image, 0, sizeof *image);
  image->start.header = (Elf64_Ehdr){
      .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
      .e_type = pie ? ET_DYN : ET_EXEC,
      .e_machine = EM_X86_64,
      .e_version = EV_CURRENT,
      .e_entry = base + 0x3000,
      .e_phoff = offsetof(union image, start.headers),
      .e_ehsize = sizeof(Elf64_Ehdr),
      .e_phentsize = sizeof(Elf64_Phdr),
      .e_phnum = HEADERS,
      .e_shoff = 0x123456789, /* sections are nobody's business */
      .e_shnum = 77,
      .e_shstrndx = 99,
  };
  Elf64_Phdr *headers = image->start.headers;
  headers[H_CONST] = load(base, 0, 0x1000, 0x1000, PF_R);
  headers[H_CODE] = load(base, CODE_OFFSET, 0x3000, 0x3000, PF_R | PF_X);
  headers[H_DATA] = load(base, DATA_OFFSET, DATA_FILE_BYTES, DATA_BYTES, PF_R | PF_W);
  headers[H_NOTE] = load(base, NOTES_OFFSET, sizeof(struct notes), sizeof(struct notes), PF_R);
  headers[H_NOTE].p_type = PT_NOTE;
  headers[H_TLS] = load(base, TLS_OFFSET, 0x10, 0x40, PF_R);
  headers[H_TLS].p_type = PT_TLS;
  headers[H_TLS].p_align = 16;
  headers[H_RELRO] = load(base, DATA_OFFSET, 0x1000, 0x1000, PF_R);
  headers[H_RELRO].p_type = PT_GNU_RELRO;
  headers[H_DYNAMIC] = load(base, DYNAMIC_OFFSET, DYNAMIC_ENTRIES * sizeof(Elf64_Dyn),
                            DYNAMIC_ENTRIES * sizeof(Elf64_Dyn), PF_R);
  headers[H_DYNAMIC].p_type = pie ? PT_DYNAMIC : PT_NULL;
  headers[H_OTHER] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};

  struct notes notes = {
      .version_header = {6, sizeof notes.version, UHYVE_NOTE_VERSION},
      .version_name = "uhyve",
      .version = {UHYVE_INTERFACE_VERSION},
      .other_header = {4, sizeof notes.other, 1},
      .other_name = "GNU",
      .layout_header = {6, sizeof notes.layout, UHYVE_NOTE_LAYOUT},
      .layout_name = "uhyve",
      .layout = {.nucleus_begin = 0x1000,
                 .nucleus_end = 0x3000,
                 .vector_stubs = 0x1000,
                 .vector_stub_bytes = 16,
                 .boot_entry = 0x2ff0,
                 .start_entry = 0x3000,
                 .secondary_entry = 0x3100,
                 .upcall_entry = 0x3200,
                 .syscall_entry = 0x3300},
  };
  memcpy(image->bytes + NOTES_OFFSET, &notes, sizeof notes);

  const Elf64_Dyn dynamic[DYNAMIC_ENTRIES] = {
      {DT_RELA, {base + RELA_OFFSET}},
      {DT_RELASZ, {RELOCATIONS * sizeof(Elf64_Rela)}},
      {DT_RELAENT, {sizeof(Elf64_Rela)}},
      {DT_RELACOUNT, {RELOCATIONS}},
      {DT_FLAGS, {0}},
      {DT_NULL, {0}},
  };
  const Elf64_Rela rela[RELOCATIONS] = {
      {base + 0x4000, R_X86_64_RELATIVE, 0x3000},
      {base + 0x5100, R_X86_64_RELATIVE, 0x4008},
      {base + 0x6ff8, R_X86_64_RELATIVE, -1},
  };
  memcpy(image->bytes + DYNAMIC_OFFSET, dynamic, sizeof dynamic);
  memcpy(image->bytes + RELA_OFFSET, rela, sizeof rela);
}

int elf_file_set_up(void **state)
{
  (void) state;
  build(&good_fixed, false);
  build(&good_pie, true);
  image_fd = memfd_create("image", MFD_CLOEXEC);
  snprintf(image_path, sizeof image_path, "/proc/self/fd/%d", image_fd);
  return image_fd < 0;
}

int elf_file_tear_down(void **state)
{
  (void) state;
  return close(image_fd);
}

void elf_file_store(const union image *image, size_t len)
{
  assert_int_equal(ftruncate(image_fd, (off_t) len), 0);
  assert_int_equal(pwrite(image_fd, image, len, 0), len);
}

unsigned count_descriptors(void)
{
  DIR *directory = opendir("/proc/self/fd");
  assert_non_null(directory);
  unsigned count = 0;
  while (readdir(directory) != NULL)
    count++;
  closedir(directory);
  return count;
}

void assert_line(const char *message)
{
  assert_true(strlen(message) > 0 && strlen(message) < 256);
  for (; *message != '\0'; message++)
    assert_true((unsigned char) *message >= ' ');
}

int note_relocation(void *context, uint64_t vaddr, int64_t addend)
{
  struct walk *walk = context;
  if (walk->count < RELOCATIONS)
  {
    walk->vaddr[walk->count] = vaddr;
    walk->addend[walk->count] = addend;
  }
  walk->count++;
  return walk->count == walk->stop_at ? -EINTR : 0;
}

void elf_file_store_patched(const struct patched_image *patched)
{
  static union image image;
  image = patched->from != NULL ? *patched->from : good_fixed;
  for (size_t i = 0; i < sizeof patched->patches / sizeof *patched->patches; i++)
    memcpy(image.bytes + patched->patches[i].offset, &patched->patches[i].value,
           patched->patches[i].width);
  elf_file_store(&image, patched->file_bytes != 0 ? patched->file_bytes : sizeof image);
}
