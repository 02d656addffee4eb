/* Checks a guest's ELF file: everything the loader relies on is read once, compared and kept. */
#define _GNU_SOURCE 1
#include "uhyve/elf_image.h"

#include "hypercalls/start_info.h"
#include "uhyve/elf_check.h"
#include "uhyve/elf_notes.h"
#include "uhyve/elf_relocations.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(UHYVE_IMAGE_BASE + ELF_IMAGE_MAX_SPAN_BYTES <= UHYVE_GPA_HOLE_BEGIN,
               "a fixed image lies below the hole");

/* ---- The file and its headers ---- */

static int open_file(struct elf_check *c)
{
  struct elf_image *image = c->image;
  /* A FIFO must not block, a terminal must not become ours. */
  image->fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  if (image->fd < 0 || fstat(image->fd, &status) != 0)
  {
    int error = errno;
    elf_check_fail(image, c->message, -error, ": %s", strerror(error));
    char line[256];
    snprintf(line, sizeof line, "cannot open %.240s", c->message);
    strcpy(c->message, line);
    return -error;
  }
  if (S_ISDIR(status.st_mode))
    return ELF_REFUSE(c, " is a directory; name a program");
  if (!S_ISREG(status.st_mode))
    return ELF_REFUSE(c, " is not a regular file; name a program");
  if (status.st_size <= 0)
    return ELF_REFUSE(c, " is empty; build it again");
  image->file_size = (uint64_t) status.st_size;
  return 0;
}

static int check_machine(struct elf_check *c, unsigned machine)
{
  static const struct
  {
    unsigned machine;
    const char *name;
  } known[] = {
      {EM_386, "32-bit x86"},
      {EM_AARCH64, "AArch64"},
      {EM_ARM, "32-bit Arm"},
      {EM_RISCV, "RISC-V"},
      {EM_PPC64, "64-bit PowerPC"},
      {EM_PPC, "32-bit PowerPC"},
      {EM_S390, "S/390"},
      {EM_MIPS, "MIPS"},
      {EM_SPARCV9, "64-bit SPARC"},
      {EM_SPARC, "SPARC"},
      {EM_IA_64, "Itanium"},
      {EM_LOONGARCH, "LoongArch"},
      {EM_BPF, "BPF"},
  };
  if (machine == EM_X86_64)
    return 0;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
  {
    if (known[i].machine == machine)
      return ELF_REFUSE(c, " is for %s; uhyve runs x86-64 programs", known[i].name);
  }
  return ELF_REFUSE(c, " is for machine type %u; uhyve runs x86-64 programs", machine);
}

static int check_header(struct elf_check *c, const Elf64_Ehdr *header, uint64_t len)
{
  const unsigned char *ident = header->e_ident;
  if (len < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
    return ELF_REFUSE(c, ": not an ELF file");
  if (len < sizeof *header)
    return ELF_REFUSE(c, ": its ELF header is cut off" ELF_INCOMPLETE);

  bool big_endian = ident[EI_DATA] == ELFDATA2MSB;
  if (!big_endian && ident[EI_DATA] != ELFDATA2LSB)
    return ELF_REFUSE(c, ": its ELF header has an unknown byte order" ELF_AGAIN);
  unsigned swapped = __builtin_bswap16(header->e_machine);
  int result = check_machine(c, big_endian ? swapped : header->e_machine);
  if (result != 0)
    return result;
  if (big_endian)
    return ELF_REFUSE(c, " is big-endian; uhyve runs little-endian x86-64 programs");
  if (ident[EI_CLASS] == ELFCLASS32)
    return ELF_REFUSE(c, " is a 32-bit program; uhyve runs 64-bit programs");
  if (ident[EI_CLASS] != ELFCLASS64)
    return ELF_REFUSE(c, ": its ELF header has an unknown class" ELF_AGAIN);
  if (ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT)
    return ELF_REFUSE(c, ": its ELF header has an unknown version" ELF_AGAIN);

  if (header->e_type == ET_REL)
    return ELF_REFUSE(c, " is an object file; link it with uhyve-cc");
  if (header->e_type == ET_CORE)
    return ELF_REFUSE(c, " is a core dump; name a program");
  if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
    return ELF_REFUSE(c, ": ELF type %u is no program" ELF_AGAIN, (unsigned) header->e_type);
  if (header->e_ehsize != sizeof *header || header->e_phentsize != sizeof(Elf64_Phdr))
    return ELF_REFUSE(c, ": its ELF header gives wrong sizes of headers" ELF_AGAIN);
  if (header->e_phnum == 0)
    return ELF_REFUSE(c, " has no program headers" ELF_AGAIN);
  if (header->e_phnum > ELF_MAX_PROGRAM_HEADERS)
    return ELF_REFUSE(c, " has too many program headers: %u, at most %d" ELF_AGAIN,
                      (unsigned) header->e_phnum, ELF_MAX_PROGRAM_HEADERS);
  return 0;
}

/* libelf sees a copy of the headers alone: neither sections nor a file that changes reach it. */
static int read_headers(struct elf_check *c)
{
  struct
  {
    Elf64_Ehdr header;
    Elf64_Phdr table[ELF_MAX_PROGRAM_HEADERS];
  } copy;
  memset(&copy, 0, sizeof copy);
  struct elf_image *image = c->image;

  uint64_t len = image->file_size < sizeof copy.header ? image->file_size : sizeof copy.header;
  int result = elf_check_read(image, &copy.header, len, 0, c->message);
  if (result == 0)
    result = check_header(c, &copy.header, len);
  if (result != 0)
    return result;

  uint64_t table_bytes = copy.header.e_phnum * sizeof *copy.table;
  if (!elf_inside(copy.header.e_phoff, table_bytes, 0, image->file_size))
    return ELF_REFUSE(c, ": its program headers end past the end of the file" ELF_INCOMPLETE);
  result = elf_check_read(image, copy.table, table_bytes, copy.header.e_phoff, c->message);
  if (result != 0)
    return result;
  copy.header.e_phoff = sizeof copy.header;
  copy.header.e_shoff = 0;
  copy.header.e_shnum = 0;
  copy.header.e_shstrndx = 0;

  elf_version(EV_CURRENT);
  Elf *elf = elf_memory((char *) &copy, sizeof copy.header + table_bytes);
  GElf_Ehdr header;
  bool good = elf != NULL && gelf_getehdr(elf, &header) != NULL &&
              elf_getphdrnum(elf, &c->header_count) == 0 &&
              c->header_count <= ELF_MAX_PROGRAM_HEADERS;
  for (size_t i = 0; good && i < c->header_count; i++)
    good = gelf_getphdr(elf, (int) i, &c->headers[i]) != NULL;
  if (good)
    image->position_independent = header.e_type == ET_DYN;
  elf_end(elf);
  return good ? 0 : ELF_REFUSE(c, ": libelf cannot read it: %s" ELF_AGAIN, elf_errmsg(-1));
}

/* ---- Segments ---- */

static int check_segment(struct elf_check *c, size_t number, const GElf_Phdr *header)
{
  uint32_t rights = header->p_flags & (PF_R | PF_W | PF_X);
  uint64_t end;
  if (header->p_filesz > header->p_memsz)
    return ELF_REFUSE(c, ": segment %zu is larger in the file than in memory" ELF_AGAIN, number);
  if (!elf_inside(header->p_offset, header->p_filesz, 0, c->image->file_size))
    return ELF_REFUSE(c, ": segment %zu ends past the end of the file" ELF_INCOMPLETE, number);
  if (__builtin_add_overflow(header->p_vaddr, header->p_memsz, &end) ||
      end > UINT64_MAX - ELF_IMAGE_PAGE_BYTES)
    return ELF_REFUSE(c, ": segment %zu wraps around the end of memory" ELF_AGAIN, number);
  if ((header->p_vaddr - header->p_offset) % ELF_IMAGE_PAGE_BYTES != 0)
    return ELF_REFUSE(c, ": segment %zu lies differently in a page than in the file" ELF_AGAIN,
                      number);
  if ((header->p_align & (header->p_align - 1)) != 0 || header->p_align > ELF_IMAGE_MAX_ALIGN_BYTES)
    return ELF_REFUSE(c, ": segment %zu has an impossible alignment" ELF_AGAIN, number);
  if ((rights & PF_W) != 0 && (rights & PF_X) != 0)
    return ELF_REFUSE(c, ": segment %zu is writable and executable" ELF_AGAIN, number);
  if ((rights & PF_R) == 0)
    return ELF_REFUSE(c, ": segment %zu is not readable" ELF_AGAIN, number);
  if ((rights & PF_W) == 0 && header->p_filesz != header->p_memsz)
    return ELF_REFUSE(c, ": segment %zu is read-only, but not all of it is in the file" ELF_AGAIN,
                      number);
  if (!c->image->position_independent && header->p_paddr != header->p_vaddr)
    return ELF_REFUSE(c, ": segment %zu has different physical and virtual addresses" ELF_AGAIN,
                      number);
  return 0;
}

/* Against the one before: rising addresses make this enough. */
static int check_neighbours(struct elf_check *c, size_t number, const GElf_Phdr *header)
{
  const struct elf_image *image = c->image;
  if (image->segment_count == 0)
    return 0;
  const struct elf_segment *before = &image->segments[image->segment_count - 1];
  uint64_t before_end = before->vaddr + before->memsz;
  if (header->p_vaddr < before->vaddr)
    return ELF_REFUSE(c, ": segment %zu lies below the one before it" ELF_AGAIN, number);
  if (header->p_vaddr < before_end)
    return ELF_REFUSE(c, ": segment %zu overlaps the one before it" ELF_AGAIN, number);
  if (elf_page_floor(header->p_vaddr) < elf_page_ceil(before_end) &&
      ((header->p_flags & PF_W) == 0 || (before->flags & PF_W) == 0))
    return ELF_REFUSE(c, ": segment %zu shares a page with the one before it" ELF_AGAIN, number);
  return 0;
}

static int check_segments(struct elf_check *c)
{
  struct elf_image *image = c->image;
  image->align = ELF_IMAGE_PAGE_BYTES;
  for (size_t i = 0; i < c->header_count; i++)
  {
    const GElf_Phdr *header = &c->headers[i];
    if (header->p_type != PT_LOAD)
      continue;
    int result = check_segment(c, i, header);
    if (result == 0 && header->p_memsz > 0)
      result = check_neighbours(c, i, header);
    if (result != 0)
      return result;
    if (header->p_memsz == 0)
      continue;
    if (image->segment_count == ELF_IMAGE_MAX_SEGMENTS)
      return ELF_REFUSE(c, " has too many segments: at most %d" ELF_AGAIN, ELF_IMAGE_MAX_SEGMENTS);
    image->segments[image->segment_count++] =
        (struct elf_segment){.vaddr = header->p_vaddr,
                             .memsz = header->p_memsz,
                             .filesz = header->p_filesz,
                             .offset = header->p_offset,
                             .flags = header->p_flags & (PF_R | PF_W | PF_X)};
    if (header->p_align > image->align)
      image->align = header->p_align;
  }
  if (image->segment_count == 0)
    return ELF_REFUSE(c, " has nothing to load" ELF_AGAIN);

  const struct elf_segment *last = &image->segments[image->segment_count - 1];
  image->low_vaddr = image->segments[0].vaddr;
  image->high_vaddr = elf_page_ceil(last->vaddr + last->memsz);
  if (image->low_vaddr % ELF_IMAGE_PAGE_BYTES != 0)
    return ELF_REFUSE(c, " does not begin on a whole page" ELF_AGAIN);
  if (!image->position_independent && image->low_vaddr != UHYVE_IMAGE_BASE)
    return ELF_REFUSE(c, " is linked at 0x%llx instead of 0x%x" ELF_AGAIN,
                      (unsigned long long) image->low_vaddr, UHYVE_IMAGE_BASE);
  if (image->high_vaddr - image->low_vaddr > ELF_IMAGE_MAX_SPAN_BYTES)
    return ELF_REFUSE(c, " spans more than 1 GiB of memory; make its static data smaller");
  return 0;
}

const struct elf_segment *elf_image_find(const struct elf_image *image, uint64_t vaddr,
                                         uint64_t len_bytes)
{
  for (unsigned i = 0; i < image->segment_count; i++)
  {
    const struct elf_segment *segment = &image->segments[i];
    if (elf_inside(vaddr, len_bytes, segment->vaddr, segment->memsz))
      return segment;
  }
  return NULL;
}

/* ---- What other program headers say about the segments ---- */

static int check_tls(struct elf_check *c)
{
  const GElf_Phdr *tls;
  struct elf_image *image = c->image;
  int result = elf_check_find(c, PT_TLS, "PT_TLS", &tls);
  if (result != 0 || tls == NULL)
    return result;
  uint64_t align = tls->p_align == 0 ? 1 : tls->p_align;
  if ((align & (align - 1)) != 0 || align > ELF_IMAGE_PAGE_BYTES)
    return ELF_REFUSE(c, ": its thread-local data has an alignment that is not possible" ELF_AGAIN);
  if (tls->p_filesz > tls->p_memsz)
    return ELF_REFUSE(c, ": its thread-local data is larger in the file than in memory" ELF_AGAIN);
  if (tls->p_memsz > ELF_IMAGE_MAX_TLS_BYTES)
    return ELF_REFUSE(c, " has more than 64 MiB of thread-local data; make it smaller");
  const struct elf_segment *segment = elf_image_find(image, tls->p_vaddr, tls->p_filesz);
  if (tls->p_filesz > 0 && (segment == NULL || !elf_inside(tls->p_vaddr, tls->p_filesz,
                                                           segment->vaddr, segment->filesz)))
    return ELF_REFUSE(c,
                      ": its thread-local data is not inside the file part of a segment" ELF_AGAIN);
  if (!elf_inside(tls->p_vaddr, 0, image->low_vaddr, image->high_vaddr - image->low_vaddr))
    return ELF_REFUSE(c, ": its thread-local data is outside the segments" ELF_AGAIN);
  image->tls = (struct elf_tls){
      .vaddr = tls->p_vaddr, .filesz = tls->p_filesz, .memsz = tls->p_memsz, .align = align};
  return 0;
}

/* Keeps the whole pages that hold nothing but relocated constants. Like other loaders, the first
 * page counts as whole if the segment begins in it. */
static int check_relro(struct elf_check *c)
{
  const GElf_Phdr *relro;
  struct elf_image *image = c->image;
  int result = elf_check_find(c, PT_GNU_RELRO, "PT_GNU_RELRO", &relro);
  if (result != 0 || relro == NULL || relro->p_memsz == 0)
    return result;
  const struct elf_segment *segment = elf_image_find(image, relro->p_vaddr, 1);
  const struct elf_segment *last = &image->segments[image->segment_count - 1];
  if (segment == NULL || (segment->flags & PF_W) == 0)
    return ELF_REFUSE(c, ": its PT_GNU_RELRO is not inside a writable segment" ELF_AGAIN);
  /* Linkers round its end up, which may be behind the segment's. */
  uint64_t limit = elf_page_ceil(segment->vaddr + segment->memsz);
  if (segment != last && segment[1].vaddr < limit)
    limit = segment[1].vaddr;
  if (!elf_inside(relro->p_vaddr, relro->p_memsz, segment->vaddr, limit - segment->vaddr))
    return ELF_REFUSE(c, ": its PT_GNU_RELRO is not inside a writable segment" ELF_AGAIN);

  uint64_t begin = elf_page_floor(relro->p_vaddr);
  bool shared = segment != image->segments && segment[-1].vaddr + segment[-1].memsz > begin;
  if (relro->p_vaddr != segment->vaddr || shared)
    begin = elf_page_ceil(relro->p_vaddr);
  uint64_t end = elf_page_floor(relro->p_vaddr + relro->p_memsz);
  if (begin < end)
  {
    image->relro_begin = begin;
    image->relro_end = end;
  }
  return 0;
}

/* ---- All of it ---- */

static int map_file(struct elf_check *c)
{
  struct elf_image *image = c->image;
  void *file = mmap(NULL, image->file_size, PROT_READ, MAP_PRIVATE, image->fd, 0);
  if (file == MAP_FAILED)
  {
    int error = errno;
    return elf_check_fail(image, c->message, -error, ": cannot map: %s", strerror(error));
  }
  image->file = file;
  return 0;
}

int elf_image_open(struct elf_image *image, const char *path, char message[static 256])
{
  static int (*const steps[])(struct elf_check *) = {
      open_file, read_headers, elf_notes_read,       check_segments, elf_notes_check_layout,
      check_tls, check_relro,  elf_relocations_find, map_file};
  *image = (struct elf_image){.fd = -1, .path = path};
  message[0] = '\0';
  struct elf_check c = {.image = image, .message = message};
  int result = 0;
  for (size_t i = 0; i < sizeof steps / sizeof *steps && result == 0; i++)
    result = steps[i](&c);
  if (result != 0)
    elf_image_close(image);
  return result;
}

void elf_image_close(struct elf_image *image)
{
  if (image->file != NULL)
    munmap((void *) (uintptr_t) image->file, image->file_size);
  if (image->fd >= 0)
    close(image->fd);
  image->file = NULL;
  image->fd = -1;
}
