/* Descriptions of guest images, made by hand. Addresses here are offsets in the image. */
#include "test_image.h"

#include <elf.h>

#define CONSTANTS     0x0
#define CODE          0x2000
#define MORE          0xa000 /* a page behind the code belongs to nothing */
#define DATA          0xbdf0
#define IMAGE_BYTES   0x14000

#define NUCLEUS_BYTES 0x2000u

static void add(struct elf_image *image, uint64_t offset, uint64_t memsz, uint32_t flags)
{
  image->segments[image->segment_count++] =
      (struct elf_segment){.vaddr = image->low_vaddr + offset,
                           .memsz = memsz,
                           .filesz = (flags & PF_W) != 0 ? memsz / 2 : memsz,
                           .flags = PF_R | flags};
}

/* Constants, code and data take turns behind the plain image. */
static void add_many(struct elf_image *image)
{
  static const uint32_t flags[] = {0, PF_X, PF_W};
  uint64_t offset = IMAGE_BYTES;
  while (image->segment_count < ELF_IMAGE_MAX_SEGMENTS)
  {
    add(image, offset + (uint64_t) (image->segment_count % 2) * 8, 0x1100,
        flags[image->segment_count % 3]);
    offset += 0x2000 + (uint64_t) (image->segment_count % 4) * 0x1000;
  }
  image->high_vaddr = image->low_vaddr + offset;
}

static uint32_t nucleus_begin(enum test_image_kind kind)
{
  switch (kind)
  {
  case TEST_IMAGE_NUCLEUS_FIRST:
  case TEST_IMAGE_NUCLEUS_ALONE:
    return CODE;
  case TEST_IMAGE_NUCLEUS_LAST:
    return 0x7000;
  default:
    return 0x4000;
  }
}

struct elf_image test_image(enum test_image_kind kind, bool position_independent)
{
  struct elf_image image = {.fd = -1, .path = "test", .align = 4096};
  image.position_independent = position_independent;
  image.low_vaddr = position_independent ? 0 : UHYVE_IMAGE_BASE;
  image.high_vaddr = image.low_vaddr + IMAGE_BYTES;
  add(&image, CONSTANTS, 0x1800, 0);
  if (kind == TEST_IMAGE_NUCLEUS_ALONE)
  {
    add(&image, CODE, NUCLEUS_BYTES, PF_X);
    add(&image, CODE + NUCLEUS_BYTES, 0x3234, PF_X);
  }
  else
    add(&image, CODE, kind == TEST_IMAGE_NUCLEUS_LAST ? 0x6ff0 : 0x6234, PF_X);
  add(&image, MORE, 0x800, 0);
  add(&image, DATA, 0x8000, PF_W);
  if (kind != TEST_IMAGE_NO_RELRO)
  {
    image.relro_begin = image.low_vaddr + (kind == TEST_IMAGE_LATE_RELRO ? 0xc000 : 0xb000);
    image.relro_end = image.low_vaddr + 0xe000;
  }
  if (kind == TEST_IMAGE_MANY)
    add_many(&image);

  uint32_t nucleus = nucleus_begin(kind);
  uint32_t outside = kind == TEST_IMAGE_NUCLEUS_LAST ? CODE : nucleus + NUCLEUS_BYTES;
  image.layout = (struct uhyve_note_layout){
      .nucleus_begin = nucleus,
      .nucleus_end = nucleus + NUCLEUS_BYTES,
      .vector_stubs = nucleus + 0x40,
      .vector_stub_bytes = 16,
      .boot_entry = nucleus + 0x1080,
      .start_entry = outside + 0x10,
      .secondary_entry = outside + 0x20,
      .upcall_entry = outside + 0x30,
      .syscall_entry = outside + 0x40,
  };
  return image;
}
