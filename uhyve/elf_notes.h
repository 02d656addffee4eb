/* The notes of a guest's ELF file: who built it, and where what the monitor enters lies. Each call
 * returns 0, or a negative errno with one line in the message. */
#ifndef UHYVE_ELF_NOTES_H
#define UHYVE_ELF_NOTES_H

struct elf_check;

/* Fills in image->layout; it is not compared with anything yet. */
int elf_notes_read(struct elf_check *c);

/* Compares the layout with the segments, which are checked already. */
int elf_notes_check_layout(struct elf_check *c);

#endif
