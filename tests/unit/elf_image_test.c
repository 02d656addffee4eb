/* Tests of uhyve/elf_image.c and its parts: good images, things that are no files, and every byte
 * of the headers changed. */
#include "elf_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_refused_path(const char *path, int error, const char *text)
{
  struct elf_image image;
  char message[256] = "";
  int result = elf_image_open(&image, path, message);
  if (result != error || strstr(message, text) == NULL)
    fail_msg("%s: %d '%s', expected %d '%s'", path, result, message, error, text);
  assert_line(message);
  assert_int_equal(image.fd, -1);
  assert_null(image.file);
}

/* ---- Good images ---- */

static void accepts_fixed(void **state)
{
  (void) state;
  struct elf_image image;
  struct walk walk = {0};
  char message[256];
  elf_file_store(&good_fixed, sizeof good_fixed);
  int result = elf_image_open(&image, image_path, message);
  if (result != 0)
    fail_msg("%s", message);
  assert_string_equal(message, "");
  assert_false(image.position_independent);
  assert_int_equal(image.file_size, FILE_BYTES);
  assert_memory_equal(image.file, &good_fixed, FILE_BYTES);
  assert_int_equal(image.low_vaddr, UHYVE_IMAGE_BASE);
  assert_int_equal(image.high_vaddr, UHYVE_IMAGE_BASE + IMAGE_BYTES);
  assert_int_equal(image.align, 0x1000);
  assert_int_equal(image.segment_count, 3);
  assert_int_equal(image.segments[1].flags, PF_R | PF_X);
  assert_int_equal(image.segments[2].vaddr, UHYVE_IMAGE_BASE + DATA_OFFSET);
  assert_int_equal(image.segments[2].offset, DATA_OFFSET);
  assert_int_equal(image.segments[2].filesz, DATA_FILE_BYTES);
  assert_int_equal(image.segments[2].memsz, DATA_BYTES);
  assert_int_equal(image.layout.upcall_entry, 0x3200);
  assert_int_equal(image.tls.vaddr, UHYVE_IMAGE_BASE + TLS_OFFSET);
  assert_int_equal(image.tls.filesz, 0x10);
  assert_int_equal(image.tls.memsz, 0x40);
  assert_int_equal(image.tls.align, 16);
  assert_int_equal(image.relro_begin, UHYVE_IMAGE_BASE + DATA_OFFSET);
  assert_int_equal(image.relro_end, UHYVE_IMAGE_BASE + DATA_OFFSET + 0x1000);
  assert_int_equal(image.rela_count, 0);
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), 0);
  assert_int_equal(walk.count, 0);
  assert_null(elf_image_find(&image, UHYVE_IMAGE_BASE - 1, 1));
  assert_null(elf_image_find(&image, UHYVE_IMAGE_BASE, UINT64_MAX));
  assert_null(elf_image_find(&image, UHYVE_IMAGE_BASE + 0xfff, 2));
  assert_ptr_equal(elf_image_find(&image, UHYVE_IMAGE_BASE + 0x1fff, 2), &image.segments[1]);
  elf_image_close(&image);
  elf_image_close(&image);
}

static void accepts_position_independent(void **state)
{
  (void) state;
  struct elf_image image;
  struct walk walk = {0};
  char message[256];
  elf_file_store(&good_pie, sizeof good_pie);
  int result = elf_image_open(&image, image_path, message);
  if (result != 0)
    fail_msg("%s", message);
  assert_true(image.position_independent);
  assert_int_equal(image.low_vaddr, 0);
  assert_int_equal(image.high_vaddr, IMAGE_BYTES);
  assert_int_equal(image.rela_offset, RELA_OFFSET);
  assert_int_equal(image.rela_count, RELOCATIONS);
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), 0);
  assert_int_equal(walk.count, RELOCATIONS);
  assert_int_equal(walk.vaddr[0], 0x4000);
  assert_int_equal(walk.addend[0], 0x3000);
  assert_int_equal(walk.vaddr[2], 0x6ff8);
  assert_int_equal(walk.addend[2], -1);

  walk = (struct walk){.stop_at = 2};
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), -EINTR);
  assert_int_equal(walk.count, 2);

  assert_int_equal(ftruncate(image_fd, 0x810), 0);
  assert_int_equal(elf_image_relocations(&image, note_relocation, &walk, message), -ENOEXEC);
  assert_non_null(strstr(message, "shrank"));
  elf_image_close(&image);
}

/* ---- Variants that are as good ---- */

static const struct patched_image good_images[] = {
    {"no tls", NULL, .patches = {PH(H_TLS, p_type, PT_NULL)}},
    {"no relro", NULL, .patches = {PH(H_RELRO, p_type, PT_NULL)}},
    {"tls without alignment", NULL, .patches = {PH(H_TLS, p_align, 0)}},
    {"relro rounded up behind the segment", NULL,
     .patches = {PH(H_DATA, p_memsz, 0x2ff0), PH(H_RELRO, p_memsz, 0x3000)}},
    {"empty segment", NULL, .patches = {PH(H_OTHER, p_type, PT_LOAD)}},
    {"1 GiB", NULL, .patches = {PH(H_DATA, p_memsz, 0x40000000 - DATA_OFFSET)}},
    {"fixed with a dynamic section", NULL,
     .patches = {PH(H_DYNAMIC, p_type, PT_DYNAMIC), DYN(1, d_un, 0)}},
    {"no relocations", NULL, .patches = {DYN(0, d_tag, DT_NULL)}, .from = &good_pie},
    {"padding behind notes", NULL, .patches = {PH(H_NOTE, p_filesz, sizeof(struct notes) + 7)}},
    {"stubs of 32 bytes", NULL, .patches = {NOTE(layout.vector_stub_bytes, 32)}},
    {"unknown note", NULL,
     .patches = {NOTE(other_header.n_namesz, 3), NOTE(other_header.n_type, 99)}},
    {"entry in the last byte of code", NULL, .patches = {NOTE(layout.upcall_entry, 0x3fff)}},
};

static void accepts_variants(void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof good_images / sizeof *good_images; i++)
  {
    struct elf_image image;
    char message[256] = "";
    elf_file_store_patched(&good_images[i]);
    if (elf_image_open(&image, image_path, message) != 0)
      fail_msg("%s: %s", good_images[i].name, message);
    elf_image_close(&image);
  }
}

static void keeps_whole_pages_of_relro(void **state)
{
  (void) state;
  static const struct
  {
    uint64_t vaddr, memsz, begin, end;
  } cases[] = {
      {0x4000, 0x1fff, 0x4000, 0x5000}, {0x4010, 0x2000, 0x5000, 0x6000}, {0x4000, 0xfff, 0, 0},
      {0x4010, 0x1010, 0, 0},           {0x4000, 0x3000, 0x4000, 0x7000},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    const struct patched_image patched = {
        "relro", NULL,
        .patches = {PH(H_RELRO, p_vaddr, cases[i].vaddr), PH(H_RELRO, p_memsz, cases[i].memsz)},
        .from = &good_pie};
    struct elf_image image;
    char message[256];
    elf_file_store_patched(&patched);
    assert_int_equal(elf_image_open(&image, image_path, message), 0);
    assert_int_equal(image.relro_begin, cases[i].begin);
    assert_int_equal(image.relro_end, cases[i].end);
    elf_image_close(&image);
  }
}

/* ---- Every byte of all headers changed ---- */

static void assert_sound(const struct elf_image *image)
{
  uint64_t end = image->low_vaddr;
  assert_true(image->segment_count > 0 && image->segment_count <= ELF_IMAGE_MAX_SEGMENTS);
  for (unsigned i = 0; i < image->segment_count; i++)
  {
    const struct elf_segment *segment = &image->segments[i];
    assert_true(segment->vaddr >= end && segment->memsz > 0);
    end = segment->vaddr + segment->memsz;
    assert_true(end > segment->vaddr && end <= image->high_vaddr);
    assert_true(segment->filesz <= segment->memsz && segment->filesz <= image->file_size);
    assert_true(segment->offset <= image->file_size - segment->filesz);
    assert_true((segment->flags & (PF_W | PF_X)) != (PF_W | PF_X));
  }
  assert_true(image->high_vaddr - image->low_vaddr <= ELF_IMAGE_MAX_SPAN_BYTES);
  assert_true(image->layout.nucleus_begin < image->layout.nucleus_end);
  assert_true(image->relro_begin <= image->relro_end);
  assert_true(image->rela_count <= image->file_size / sizeof(Elf64_Rela));
}

static void sweep(const union image *good, size_t begin, size_t end)
{
  static union image image;
  for (size_t at = begin; at < end; at++)
  {
    const uint8_t values[] = {0x00, 0xff, good->bytes[at] ^ 0x80, good->bytes[at] ^ 0x01};
    for (size_t i = 0; i < sizeof values; i++)
    {
      struct elf_image described;
      struct walk walk = {0};
      char message[256] = "";
      image = *good;
      image.bytes[at] = values[i];
      elf_file_store(&image, sizeof image);
      int result = elf_image_open(&described, image_path, message);
      if (result == 0)
      {
        assert_sound(&described);
        result = elf_image_relocations(&described, note_relocation, &walk, message);
        elf_image_close(&described);
      }
      if (result != 0)
      {
        assert_int_equal(result, -ENOEXEC);
        assert_line(message);
      }
    }
  }
}

static void survives_any_byte(void **state)
{
  (void) state;
  unsigned descriptors = count_descriptors();
  const union image *const images[] = {&good_fixed, &good_pie};
  for (size_t i = 0; i < 2; i++)
  {
    sweep(images[i], 0, sizeof good_fixed.start);
    sweep(images[i], NOTES_OFFSET, NOTES_OFFSET + sizeof(struct notes));
  }
  sweep(&good_pie, DYNAMIC_OFFSET, DYNAMIC_OFFSET + DYNAMIC_ENTRIES * sizeof(Elf64_Dyn));
  sweep(&good_pie, RELA_OFFSET, RELA_OFFSET + RELOCATIONS * sizeof(Elf64_Rela));
  assert_int_equal(count_descriptors(), descriptors);
}

/* ---- Things that are no files ---- */

static void refuses_other_files(void **state)
{
  (void) state;
  unsigned descriptors = count_descriptors();
  char directory[] = "/tmp/elf_image_test.XXXXXX";
  assert_non_null(mkdtemp(directory));
  char fifo[64], missing[512];
  snprintf(fifo, sizeof fifo, "%s/fifo", directory);
  assert_int_equal(mkfifo(fifo, 0600), 0);

  assert_refused_path(directory, -ENOEXEC, " is a directory");
  assert_refused_path(fifo, -ENOEXEC, " is not a regular file");
  assert_refused_path("/dev/null", -ENOEXEC, "/dev/null is not a regular file");
  assert_int_equal(ftruncate(image_fd, 0), 0);
  assert_refused_path(image_path, -ENOEXEC, " is empty");
  assert_refused_path("/nowhere/x", -ENOENT, "cannot open /nowhere/x: No such file or directory");
  assert_refused_path("", -ENOENT, "cannot open : No such file or directory");
  assert_refused_path("/nowhere/a\nb", -ENOENT, "cannot open /nowhere/a?b: No such file");

  snprintf(missing, sizeof missing, "/%0*d/end", 200, 0);
  assert_refused_path(missing, -ENOENT, "00/end: No such file or directory");
  snprintf(missing, sizeof missing, "/%0*d", 300, 0);
  assert_refused_path(missing, -ENAMETOOLONG, "0: File name too long");

  unlink(fifo);
  rmdir(directory);
  assert_int_equal(count_descriptors(), descriptors);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_fixed),       cmocka_unit_test(accepts_position_independent),
      cmocka_unit_test(accepts_variants),    cmocka_unit_test(keeps_whole_pages_of_relro),
      cmocka_unit_test(refuses_other_files), cmocka_unit_test(survives_any_byte),
  };
  return cmocka_run_group_tests(tests, elf_file_set_up, elf_file_tear_down);
}
