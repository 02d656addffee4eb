/* Checks a guest's ELF file: everything the loader relies on is read once, compared and kept. */
#define _GNU_SOURCE 1
#include "uhyve/elf_image.h"

#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PROGRAM_HEADERS 32
#define MAX_NOTE_BYTES      8192
#define MAX_DYNAMIC_ENTRIES 256
#define MIN_VECTOR_STUB     8
#define MAX_VECTOR_STUB     64
#define VECTORS             256
#define AGAIN               "; build it again with uhyve-cc"
#define INCOMPLETE          ": the file is incomplete; copy or build it again"

_Static_assert(UHYVE_IMAGE_BASE + ELF_IMAGE_MAX_SPAN_BYTES <= UHYVE_GPA_HOLE_BEGIN,
               "a fixed image lies below the hole");

/* What is needed while a file is checked. */
struct check
{
  struct elf_image *image;
  char *message;
  size_t header_count;
  GElf_Phdr headers[MAX_PROGRAM_HEADERS];
};

static uint64_t page_floor(uint64_t address)
{
  return address & ~(uint64_t) (ELF_IMAGE_PAGE_BYTES - 1);
}

/* Only for addresses of accepted segments, whose last page ends below 2^64. */
static uint64_t page_ceil(uint64_t address)
{
  return page_floor(address + ELF_IMAGE_PAGE_BYTES - 1);
}

/* Is [at, at + len) inside [begin, begin + size)? Nothing here can wrap. */
static bool inside(uint64_t at, uint64_t len, uint64_t begin, uint64_t size)
{
  return at >= begin && len <= size && at - begin <= size - len;
}

/* Writes the file's name, or the end of a long one, and behind it what is wrong. */
__attribute__((format(printf, 4, 5))) static int fail(const struct elf_image *image, char *message,
                                                      int error, const char *format, ...)
{
  static const size_t max_name = 100;
  size_t len = strlen(image->path);
  int at = snprintf(message, 256, "%s%s", len > max_name ? "..." : "",
                    len > max_name ? image->path + len - max_name : image->path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message + at, 256 - (size_t) at, format, arguments);
  va_end(arguments);
  for (; *message != '\0'; message++)
  {
    if ((unsigned char) *message < ' ' || *message == 0x7f)
      *message = '?'; /* one line, whatever the name is */
  }
  return error;
}

#define REFUSE(c, ...) fail((c)->image, (c)->message, -ENOEXEC, __VA_ARGS__)

/* Reads all of it, from a range that was inside the file when it was opened. */
static int read_file(const struct elf_image *image, void *to, uint64_t len, uint64_t offset,
                     char *message)
{
  char *at = to;
  while (len > 0)
  {
    ssize_t got = pread(image->fd, at, len, (off_t) offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
    {
      int error = errno;
      return fail(image, message, -error, ": cannot read: %s", strerror(error));
    }
    if (got == 0)
      return fail(image, message, -ENOEXEC, ": shrank while it was read; start it again");
    at += got;
    offset += (uint64_t) got;
    len -= (uint64_t) got;
  }
  return 0;
}

/* ---- The file and its headers ---- */

static int open_file(struct check *c)
{
  struct elf_image *image = c->image;
  /* A FIFO must not block, a terminal must not become ours. */
  image->fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  if (image->fd < 0 || fstat(image->fd, &status) != 0)
  {
    int error = errno;
    fail(image, c->message, -error, ": %s", strerror(error));
    char line[256];
    snprintf(line, sizeof line, "cannot open %.240s", c->message);
    strcpy(c->message, line);
    return -error;
  }
  if (S_ISDIR(status.st_mode))
    return REFUSE(c, " is a directory; name a program");
  if (!S_ISREG(status.st_mode))
    return REFUSE(c, " is not a regular file; name a program");
  if (status.st_size <= 0)
    return REFUSE(c, " is empty; build it again");
  image->file_size = (uint64_t) status.st_size;
  return 0;
}

static int check_machine(struct check *c, unsigned machine)
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
      return REFUSE(c, " is for %s; uhyve runs x86-64 programs", known[i].name);
  }
  return REFUSE(c, " is for machine type %u; uhyve runs x86-64 programs", machine);
}

static int check_header(struct check *c, const Elf64_Ehdr *header, uint64_t len)
{
  const unsigned char *ident = header->e_ident;
  if (len < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
    return REFUSE(c, ": not an ELF file");
  if (len < sizeof *header)
    return REFUSE(c, ": its ELF header is cut off" INCOMPLETE);

  bool big_endian = ident[EI_DATA] == ELFDATA2MSB;
  if (!big_endian && ident[EI_DATA] != ELFDATA2LSB)
    return REFUSE(c, ": its ELF header has an unknown byte order" AGAIN);
  unsigned swapped = __builtin_bswap16(header->e_machine);
  int result = check_machine(c, big_endian ? swapped : header->e_machine);
  if (result != 0)
    return result;
  if (big_endian)
    return REFUSE(c, " is big-endian; uhyve runs little-endian x86-64 programs");
  if (ident[EI_CLASS] == ELFCLASS32)
    return REFUSE(c, " is a 32-bit program; uhyve runs 64-bit programs");
  if (ident[EI_CLASS] != ELFCLASS64)
    return REFUSE(c, ": its ELF header has an unknown class" AGAIN);
  if (ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT)
    return REFUSE(c, ": its ELF header has an unknown version" AGAIN);

  if (header->e_type == ET_REL)
    return REFUSE(c, " is an object file; link it with uhyve-cc");
  if (header->e_type == ET_CORE)
    return REFUSE(c, " is a core dump; name a program");
  if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
    return REFUSE(c, ": ELF type %u is no program" AGAIN, (unsigned) header->e_type);
  if (header->e_ehsize != sizeof *header || header->e_phentsize != sizeof(Elf64_Phdr))
    return REFUSE(c, ": its ELF header gives wrong sizes of headers" AGAIN);
  if (header->e_phnum == 0)
    return REFUSE(c, " has no program headers" AGAIN);
  if (header->e_phnum > MAX_PROGRAM_HEADERS)
    return REFUSE(c, " has too many program headers: %u, at most %d" AGAIN,
                  (unsigned) header->e_phnum, MAX_PROGRAM_HEADERS);
  return 0;
}

/* libelf sees a copy of the headers alone: neither sections nor a file that changes reach it. */
static int read_headers(struct check *c)
{
  struct
  {
    Elf64_Ehdr header;
    Elf64_Phdr table[MAX_PROGRAM_HEADERS];
  } copy;
  memset(&copy, 0, sizeof copy);
  struct elf_image *image = c->image;

  uint64_t len = image->file_size < sizeof copy.header ? image->file_size : sizeof copy.header;
  int result = read_file(image, &copy.header, len, 0, c->message);
  if (result == 0)
    result = check_header(c, &copy.header, len);
  if (result != 0)
    return result;

  uint64_t table_bytes = copy.header.e_phnum * sizeof *copy.table;
  if (!inside(copy.header.e_phoff, table_bytes, 0, image->file_size))
    return REFUSE(c, ": its program headers end past the end of the file" INCOMPLETE);
  result = read_file(image, copy.table, table_bytes, copy.header.e_phoff, c->message);
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
              elf_getphdrnum(elf, &c->header_count) == 0 && c->header_count <= MAX_PROGRAM_HEADERS;
  for (size_t i = 0; good && i < c->header_count; i++)
    good = gelf_getphdr(elf, (int) i, &c->headers[i]) != NULL;
  if (good)
    image->position_independent = header.e_type == ET_DYN;
  elf_end(elf);
  return good ? 0 : REFUSE(c, ": libelf cannot read it: %s" AGAIN, elf_errmsg(-1));
}

/* The only program header of a type; *header is NULL if there is none. */
static int find_single(struct check *c, uint32_t type, const char *name, const GElf_Phdr **header)
{
  *header = NULL;
  for (size_t i = 0; i < c->header_count; i++)
  {
    if (c->headers[i].p_type != type)
      continue;
    if (*header != NULL)
      return REFUSE(c, " has two %s program headers" AGAIN, name);
    *header = &c->headers[i];
  }
  return 0;
}

/* ---- Notes ---- */

struct notes
{
  bool have_version;
  bool have_layout;
  uint32_t interface_version;
  uint32_t layout_bytes;
};

static int keep_note(struct check *c, struct notes *notes, const Elf64_Nhdr *note,
                     const uint8_t *content)
{
  if (note->n_type == UHYVE_NOTE_VERSION)
  {
    if (notes->have_version)
      return REFUSE(c, " has two notes of the interface version" AGAIN);
    if (note->n_descsz < sizeof notes->interface_version)
      return REFUSE(c, " has a note of the interface version that is too short" AGAIN);
    notes->have_version = true;
    memcpy(&notes->interface_version, content, sizeof notes->interface_version);
  }
  else if (note->n_type == UHYVE_NOTE_LAYOUT)
  {
    if (notes->have_layout)
      return REFUSE(c, " has two layout notes" AGAIN);
    notes->have_layout = true;
    notes->layout_bytes = note->n_descsz;
    if (note->n_descsz == sizeof c->image->layout)
      memcpy(&c->image->layout, content, sizeof c->image->layout);
  }
  return 0;
}

/* Walks one PT_NOTE. Linkers align notes to 4; the one kind aligned to 8 has sizes that make no
 * difference, but zeros may stand before it: they are skipped word by word. */
static int scan_notes(struct check *c, const GElf_Phdr *header, struct notes *notes)
{
  uint8_t bytes[MAX_NOTE_BYTES];
  if (!inside(header->p_offset, header->p_filesz, 0, c->image->file_size))
    return REFUSE(c, ": its notes end past the end of the file" INCOMPLETE);
  if (header->p_filesz > sizeof bytes)
    return REFUSE(c, " has too many notes: more than %d bytes" AGAIN, MAX_NOTE_BYTES);
  int result = read_file(c->image, bytes, header->p_filesz, header->p_offset, c->message);

  size_t left = header->p_filesz;
  for (const uint8_t *at = bytes; result == 0 && left > 0;)
  {
    static const uint32_t padding = 0;
    Elf64_Nhdr note;
    size_t step = left < sizeof padding ? left : sizeof padding;
    if (memcmp(at, &padding, step) != 0)
    {
      if (left < sizeof note)
        return REFUSE(c, " has a note that is cut off" AGAIN);
      memcpy(&note, at, sizeof note);
      uint64_t content = sizeof note + (((uint64_t) note.n_namesz + 3) & ~UINT64_C(3));
      uint64_t end = content + note.n_descsz;
      if (end > left)
        return REFUSE(c, " has a note that is cut off" AGAIN);
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

static int check_notes(struct check *c)
{
  struct notes notes = {0};
  int result = 0;
  for (size_t i = 0; i < c->header_count && result == 0; i++)
  {
    if (c->headers[i].p_type == PT_INTERP)
      return REFUSE(c, " is an ordinary Linux program: build it with uhyve-cc");
    if (c->headers[i].p_type == PT_NOTE)
      result = scan_notes(c, &c->headers[i], &notes);
  }
  if (result != 0)
    return result;
  if (!notes.have_version && notes.have_layout)
    return REFUSE(c, " does not say its interface version" AGAIN);
  if (!notes.have_version)
    return REFUSE(c, " is %s: build it with uhyve-cc",
                  c->image->position_independent ? "a shared library or an ordinary Linux program"
                                                 : "an ordinary Linux program");
  if (notes.interface_version != UHYVE_INTERFACE_VERSION)
    return REFUSE(c,
                  " was built for interface version %u, this uhyve has %d: rebuild it with this "
                  "version's uhyve-cc",
                  notes.interface_version, UHYVE_INTERFACE_VERSION);
  if (!notes.have_layout)
    return REFUSE(c, " has no layout note" AGAIN);
  if (notes.layout_bytes != sizeof c->image->layout)
    return REFUSE(c, " has a layout note of %u bytes instead of %zu" AGAIN, notes.layout_bytes,
                  sizeof c->image->layout);
  return 0;
}

/* ---- Segments ---- */

static int check_segment(struct check *c, size_t number, const GElf_Phdr *header)
{
  uint32_t rights = header->p_flags & (PF_R | PF_W | PF_X);
  uint64_t end;
  if (header->p_filesz > header->p_memsz)
    return REFUSE(c, ": segment %zu is larger in the file than in memory" AGAIN, number);
  if (!inside(header->p_offset, header->p_filesz, 0, c->image->file_size))
    return REFUSE(c, ": segment %zu ends past the end of the file" INCOMPLETE, number);
  if (__builtin_add_overflow(header->p_vaddr, header->p_memsz, &end) ||
      end > UINT64_MAX - ELF_IMAGE_PAGE_BYTES)
    return REFUSE(c, ": segment %zu wraps around the end of memory" AGAIN, number);
  if ((header->p_vaddr - header->p_offset) % ELF_IMAGE_PAGE_BYTES != 0)
    return REFUSE(c, ": segment %zu lies differently in a page than in the file" AGAIN, number);
  if ((header->p_align & (header->p_align - 1)) != 0 || header->p_align > ELF_IMAGE_MAX_ALIGN_BYTES)
    return REFUSE(c, ": segment %zu has an impossible alignment" AGAIN, number);
  if ((rights & PF_W) != 0 && (rights & PF_X) != 0)
    return REFUSE(c, ": segment %zu is writable and executable" AGAIN, number);
  if ((rights & PF_R) == 0)
    return REFUSE(c, ": segment %zu is not readable" AGAIN, number);
  if ((rights & PF_W) == 0 && header->p_filesz != header->p_memsz)
    return REFUSE(c, ": segment %zu is read-only, but not all of it is in the file" AGAIN, number);
  if (!c->image->position_independent && header->p_paddr != header->p_vaddr)
    return REFUSE(c, ": segment %zu has different physical and virtual addresses" AGAIN, number);
  return 0;
}

/* Against the one before: rising addresses make this enough. */
static int check_neighbours(struct check *c, size_t number, const GElf_Phdr *header)
{
  const struct elf_image *image = c->image;
  if (image->segment_count == 0)
    return 0;
  const struct elf_segment *before = &image->segments[image->segment_count - 1];
  uint64_t before_end = before->vaddr + before->memsz;
  if (header->p_vaddr < before->vaddr)
    return REFUSE(c, ": segment %zu lies below the one before it" AGAIN, number);
  if (header->p_vaddr < before_end)
    return REFUSE(c, ": segment %zu overlaps the one before it" AGAIN, number);
  if (page_floor(header->p_vaddr) < page_ceil(before_end) &&
      ((header->p_flags & PF_W) == 0 || (before->flags & PF_W) == 0))
    return REFUSE(c, ": segment %zu shares a page with the one before it" AGAIN, number);
  return 0;
}

static int check_segments(struct check *c)
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
      return REFUSE(c, " has too many segments: at most %d" AGAIN, ELF_IMAGE_MAX_SEGMENTS);
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
    return REFUSE(c, " has nothing to load" AGAIN);

  const struct elf_segment *last = &image->segments[image->segment_count - 1];
  image->low_vaddr = image->segments[0].vaddr;
  image->high_vaddr = page_ceil(last->vaddr + last->memsz);
  if (image->low_vaddr % ELF_IMAGE_PAGE_BYTES != 0)
    return REFUSE(c, " does not begin on a whole page" AGAIN);
  if (!image->position_independent && image->low_vaddr != UHYVE_IMAGE_BASE)
    return REFUSE(c, " is linked at 0x%llx instead of 0x%x" AGAIN,
                  (unsigned long long) image->low_vaddr, UHYVE_IMAGE_BASE);
  if (image->high_vaddr - image->low_vaddr > ELF_IMAGE_MAX_SPAN_BYTES)
    return REFUSE(c, " spans more than 1 GiB of memory; make its static data smaller");
  return 0;
}

const struct elf_segment *elf_image_find(const struct elf_image *image, uint64_t vaddr,
                                         uint64_t len_bytes)
{
  for (unsigned i = 0; i < image->segment_count; i++)
  {
    const struct elf_segment *segment = &image->segments[i];
    if (inside(vaddr, len_bytes, segment->vaddr, segment->memsz))
      return segment;
  }
  return NULL;
}

/* ---- What the notes say about the segments ---- */

static int check_layout(struct check *c)
{
  const struct elf_image *image = c->image;
  const struct uhyve_note_layout *l = &image->layout;
  uint32_t nucleus_len = l->nucleus_end - l->nucleus_begin;
  if (l->nucleus_begin >= l->nucleus_end)
    return REFUSE(c, ": its nucleus is empty" AGAIN);
  if (l->nucleus_begin % ELF_IMAGE_PAGE_BYTES != 0 || l->nucleus_end % ELF_IMAGE_PAGE_BYTES != 0)
    return REFUSE(c, ": its nucleus is not made of whole pages" AGAIN);
  const struct elf_segment *nucleus = elf_image_find(image, image->low_vaddr + l->nucleus_begin, 1);
  if (nucleus == NULL || (nucleus->flags & PF_X) == 0 ||
      !inside(image->low_vaddr + l->nucleus_begin, nucleus_len, nucleus->vaddr,
              page_ceil(nucleus->vaddr + nucleus->memsz) - nucleus->vaddr))
    return REFUSE(c, ": its nucleus is not inside one executable segment" AGAIN);

  if (l->vector_stub_bytes < MIN_VECTOR_STUB || l->vector_stub_bytes > MAX_VECTOR_STUB)
    return REFUSE(c, ": its vector stubs are %u bytes apart instead of %d to %d" AGAIN,
                  l->vector_stub_bytes, MIN_VECTOR_STUB, MAX_VECTOR_STUB);
  uint64_t stubs_len = (uint64_t) VECTORS * l->vector_stub_bytes;
  if (!inside(l->vector_stubs, stubs_len, l->nucleus_begin, nucleus_len) ||
      elf_image_find(image, image->low_vaddr + l->vector_stubs, stubs_len) != nucleus)
    return REFUSE(c, ": its vector stubs are not inside the nucleus" AGAIN);
  if (!inside(l->boot_entry, 1, l->nucleus_begin, nucleus_len) ||
      elf_image_find(image, image->low_vaddr + l->boot_entry, 1) != nucleus)
    return REFUSE(c, ": its boot entry is not inside the nucleus" AGAIN);

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
      return REFUSE(c, ": its %s entry is not inside an executable segment" AGAIN, entries[i].name);
    if (inside(entries[i].offset, 1, l->nucleus_begin, nucleus_len))
      return REFUSE(c, ": its %s entry is inside the nucleus" AGAIN, entries[i].name);
  }
  return 0;
}

static int check_tls(struct check *c)
{
  const GElf_Phdr *tls;
  struct elf_image *image = c->image;
  int result = find_single(c, PT_TLS, "PT_TLS", &tls);
  if (result != 0 || tls == NULL)
    return result;
  uint64_t align = tls->p_align == 0 ? 1 : tls->p_align;
  if ((align & (align - 1)) != 0 || align > ELF_IMAGE_PAGE_BYTES)
    return REFUSE(c, ": its thread-local data has an alignment that is not possible" AGAIN);
  if (tls->p_filesz > tls->p_memsz)
    return REFUSE(c, ": its thread-local data is larger in the file than in memory" AGAIN);
  if (tls->p_memsz > ELF_IMAGE_MAX_TLS_BYTES)
    return REFUSE(c, " has more than 64 MiB of thread-local data; make it smaller");
  const struct elf_segment *segment = elf_image_find(image, tls->p_vaddr, tls->p_filesz);
  if (tls->p_filesz > 0 &&
      (segment == NULL || !inside(tls->p_vaddr, tls->p_filesz, segment->vaddr, segment->filesz)))
    return REFUSE(c, ": its thread-local data is not inside the file part of a segment" AGAIN);
  if (!inside(tls->p_vaddr, 0, image->low_vaddr, image->high_vaddr - image->low_vaddr))
    return REFUSE(c, ": its thread-local data is outside the segments" AGAIN);
  image->tls = (struct elf_tls){
      .vaddr = tls->p_vaddr, .filesz = tls->p_filesz, .memsz = tls->p_memsz, .align = align};
  return 0;
}

/* Keeps the whole pages that hold nothing but relocated constants. Like other loaders, the first
 * page counts as whole if the segment begins in it. */
static int check_relro(struct check *c)
{
  const GElf_Phdr *relro;
  struct elf_image *image = c->image;
  int result = find_single(c, PT_GNU_RELRO, "PT_GNU_RELRO", &relro);
  if (result != 0 || relro == NULL || relro->p_memsz == 0)
    return result;
  const struct elf_segment *segment = elf_image_find(image, relro->p_vaddr, 1);
  const struct elf_segment *last = &image->segments[image->segment_count - 1];
  if (segment == NULL || (segment->flags & PF_W) == 0)
    return REFUSE(c, ": its PT_GNU_RELRO is not inside a writable segment" AGAIN);
  /* Linkers round its end up, which may be behind the segment's. */
  uint64_t limit = page_ceil(segment->vaddr + segment->memsz);
  if (segment != last && segment[1].vaddr < limit)
    limit = segment[1].vaddr;
  if (!inside(relro->p_vaddr, relro->p_memsz, segment->vaddr, limit - segment->vaddr))
    return REFUSE(c, ": its PT_GNU_RELRO is not inside a writable segment" AGAIN);

  uint64_t begin = page_floor(relro->p_vaddr);
  bool shared = segment != image->segments && segment[-1].vaddr + segment[-1].memsz > begin;
  if (relro->p_vaddr != segment->vaddr || shared)
    begin = page_ceil(relro->p_vaddr);
  uint64_t end = page_floor(relro->p_vaddr + relro->p_memsz);
  if (begin < end)
  {
    image->relro_begin = begin;
    image->relro_end = end;
  }
  return 0;
}

/* ---- Relocations ---- */

static int check_dynamic(struct check *c)
{
  struct elf_image *image = c->image;
  const GElf_Phdr *header;
  int result = find_single(c, PT_DYNAMIC, "PT_DYNAMIC", &header);
  if (result != 0 || (header == NULL && !image->position_independent))
    return result;
  if (header == NULL)
    return REFUSE(c, " is position-independent, but has no dynamic section" AGAIN);

  Elf64_Dyn entries[MAX_DYNAMIC_ENTRIES];
  if (!inside(header->p_offset, header->p_filesz, 0, image->file_size))
    return REFUSE(c, ": its dynamic section ends past the end of the file" INCOMPLETE);
  if (header->p_filesz > sizeof entries || header->p_filesz % sizeof *entries != 0)
    return REFUSE(c, ": its dynamic section has a size that is not possible" AGAIN);
  result = read_file(image, entries, header->p_filesz, header->p_offset, c->message);

  uint64_t rela_vaddr = 0, rela_bytes = 0, entry_bytes = sizeof(Elf64_Rela);
  bool have_rela = false;
  for (size_t i = 0; result == 0 && i < header->p_filesz / sizeof *entries; i++)
  {
    uint64_t value = entries[i].d_un.d_val;
    int64_t tag = entries[i].d_tag;
    if (tag == DT_NULL)
      break;
    if (tag == DT_NEEDED)
      return REFUSE(c, " needs a shared library; build it with uhyve-cc, which links statically");
    if (tag == DT_TEXTREL || (tag == DT_FLAGS && (value & DF_TEXTREL) != 0))
      return REFUSE(c, " has relocations in its code; build all of it with uhyve-cc -static-pie");
    if (tag == DT_REL || tag == DT_RELSZ || tag == DT_JMPREL || tag == DT_RELR || tag == DT_RELRSZ)
      return REFUSE(c, " has relocations of a kind uhyve does not know" AGAIN);
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
    return REFUSE(c, " is linked at a fixed address, but has relocations" AGAIN);

  if (!have_rela || entry_bytes != sizeof(Elf64_Rela) || rela_bytes % sizeof(Elf64_Rela) != 0)
    return REFUSE(c, ": its relocation table has a size that is not possible" AGAIN);
  const struct elf_segment *segment = elf_image_find(image, rela_vaddr, rela_bytes);
  if (segment == NULL || !inside(rela_vaddr, rela_bytes, segment->vaddr, segment->filesz))
    return REFUSE(c, ": its relocation table is not inside a segment" AGAIN);
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
    int result = read_file(image, batch, count * sizeof *batch,
                           image->rela_offset + done * sizeof *batch, message);
    for (size_t i = 0; i < count && result == 0; i++)
    {
      const Elf64_Rela *rela = &batch[i];
      if (rela->r_info != ELF64_R_INFO(0, R_X86_64_RELATIVE))
        return fail(image, message, -ENOEXEC,
                    ": relocation %llu is of type %u, only R_X86_64_RELATIVE is allowed" AGAIN,
                    (unsigned long long) (done + i), (unsigned) ELF64_R_TYPE(rela->r_info));
      if (!inside(rela->r_offset, 8, segment->vaddr, segment->memsz))
        segment = elf_image_find(image, rela->r_offset, 8);
      if (segment == NULL || (segment->flags & PF_W) == 0)
        return fail(image, message, -ENOEXEC,
                    ": relocation %llu is not inside a writable segment" AGAIN,
                    (unsigned long long) (done + i));
      result = relocate(context, rela->r_offset, rela->r_addend);
    }
    if (result != 0)
      return result;
    done += count;
  }
  return 0;
}

/* ---- All of it ---- */

static int map_file(struct check *c)
{
  struct elf_image *image = c->image;
  void *file = mmap(NULL, image->file_size, PROT_READ, MAP_PRIVATE, image->fd, 0);
  if (file == MAP_FAILED)
  {
    int error = errno;
    return fail(image, c->message, -error, ": cannot map: %s", strerror(error));
  }
  image->file = file;
  return 0;
}

int elf_image_open(struct elf_image *image, const char *path, char message[static 256])
{
  static int (*const steps[])(struct check *) = {open_file,      read_headers,  check_notes,
                                                 check_segments, check_layout,  check_tls,
                                                 check_relro,    check_dynamic, map_file};
  *image = (struct elf_image){.fd = -1, .path = path};
  message[0] = '\0';
  struct check c = {.image = image, .message = message};
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
