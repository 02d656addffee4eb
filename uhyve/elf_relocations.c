/* The relocations of a guest's ELF file: found by the dynamic section, read and checked in batches.
 */
#define _GNU_SOURCE 1
#include "uhyve/elf_relocations.h"

#include "uhyve/elf_check.h"

#define MAX_DYNAMIC_ENTRIES 256

int elf_relocations_find(struct elf_check *c)
{
  struct elf_image *image = c->image;
  const GElf_Phdr *header;
  int result = elf_check_find(c, PT_DYNAMIC, "PT_DYNAMIC", &header);
  if (result != 0 || (header == NULL && !image->position_independent))
    return result;
  if (header == NULL)
    return ELF_REFUSE(c, " is position-independent, but has no dynamic section" ELF_AGAIN);

  Elf64_Dyn entries[MAX_DYNAMIC_ENTRIES];
  if (!elf_inside(header->p_offset, header->p_filesz, 0, image->file_size))
    return ELF_REFUSE(c, ": its dynamic section ends past the end of the file" ELF_INCOMPLETE);
  if (header->p_filesz > sizeof entries || header->p_filesz % sizeof *entries != 0)
    return ELF_REFUSE(c, ": its dynamic section has a size that is not possible" ELF_AGAIN);
  result = elf_check_read(image, entries, header->p_filesz, header->p_offset, c->message);

  uint64_t rela_vaddr = 0, rela_bytes = 0, entry_bytes = sizeof(Elf64_Rela);
  bool have_rela = false;
  for (size_t i = 0; result == 0 && i < header->p_filesz / sizeof *entries; i++)
  {
    uint64_t value = entries[i].d_un.d_val;
    int64_t tag = entries[i].d_tag;
    if (tag == DT_NULL)
      break;
    if (tag == DT_NEEDED)
      return ELF_REFUSE(c,
                        " needs a shared library; build it with uhyve-cc, which links statically");
    if (tag == DT_TEXTREL || (tag == DT_FLAGS && (value & DF_TEXTREL) != 0))
      return ELF_REFUSE(c,
                        " has relocations in its code; build all of it with uhyve-cc -static-pie");
    if (tag == DT_REL || tag == DT_RELSZ || tag == DT_JMPREL || tag == DT_RELR || tag == DT_RELRSZ)
      return ELF_REFUSE(c, " has relocations of a kind uhyve does not know" ELF_AGAIN);
    if (tag == DT_RELA)
    {
      rela_vaddr = value;
      have_rela = true;
    }
    else if (tag == DT_RELASZ)
      rela_bytes = value;
    else if (tag == DT_RELAENT)
      entry_bytes = value;
  }
  if (result != 0 || rela_bytes == 0)
    return result;
  /* ld calls a -static-pie program ET_EXEC unless it is linked at address 0. */
  if (!image->position_independent)
    return ELF_REFUSE(c, " is linked at a fixed address, but has relocations" ELF_AGAIN);

  if (!have_rela || entry_bytes != sizeof(Elf64_Rela) || rela_bytes % sizeof(Elf64_Rela) != 0)
    return ELF_REFUSE(c, ": its relocation table has a size that is not possible" ELF_AGAIN);
  const struct elf_segment *segment = elf_image_find(image, rela_vaddr, rela_bytes);
  if (segment == NULL || !elf_inside(rela_vaddr, rela_bytes, segment->vaddr, segment->filesz))
    return ELF_REFUSE(c, ": its relocation table is not inside a segment" ELF_AGAIN);
  image->rela_offset = segment->offset + (rela_vaddr - segment->vaddr);
  image->rela_count = rela_bytes / sizeof(Elf64_Rela);
  return 0;
}

int elf_image_relocations(const struct elf_image *image, elf_image_relocate *relocate,
                          void *context, char message[static 256])
{
  Elf64_Rela batch[256];
  const size_t batch_len = sizeof batch / sizeof *batch;
  const struct elf_segment *segment = image->segments; /* most lie in the same one */
  message[0] = '\0';
  for (uint64_t done = 0; done < image->rela_count;)
  {
    uint64_t left = image->rela_count - done;
    size_t count = left < batch_len ? left : batch_len;
    int result = elf_check_read(image, batch, count * sizeof *batch,
                                image->rela_offset + done * sizeof *batch, message);
    for (size_t i = 0; i < count && result == 0; i++)
    {
      const Elf64_Rela *rela = &batch[i];
      if (rela->r_info != ELF64_R_INFO(0, R_X86_64_RELATIVE))
        return elf_check_fail(
            image, message, -ENOEXEC,
            ": relocation %llu is of type %u, only R_X86_64_RELATIVE is allowed" ELF_AGAIN,
            (unsigned long long) (done + i), (unsigned) ELF64_R_TYPE(rela->r_info));
      if (!elf_inside(rela->r_offset, 8, segment->vaddr, segment->memsz))
        segment = elf_image_find(image, rela->r_offset, 8);
      if (segment == NULL || (segment->flags & PF_W) == 0)
        return elf_check_fail(image, message, -ENOEXEC,
                              ": relocation %llu is not inside a writable segment" ELF_AGAIN,
                              (unsigned long long) (done + i));
      result = relocate(context, rela->r_offset, rela->r_addend);
    }
    if (result != 0)
      return result;
    done += count;
  }
  return 0;
}
