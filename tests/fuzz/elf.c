/* Fuzzes what reads a guest's ELF file: its checks, the loader with the memory it fills, and the
 * symbols, lines and unwind rules of a crash report. */
#include <elf.h>
#include <errno.h>
#include <sys/mman.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/elf_file.h"
#include "uhyve/backtrace.h"
#include "uhyve/cpu_tables.h"
#include "uhyve/demangle.h"
#include "uhyve/elf_image.h"
#include "uhyve/guest_layout.h"
#include "uhyve/image_loader.h"
#include "uhyve/symbols.h"

#define RAM_BYTES (UINT64_C(32) << 20)
#define LOOKUPS   8
#define STACK_GVA UINT64_C(0x7000000000)
#define WORDS     8

static const uint8_t *file;
static size_t file_bytes;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void) argc;
  (void) argv;
  CHECK(elf_file_set_up(NULL) == 0);
  return 0;
}

/* ---- The file: the input, or a good one of the unit tests with patches ---- */

#define MOST_BYTES  (256u << 10)
#define PATCH_BYTES 16

static uint32_t take_u24(struct input *input)
{
  uint8_t bytes[3];
  input_take(input, bytes, sizeof(bytes));
  return bytes[0] | (uint32_t) bytes[1] << 8 | (uint32_t) bytes[2] << 16;
}

/* Size (0: as it is), and what is put where. */
static void patch_file(struct input input, const union image *good)
{
  static uint8_t patched[MOST_BYTES];
  uint32_t size = take_u24(&input) % MOST_BYTES;
  memset(patched, 0, sizeof(patched));
  memcpy(patched, good->bytes, sizeof(good->bytes));
  while (input.left > 0)
  {
    uint32_t offset = take_u24(&input) % (MOST_BYTES - PATCH_BYTES);
    size_t bytes = input_u8(&input) % PATCH_BYTES + 1;
    input_take(&input, patched + offset, bytes);
  }
  file = patched;
  file_bytes = size != 0 ? size : sizeof(good->bytes);
}

static void choose_file(const uint8_t *data, size_t bytes)
{
  file = data;
  file_bytes = bytes;
  if (bytes > 0 && (data[0] == 'F' || data[0] == 'P'))
    patch_file((struct input){data + 1, bytes - 1}, data[0] == 'P' ? &good_pie : &good_fixed);
  CHECK(ftruncate(image_fd, 0) == 0);
  if (file_bytes > 0)
    CHECK(pwrite(image_fd, file, file_bytes, 0) == (ssize_t) file_bytes);
}

static volatile uint8_t all_bytes;

/* ---- The image ---- */

/* As elf_image.h says. */
static void check_image(const struct elf_image *image)
{
  CHECK(image->segment_count >= 1 && image->segment_count <= ELF_IMAGE_MAX_SEGMENTS);
  CHECK(image->high_vaddr > image->low_vaddr);
  CHECK(image->high_vaddr - image->low_vaddr <= ELF_IMAGE_MAX_SPAN_BYTES);
  uint64_t behind = image->low_vaddr;
  for (unsigned i = 0; i < image->segment_count; i++)
  {
    const struct elf_segment *segment = &image->segments[i];
    CHECK(segment->vaddr >= behind && segment->memsz > 0 && segment->filesz <= segment->memsz);
    behind = segment->vaddr + segment->memsz;
    CHECK(behind > segment->vaddr && behind <= image->high_vaddr);
    CHECK(segment->offset <= image->file_size &&
          segment->filesz <= image->file_size - segment->offset);
    CHECK((segment->flags & PF_R) != 0 && (segment->flags & (PF_W | PF_X)) != (PF_W | PF_X));
  }
  CHECK(image->tls.filesz <= image->tls.memsz);
  CHECK(image->relro_begin <= image->relro_end);
}

/* Every page of it can be read, and only the nucleus's are no business of the guest. */
static void read_image(const struct guest_memory *memory, const struct guest_layout *layout)
{
  for (uint64_t at = 0; at < layout->image_bytes; at += GUEST_PAGE_BYTES)
  {
    const uint8_t *hva = guest_memory_hva(memory, layout->image_gpa + at, 1);
    CHECK(hva != NULL);
    all_bytes ^= *hva;
  }
}

static void load(const struct elf_image *image, bool randomize)
{
  struct guest_memory memory;
  struct guest_layout layout;
  char message[256] = "";
  const struct guest_layout_request request = {
      .cpu_count = 2, .start_block_bytes = 5000, .randomize = randomize};
  CHECK(guest_memory_reserve(&memory, RAM_BYTES) == 0);
  int error = guest_layout_plan(&layout, image, &memory, &request);
  CHECK(error == 0 || error == -ENOMEM);
  if (error == 0)
  {
    error = image_load(image, &layout, &memory, message);
    CHECK(error == 0 || message[0] != '\0');
  }
  if (error == 0)
  {
    memory.attached_bytes = RAM_BYTES;
    CHECK(guest_layout_map(&layout, image, &memory, request.cpu_count, true) == 0);
    cpu_tables_write(&layout, image, &memory, request.cpu_count);
    struct cpu_start start = cpu_tables_start(&layout, image, 1);
    CHECK(guest_layout_boot_hva(&layout, &memory, start.gdt_gva) != NULL);
    read_image(&memory, &layout);
    page_tables_free(&layout.tables);
  }
  guest_memory_release(&memory);
}

/* ---- Names and backtraces ---- */

static uint64_t word_at(size_t offset)
{
  uint64_t word = 0;
  if (offset + sizeof(word) <= file_bytes)
    memcpy(&word, file + offset, sizeof(word));
  return word;
}

/* The guest's memory: the file's bytes, where they are linked and as its stack. */
static int read_guest(void *context, uint64_t gva, void *buffer, size_t len_bytes)
{
  uint64_t base = gva >= STACK_GVA ? STACK_GVA : *(const uint64_t *) context;
  uint64_t offset = gva - base;
  if (gva < base || offset > file_bytes || len_bytes > file_bytes - offset)
    return -EFAULT;
  memcpy(buffer, file + offset, len_bytes);
  return 0;
}

static void look_up(struct symbols *symbols, uint64_t gva)
{
  struct symbol_place place;
  char text[200];
  if (!symbols_lookup(symbols, gva, &place))
    return;
  CHECK(place.function != NULL || place.file != NULL);
  if (place.function != NULL)
  {
    all_bytes ^= (uint8_t) strlen(place.function);
    if (demangle(place.function, text, sizeof(text)))
      CHECK(memchr(text, '\0', sizeof(text)) != NULL);
  }
  if (place.file != NULL)
    all_bytes ^= (uint8_t) strlen(place.file);
}

/* The registers are the last words of the file. */
static void walk(struct symbols *symbols, uint64_t base)
{
  size_t words_at = file_bytes >= WORDS * 8 ? file_bytes - WORDS * 8 : 0;
  const struct hc_registers registers = {
      .rip = word_at(words_at),
      .rsp = STACK_GVA + word_at(words_at + 8) % (file_bytes + 1),
      .rbp = STACK_GVA + word_at(words_at + 16) % (file_bytes + 1),
      .rax = word_at(words_at + 24),
      .rbx = word_at(words_at + 32),
      .r10 = word_at(words_at + 40),
      .r12 = word_at(words_at + 48),
  };
  struct backtrace_frame frames[BACKTRACE_MAX_FRAMES];
  size_t count = backtrace_walk(symbols, &registers, read_guest, &base, frames, SIZE_MAX);
  CHECK(count >= 1 && count <= BACKTRACE_MAX_FRAMES);
  for (size_t i = 0; i < count && i < LOOKUPS; i++)
    look_up(symbols, frames[i].pc);
}

static void look_into(uint64_t bias)
{
  struct symbols *symbols;
  if (symbols_open(&symbols, image_fd, bias) != 0)
    return;
  const uint64_t entry = word_at(offsetof(Elf64_Ehdr, e_entry)) + bias;
  look_up(symbols, entry);
  for (size_t i = 0; i < LOOKUPS; i++)
    look_up(symbols, (entry & ~UINT64_C(0xfff)) + (word_at(file_bytes / 2 + i * 8) & 0xfff));
  walk(symbols, (entry & ~UINT64_C(0xfffff)) + bias);
  symbols_close(symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
  struct elf_image image;
  char message[256];
  choose_file(data, bytes);
  uint64_t bias = 0;
  memset(message, 'x', sizeof(message));
  int error = elf_image_open(&image, image_path, message);
  if (error == 0)
  {
    check_image(&image);
    load(&image, bytes % 2 == 0);
    bias = image.position_independent ? UINT64_C(0x100000000) : 0;
    elf_image_close(&image);
  }
  else
    CHECK(memchr(message, '\0', sizeof(message)) != NULL && message[0] != '\0');
  look_into(bias);
  return 0;
}
