/* Where the relocations of a guest's ELF file lie; elf_image_relocations walks them. */
#ifndef UHYVE_ELF_RELOCATIONS_H
#define UHYVE_ELF_RELOCATIONS_H

struct elf_check;

/* Fills in image->rela_offset and image->rela_count. Returns 0, or a negative errno with one line
 * in the message. */
int elf_relocations_find(struct elf_check *c);

#endif
