/* Whether a program's file is small enough to be read for a report. */
#include "symbol_file.h"

#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of larger files a report tells no names: to read one takes several times its size of memory. */
#define MAX_FILE_BYTES     (1ull << 30)
#define MAX_UNPACKED_BYTES (256ull << 20) /* of all compressed sections together */

/* libelf makes room for as many sections as the file says, also where the first one has the number
 * for lack of room in the header; a program needs no so many. */
bool symbol_file_is_small(int elf_fd, uint64_t *file_bytes)
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
bool symbol_file_sections_fit(Elf *elf, uint64_t file_bytes)
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
bool symbol_file_unpacks_small(Elf *elf)
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
