/* A position-independent image: the words in it that hold addresses of its own (System V ABI for
 * x86-64, 4.4) get those that it is mapped at. */
#include "arch/x86_64/boot/boot.h"

#define TYPE_SHARED       3 /* ET_DYN */
#define PROGRAM_DYNAMIC   2 /* PT_DYNAMIC */
#define DYNAMIC_END       0
#define DYNAMIC_RELA      7
#define DYNAMIC_RELA_SIZE 8
#define KIND_RELATIVE     8 /* R_X86_64_RELATIVE */

struct file_header
{
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version;
  uint64_t entry;
  uint64_t programs_offset, sections_offset;
  uint32_t flags;
  uint16_t header_bytes, program_bytes, program_count;
};

struct program_header
{
  uint32_t type, flags;
  uint64_t offset, address, load_address, file_bytes, memory_bytes, alignment;
};

struct dynamic
{
  uint64_t tag, value;
};

struct relocation
{
  uint64_t offset, kind, addend;
};

bool boot_is_movable(const struct boot_layout *layout)
{
  const struct file_header *header = boot_pointer(layout->image_gpa);
  return header->type == TYPE_SHARED;
}

static const struct dynamic *find_dynamic(uint64_t image_gpa)
{
  const struct file_header *header = boot_pointer(image_gpa);
  for (unsigned int i = 0; i < header->program_count; i++)
  {
    const struct program_header *program =
        boot_pointer(image_gpa + header->programs_offset + (uint64_t) i * header->program_bytes);
    if (program->type == PROGRAM_DYNAMIC)
      return boot_pointer(image_gpa + program->address);
  }
  boot_fail("a position-independent image without a list of what has to be relocated");
}

/* Where the code runs now, it has to be found until the guest's page tables are loaded too. */
static void map_twice(void)
{
  boot_tables[UHYVE_PIE_BASE >> 39] = boot_tables[0];
}

void boot_relocate(const struct boot_layout *layout)
{
  uint64_t offset = 0, bytes = 0;
  if (!boot_is_movable(layout))
    return;
  for (const struct dynamic *at = find_dynamic(layout->image_gpa); at->tag != DYNAMIC_END; at++)
  {
    if (at->tag == DYNAMIC_RELA)
      offset = at->value;
    else if (at->tag == DYNAMIC_RELA_SIZE)
      bytes = at->value;
  }
  const struct relocation *at = boot_pointer(layout->image_gpa + offset);
  for (uint64_t i = 0; i < bytes / sizeof(*at); i++)
  {
    uint64_t *word = boot_pointer(layout->image_gpa + at[i].offset);
    if (at[i].kind != KIND_RELATIVE)
      boot_fail("a position-independent image with other relocations than R_X86_64_RELATIVE");
    *word = layout->image_gva + at[i].addend;
  }
  map_twice();
  boot_log(BOOT_LOG_VERBOSE, "relocated %lu words", bytes / sizeof(*at));
}
