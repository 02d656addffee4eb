/* An ELF file of type ET_CORE: a table of program headers, one of the notes and one of each range
 * of memory, then what they describe. Pages that are zero are not written: they become holes, or,
 * at the end, the length that the file is set to. */
#include "core_write.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_BYTES (16ull << 20)
#define PIECE_BYTES    (1ull << 20) /* that one system call writes at most */

static uint64_t round_up_page(uint64_t len_bytes)
{
  return (len_bytes + GUEST_PAGE_BYTES - 1) & ~(GUEST_PAGE_BYTES - 1);
}

static int write_all(int fd, const void *bytes, uint64_t len_bytes, uint64_t offset)
{
  const uint8_t *at = bytes;
  while (len_bytes > 0)
  {
    ssize_t written = pwrite(fd, at, len_bytes, (off_t) offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return written < 0 ? -errno : -EIO;
    at += written;
    offset += (uint64_t) written;
    len_bytes -= (uint64_t) written;
  }
  return 0;
}

/* ---- Headers ---- */

static Elf64_Ehdr file_header(size_t header_count)
{
  return (Elf64_Ehdr){
      .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
      .e_type = ET_CORE,
      .e_machine = EM_X86_64,
      .e_version = EV_CURRENT,
      .e_phoff = sizeof(Elf64_Ehdr),
      .e_ehsize = sizeof(Elf64_Ehdr),
      .e_phentsize = sizeof(Elf64_Phdr),
      .e_phnum = (uint16_t) header_count,
  };
}

/* Writes all that comes before memory. */
static int write_headers(int fd, const struct core_write_input *input, uint64_t *memory_offset)
{
  const struct core_map *map = input->map;
  size_t count = map->count + 1;
  const Elf64_Ehdr file = file_header(count);
  uint64_t notes_offset = sizeof(file) + count * sizeof(Elf64_Phdr);
  uint64_t offset = round_up_page(notes_offset + input->notes->len_bytes);
  Elf64_Phdr *headers = calloc(count, sizeof(headers[0]));
  if (headers == NULL)
    return -ENOMEM;
  *memory_offset = offset;
  headers[0] = (Elf64_Phdr){.p_type = PT_NOTE,
                            .p_offset = notes_offset,
                            .p_filesz = input->notes->len_bytes,
                            .p_align = 4};
  for (size_t i = 0; i < map->count; i++)
  {
    const struct core_range *range = &map->list[i];
    headers[i + 1] = (Elf64_Phdr){.p_type = PT_LOAD,
                                  .p_flags = range->flags,
                                  .p_offset = offset,
                                  .p_vaddr = range->gva,
                                  .p_filesz = range->len_bytes,
                                  .p_memsz = range->len_bytes,
                                  .p_align = GUEST_PAGE_BYTES};
    offset += range->len_bytes;
  }
  int error = write_all(fd, &file, sizeof(file), 0);
  if (error == 0)
    error = write_all(fd, headers, count * sizeof(headers[0]), sizeof(file));
  if (error == 0)
    error = write_all(fd, input->notes->bytes, input->notes->len_bytes, notes_offset);
  free(headers);
  return error;
}

/* ---- Memory ---- */

static bool is_zero(const void *page)
{
  const uint64_t *word = page;
  uint64_t any = 0;
  for (size_t i = 0; i < GUEST_PAGE_BYTES / sizeof(*word) && any == 0; i += 8)
    any = word[i] | word[i + 1] | word[i + 2] | word[i + 3] | word[i + 4] | word[i + 5] |
          word[i + 6] | word[i + 7];
  return any == 0;
}

/* Pages that are to be written, side by side on the host and in the file. */
struct piece
{
  int fd;
  const uint8_t *hva;
  uint64_t len_bytes;
  uint64_t offset;
  uint64_t written_bytes;
};

static int flush_piece(struct piece *piece)
{
  int error = write_all(piece->fd, piece->hva, piece->len_bytes, piece->offset);
  piece->written_bytes += piece->len_bytes;
  piece->len_bytes = 0;
  return error;
}

static int add_page(struct piece *piece, const uint8_t *page, uint64_t offset)
{
  bool fits = piece->len_bytes > 0 && piece->len_bytes < PIECE_BYTES &&
              piece->hva + piece->len_bytes == page && piece->offset + piece->len_bytes == offset;
  int error = fits ? 0 : flush_piece(piece);
  if (!fits)
  {
    piece->hva = page;
    piece->offset = offset;
  }
  piece->len_bytes += GUEST_PAGE_BYTES;
  return error;
}

static int write_memory(struct piece *piece, const struct core_write_input *input, uint64_t offset)
{
  uint64_t done_bytes = 0;
  int error = 0;
  for (size_t i = 0; i < input->map->count; i++)
  {
    const struct core_range *range = &input->map->list[i];
    for (uint64_t at = 0; at < range->len_bytes && error == 0; at += GUEST_PAGE_BYTES)
    {
      const void *page = input->page(input->context, range->gva + at);
      if (page != NULL && !is_zero(page))
        error = add_page(piece, page, offset + done_bytes);
      done_bytes += GUEST_PAGE_BYTES;
      if (done_bytes % PROGRESS_BYTES == 0 && input->progress != NULL)
        input->progress(input->context, done_bytes);
    }
  }
  return error != 0 ? error : flush_piece(piece);
}

int core_write(int fd, const struct core_write_input *input, uint64_t *written_bytes)
{
  uint64_t memory_offset;
  struct piece piece = {.fd = fd};
  *written_bytes = 0;
  if (input->notes->error != 0)
    return input->notes->error;
  int error = write_headers(fd, input, &memory_offset);
  if (error == 0 && ftruncate(fd, (off_t) (memory_offset + input->map->len_bytes)) != 0)
    error = -errno;
  if (error == 0)
    error = write_memory(&piece, input, memory_offset);
  *written_bytes = piece.written_bytes;
  return error;
}
