/* The notes of a guest's ELF file: read once, and compared with the segments. */
#define _GNU_SOURCE 1
#include "uhyve/elf_notes.h"

#include "hypercalls/hypercalls.h"
#include "uhyve/elf_check.h"

#include <string.h>

#define MAX_NOTE_BYTES  8192
#define MIN_VECTOR_STUB 8
#define MAX_VECTOR_STUB 64
#define VECTORS         256

struct notes
{
  bool have_version;
  bool have_layout;
  uint32_t interface_version;
  uint32_t layout_bytes;
};

static int keep_note(struct elf_check *c, struct notes *notes, const Elf64_Nhdr *note,
                     const uint8_t *content)
{
  if (note->n_type == UHYVE_NOTE_VERSION)
  {
    if (notes->have_version)
      return ELF_REFUSE(c, " has two notes of the interface version" ELF_AGAIN);
    if (note->n_descsz < sizeof notes->interface_version)
      return ELF_REFUSE(c, " has a note of the interface version that is too short" ELF_AGAIN);
    notes->have_version = true;
    memcpy(&notes->interface_version, content, sizeof notes->interface_version);
  }
  else if (note->n_type == UHYVE_NOTE_LAYOUT)
  {
    if (notes->have_layout)
      return ELF_REFUSE(c, " has two layout notes" ELF_AGAIN);
    notes->have_layout = true;
    notes->layout_bytes = note->n_descsz;
    if (note->n_descsz == sizeof c->image->layout)
      memcpy(&c->image->layout, content, sizeof c->image->layout);
  }
  else if (note->n_type == UHYVE_NOTE_TASKS && note->n_descsz == sizeof c->image->task_layout)
    memcpy(&c->image->task_layout, content, sizeof c->image->task_layout);
  else if (note->n_type == UHYVE_NOTE_NEEDS && note->n_descsz == sizeof(struct uhyve_note_needs))
  {
    struct uhyve_note_needs needs;
    memcpy(&needs, content, sizeof needs);
    c->image->needs |= needs.needs;
  }
  return 0;
}

/* Walks one PT_NOTE. Linkers align notes to 4; the one kind aligned to 8 has sizes that make no
 * difference, but zeros may stand before it: they are skipped word by word. */
static int scan_notes(struct elf_check *c, const GElf_Phdr *header, struct notes *notes)
{
  uint8_t bytes[MAX_NOTE_BYTES];
  if (!elf_inside(header->p_offset, header->p_filesz, 0, c->image->file_size))
    return ELF_REFUSE(c, ": its notes end past the end of the file" ELF_INCOMPLETE);
  if (header->p_filesz > sizeof bytes)
    return ELF_REFUSE(c, " has too many notes: more than %d bytes" ELF_AGAIN, MAX_NOTE_BYTES);
  int result = elf_check_read(c->image, bytes, header->p_filesz, header->p_offset, c->message);

  size_t left = header->p_filesz;
  for (const uint8_t *at = bytes; result == 0 && left > 0;)
  {
    static const uint32_t padding = 0;
    Elf64_Nhdr note;
    size_t step = left < sizeof padding ? left : sizeof padding;
    if (memcmp(at, &padding, step) != 0)
    {
      if (left < sizeof note)
        return ELF_REFUSE(c, " has a note that is cut off" ELF_AGAIN);
      memcpy(&note, at, sizeof note);
      uint64_t content = sizeof note + (((uint64_t) note.n_namesz + 3) & ~UINT64_C(3));
      uint64_t end = content + note.n_descsz;
      if (end > left)
        return ELF_REFUSE(c, " has a note that is cut off" ELF_AGAIN);
      if (note.n_namesz == sizeof UHYVE_NOTE_NAME &&
          memcmp(at + sizeof note, UHYVE_NOTE_NAME, sizeof UHYVE_NOTE_NAME) == 0)
        result = keep_note(c, notes, &note, at + content);
      end = (end + 3) & ~UINT64_C(3);
      step = end < left ? end : left;
    }
    at += step;
    left -= step;
  }
  return result;
}

int elf_notes_read(struct elf_check *c)
{
  struct notes notes = {0};
  int result = 0;
  for (size_t i = 0; i < c->header_count && result == 0; i++)
  {
    if (c->headers[i].p_type == PT_INTERP)
      return ELF_REFUSE(c, " is an ordinary Linux program: build it with uhyve-cc");
    if (c->headers[i].p_type == PT_NOTE)
      result = scan_notes(c, &c->headers[i], &notes);
  }
  if (result != 0)
    return result;
  if (!notes.have_version && notes.have_layout)
    return ELF_REFUSE(c, " does not say its interface version" ELF_AGAIN);
  if (!notes.have_version)
    return ELF_REFUSE(c, " is %s: build it with uhyve-cc",
                      c->image->position_independent
                          ? "a shared library or an ordinary Linux program"
                          : "an ordinary Linux program");
  if (notes.interface_version != UHYVE_INTERFACE_VERSION)
    return ELF_REFUSE(
        c,
        " was built for interface version %u, this uhyve has %d: rebuild it with this "
        "version's uhyve-cc",
        notes.interface_version, UHYVE_INTERFACE_VERSION);
  if (!notes.have_layout)
    return ELF_REFUSE(c, " has no layout note" ELF_AGAIN);
  if (notes.layout_bytes != sizeof c->image->layout)
    return ELF_REFUSE(c, " has a layout note of %u bytes instead of %zu" ELF_AGAIN,
                      notes.layout_bytes, sizeof c->image->layout);
  return 0;
}

/* ---- What the notes say about the segments ---- */

int elf_notes_check_layout(struct elf_check *c)
{
  const struct elf_image *image = c->image;
  const struct uhyve_note_layout *l = &image->layout;
  uint32_t nucleus_len = l->nucleus_end - l->nucleus_begin;
  if (l->nucleus_begin >= l->nucleus_end)
    return ELF_REFUSE(c, ": its nucleus is empty" ELF_AGAIN);
  if (l->nucleus_begin % ELF_IMAGE_PAGE_BYTES != 0 || l->nucleus_end % ELF_IMAGE_PAGE_BYTES != 0)
    return ELF_REFUSE(c, ": its nucleus is not made of whole pages" ELF_AGAIN);
  const struct elf_segment *nucleus = elf_image_find(image, image->low_vaddr + l->nucleus_begin, 1);
  if (nucleus == NULL || (nucleus->flags & PF_X) == 0 ||
      !elf_inside(image->low_vaddr + l->nucleus_begin, nucleus_len, nucleus->vaddr,
                  elf_page_ceil(nucleus->vaddr + nucleus->memsz) - nucleus->vaddr))
    return ELF_REFUSE(c, ": its nucleus is not inside one executable segment" ELF_AGAIN);

  if (l->vector_stub_bytes < MIN_VECTOR_STUB || l->vector_stub_bytes > MAX_VECTOR_STUB)
    return ELF_REFUSE(c, ": its vector stubs are %u bytes apart instead of %d to %d" ELF_AGAIN,
                      l->vector_stub_bytes, MIN_VECTOR_STUB, MAX_VECTOR_STUB);
  uint64_t stubs_len = (uint64_t) VECTORS * l->vector_stub_bytes;
  if (!elf_inside(l->vector_stubs, stubs_len, l->nucleus_begin, nucleus_len) ||
      elf_image_find(image, image->low_vaddr + l->vector_stubs, stubs_len) != nucleus)
    return ELF_REFUSE(c, ": its vector stubs are not inside the nucleus" ELF_AGAIN);
  if (!elf_inside(l->boot_entry, 1, l->nucleus_begin, nucleus_len) ||
      elf_image_find(image, image->low_vaddr + l->boot_entry, 1) != nucleus)
    return ELF_REFUSE(c, ": its boot entry is not inside the nucleus" ELF_AGAIN);

  const struct
  {
    const char *name;
    uint32_t offset;
  } entries[] = {{"start", l->start_entry},
                 {"secondary", l->secondary_entry},
                 {"upcall", l->upcall_entry},
                 {"syscall", l->syscall_entry}};
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
  {
    const struct elf_segment *segment =
        elf_image_find(image, image->low_vaddr + entries[i].offset, 1);
    if (segment == NULL || (segment->flags & PF_X) == 0)
      return ELF_REFUSE(c, ": its %s entry is not inside an executable segment" ELF_AGAIN,
                        entries[i].name);
    if (elf_inside(entries[i].offset, 1, l->nucleus_begin, nucleus_len))
      return ELF_REFUSE(c, ": its %s entry is inside the nucleus" ELF_AGAIN, entries[i].name);
  }
  return 0;
}
