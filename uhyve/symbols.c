/* Symbols, lines and unwind rules of the guest's program, by libelf and libdw. */
#include "symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CODE_RANGES 8

/* Of larger files a report tells no names: to read one takes several times its size of memory. */
#define MAX_FILE_BYTES     (1ull << 30)
#define MAX_UNPACKED_BYTES (256ull << 20) /* of all compressed sections together */

struct code_range
{
  uint64_t vaddr; /* as in the file, without the bias */
  uint64_t len_bytes;
};

/* See guest/hide-names.sh. */
#define HIDDEN_PREFIX "__uhyve_"

struct symbols
{
  Elf *elf;
  Dwarf *dwarf;           /* NULL without debug information */
  Dwarf_CFI *eh_frame;    /* NULL if there is none; goes with 'elf' */
  Dwarf_CFI *debug_frame; /* the same; goes with 'dwarf' */
  Elf_Data *symbol_table; /* NULL in a stripped file */
  size_t string_table;    /* section index */
  uint64_t bias;
  size_t code_ranges;
  struct code_range code[MAX_CODE_RANGES];
};

static void find_code_ranges(struct symbols *symbols)
{
  size_t count;

  if (elf_getphdrnum(symbols->elf, &count) != 0)
    return;
  for (size_t i = 0; i < count && symbols->code_ranges < MAX_CODE_RANGES; i++)
  {
    GElf_Phdr phdr;

    if (gelf_getphdr(symbols->elf, (int) i, &phdr) == NULL)
      return;
    if (phdr.p_type != PT_LOAD || (phdr.p_flags & PF_X) == 0)
      continue;
    symbols->code[symbols->code_ranges].vaddr = phdr.p_vaddr;
    symbols->code[symbols->code_ranges].len_bytes = phdr.p_memsz;
    symbols->code_ranges++;
  }
}

static void find_symbol_table(struct symbols *symbols)
{
  Elf_Scn *section = NULL;

  while ((section = elf_nextscn(symbols->elf, section)) != NULL)
  {
    GElf_Shdr shdr;

    if (gelf_getshdr(section, &shdr) == NULL || shdr.sh_type != SHT_SYMTAB)
      continue;
    symbols->symbol_table = elf_getdata(section, NULL);
    symbols->string_table = shdr.sh_link;
    return;
  }
}

/* libdw (0.188 at least) reads past a section of strings whose last one has no end. */
static bool strings_end(Elf *elf)
{
  Elf_Scn *section = NULL;
  size_t names;

  if (elf_getshdrstrndx(elf, &names) != 0)
    return false;
  while ((section = elf_nextscn(elf, section)) != NULL)
  {
    GElf_Shdr shdr;
    const char *name;
    const Elf_Data *data;

    if (gelf_getshdr(section, &shdr) == NULL)
      return false;
    name = elf_strptr(elf, names, shdr.sh_name);
    if (name == NULL ||
        (strstr(name, "debug_str") == NULL && strstr(name, "debug_line_str") == NULL))
      continue;
    data = elf_getdata(section, NULL);
    if (data != NULL && data->d_buf != NULL && data->d_size > 0 &&
        ((const char *) data->d_buf)[data->d_size - 1] != '\0')
      return false;
  }
  return true;
}

/* libelf makes room for as many sections as the file says, also where the first one has the number
 * for lack of room in the header; a program needs no so many. */
static bool is_file_small(int elf_fd, uint64_t *file_bytes)
{
  struct stat status;
  Elf64_Ehdr header;

  if (fstat(elf_fd, &status) != 0 || (uint64_t) status.st_size > MAX_FILE_BYTES ||
      pread(elf_fd, &header, sizeof header, 0) != (ssize_t) sizeof header)
    return false;
  *file_bytes = (uint64_t) status.st_size;
  return header.e_shnum != 0 || header.e_shoff == 0;
}

/* Sections are read one by one: all together they are no larger than the file, unless they overlap.
 */
static bool do_sections_fit(Elf *elf, uint64_t file_bytes)
{
  Elf_Scn *section = NULL;

  while ((section = elf_nextscn(elf, section)) != NULL)
  {
    GElf_Shdr shdr;

    if (gelf_getshdr(section, &shdr) == NULL)
      return false;
    if (shdr.sh_type == SHT_NOBITS)
      continue;
    if (shdr.sh_size > file_bytes)
      return false;
    file_bytes -= shdr.sh_size;
  }
  return true;
}

/* A compressed section is a thousandth of what it may become. The older kind, whose name says so,
 * gcc does not write any more. */
static bool is_unpacked_small(Elf *elf)
{
  Elf_Scn *section = NULL;
  uint64_t left_bytes = MAX_UNPACKED_BYTES;
  size_t names;

  if (elf_getshdrstrndx(elf, &names) != 0)
    return false;
  while ((section = elf_nextscn(elf, section)) != NULL)
  {
    GElf_Shdr shdr;
    GElf_Chdr packed;
    const char *name;

    if (gelf_getshdr(section, &shdr) == NULL ||
        (name = elf_strptr(elf, names, shdr.sh_name)) == NULL ||
        strncmp(name, ".zdebug", strlen(".zdebug")) == 0)
      return false;
    if ((shdr.sh_flags & SHF_COMPRESSED) == 0)
      continue;
    if (gelf_getchdr(section, &packed) == NULL || packed.ch_size > left_bytes)
      return false;
    left_bytes -= packed.ch_size;
  }
  return true;
}

static void open_debug_information(struct symbols *symbols)
{
  if (!is_unpacked_small(symbols->elf))
    return;
  symbols->dwarf = dwarf_begin_elf(symbols->elf, DWARF_C_READ, NULL);
  if (symbols->dwarf == NULL)
    return;
  /* Checked only now, because dwarf_begin_elf() decompresses. */
  if (!strings_end(symbols->elf))
  {
    dwarf_end(symbols->dwarf);
    symbols->dwarf = NULL;
    return;
  }
  /* Else libdw opens whatever file a .gnu_debugaltlink section names. */
  dwarf_setalt(symbols->dwarf, symbols->dwarf);
  symbols->debug_frame = dwarf_getcfi(symbols->dwarf);
}

int symbols_open(struct symbols **out, int elf_fd, uint64_t load_bias)
{
  uint64_t file_bytes;
  struct symbols *symbols;

  if (!is_file_small(elf_fd, &file_bytes))
    return -ENOEXEC;
  symbols = calloc(1, sizeof *symbols);
  if (symbols == NULL)
    return -ENOMEM;
  symbols->bias = load_bias;
  elf_version(EV_CURRENT);
  /* By read, not by mmap: a file that shrinks meanwhile must not raise SIGBUS. */
  symbols->elf = elf_begin(elf_fd, ELF_C_READ, NULL);
  if (symbols->elf == NULL || elf_kind(symbols->elf) != ELF_K_ELF ||
      gelf_getclass(symbols->elf) != ELFCLASS64 || !do_sections_fit(symbols->elf, file_bytes))
  {
    symbols_close(symbols);
    return -ENOEXEC;
  }
  find_code_ranges(symbols);
  find_symbol_table(symbols);
  symbols->eh_frame = dwarf_getcfi_elf(symbols->elf);
  open_debug_information(symbols);
  *out = symbols;
  return 0;
}

void symbols_close(struct symbols *symbols)
{
  if (symbols == NULL)
    return;
  if (symbols->eh_frame != NULL)
    dwarf_cfi_end(symbols->eh_frame);
  dwarf_end(symbols->dwarf);
  elf_end(symbols->elf);
  free(symbols);
}

bool symbols_is_code(const struct symbols *symbols, uint64_t gva)
{
  uint64_t vaddr = gva - symbols->bias;

  for (size_t i = 0; i < symbols->code_ranges; i++)
    if (vaddr - symbols->code[i].vaddr < symbols->code[i].len_bytes)
      return true;
  return false;
}

/* ---- Functions ---- */

static bool is_code_symbol(const GElf_Sym *symbol)
{
  int type = GELF_ST_TYPE(symbol->st_info);

  if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
    return false;
  return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

/* Of two names for an address: the one whose size covers it, then the nearer one. */
static bool is_better(const GElf_Sym *symbol, const GElf_Sym *best, uint64_t vaddr)
{
  bool covers = vaddr - symbol->st_value < symbol->st_size;
  bool best_covers = vaddr - best->st_value < best->st_size;

  if (covers != best_covers)
    return covers;
  if (symbol->st_value != best->st_value)
    return symbol->st_value > best->st_value;
  /* Of two at one place, a size tells more: even that the address lies behind the function. */
  if ((symbol->st_size == 0) != (best->st_size == 0))
    return symbol->st_size != 0;
  return GELF_ST_BIND(symbol->st_info) == STB_GLOBAL && GELF_ST_BIND(best->st_info) != STB_GLOBAL;
}

/* Whether an unsized label and the address lie in one section. */
static bool in_section(struct symbols *symbols, const GElf_Sym *label, uint64_t vaddr)
{
  Elf_Scn *section = elf_getscn(symbols->elf, label->st_shndx);
  GElf_Shdr shdr;

  return section != NULL && gelf_getshdr(section, &shdr) != NULL &&
         (shdr.sh_flags & SHF_EXECINSTR) != 0 && vaddr - shdr.sh_addr < shdr.sh_size;
}

static void find_function(struct symbols *symbols, uint64_t vaddr, struct symbol_place *place)
{
  GElf_Sym best = {.st_size = 0};
  const char *best_name = NULL;
  size_t count;

  if (symbols->symbol_table == NULL)
    return;
  count = symbols->symbol_table->d_size / sizeof(Elf64_Sym);
  for (size_t i = 1; i < count && i <= INT32_MAX; i++)
  {
    GElf_Sym symbol;
    const char *name;

    if (gelf_getsym(symbols->symbol_table, (int) i, &symbol) == NULL)
      break;
    if (!is_code_symbol(&symbol) || symbol.st_value > vaddr)
      continue;
    if (best_name != NULL && !is_better(&symbol, &best, vaddr))
      continue;
    name = elf_strptr(symbols->elf, symbols->string_table, symbol.st_name);
    if (name == NULL || name[0] == '\0' || name[0] == '$' || strncmp(name, ".L", 2) == 0)
      continue;
    best = symbol;
    best_name = name;
  }
  if (best_name == NULL)
    return;
  if (best.st_size == 0 ? !in_section(symbols, &best, vaddr)
                        : vaddr - best.st_value >= best.st_size)
    return;
  /* The kernel library's own names carry a prefix that says nothing to a reader. */
  bool prefixed = strncmp(best_name, HIDDEN_PREFIX, strlen(HIDDEN_PREFIX)) == 0;
  place->function = best_name + (prefixed ? strlen(HIDDEN_PREFIX) : 0);
  place->offset = vaddr - best.st_value;
  place->size = best.st_size;
}

/* ---- Lines ---- */

static bool find_unit(Dwarf *dwarf, uint64_t vaddr, Dwarf_Die *unit)
{
  Dwarf_Off offset = 0;
  Dwarf_Off next;
  size_t header_bytes;

  if (dwarf_addrdie(dwarf, vaddr, unit) != NULL)
    return true;
  /* Not every compiler writes .debug_aranges. */
  while (dwarf_nextcu(dwarf, offset, &next, &header_bytes, NULL, NULL, NULL) == 0)
  {
    if (dwarf_offdie(dwarf, offset + header_bytes, unit) != NULL && dwarf_haspc(unit, vaddr) > 0)
      return true;
    if (next <= offset)
      break;
    offset = next;
  }
  return false;
}

/* libdw puts the compilation directory before a relative path: takes it off again. */
static const char *without_directory(Dwarf_Die *unit, const char *path)
{
  Dwarf_Attribute attribute;
  const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
  size_t len = directory == NULL ? 0 : strlen(directory);

  if (len == 0 || strncmp(path, directory, len) != 0 || path[len] != '/' || path[len + 1] == '\0')
    return path;
  return path + len + 1;
}

static void find_line(struct symbols *symbols, uint64_t vaddr, struct symbol_place *place)
{
  Dwarf_Die unit;
  Dwarf_Line *line;
  const char *path;
  int number;

  if (symbols->dwarf == NULL || !find_unit(symbols->dwarf, vaddr, &unit))
    return;
  line = dwarf_getsrc_die(&unit, vaddr);
  path = line == NULL ? NULL : dwarf_linesrc(line, NULL, NULL);
  if (path == NULL)
    return;
  place->file = without_directory(&unit, path);
  if (dwarf_lineno(line, &number) == 0 && number > 0)
    place->line = number;
}

bool symbols_lookup(struct symbols *symbols, uint64_t gva, struct symbol_place *place)
{
  memset(place, 0, sizeof *place);
  if (!symbols_is_code(symbols, gva))
    return false;
  find_function(symbols, gva - symbols->bias, place);
  find_line(symbols, gva - symbols->bias, place);
  return place->function != NULL || place->file != NULL;
}

int symbols_unwind_rules(struct symbols *symbols, uint64_t gva, struct Dwarf_Frame_s **rules)
{
  uint64_t vaddr = gva - symbols->bias;

  if (symbols->eh_frame != NULL && dwarf_cfi_addrframe(symbols->eh_frame, vaddr, rules) == 0)
    return 0;
  if (symbols->debug_frame != NULL && dwarf_cfi_addrframe(symbols->debug_frame, vaddr, rules) == 0)
    return 0;
  return -ENOENT;
}
