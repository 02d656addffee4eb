/* Tests of uhyve/core_write.c and core_notes.c: what a reader of core files finds in one. */
#include "uhyve/core_write.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <unistd.h>

#include "unit_test.h"

#define PAGE  ((size_t) 4096)
#define PAGES ((size_t) 2000)

/* The guest's memory; range 1 begins in its middle. */
struct memory
{
  uint8_t *bytes;
  uint64_t progress_bytes;
  unsigned int progress_calls;
};

#define FIRST_GVA  0x200000
#define SECOND_GVA 0x140000000

static const void *page_at(void *context, uint64_t gva)
{
  const struct memory *memory = context;
  assert_int_equal(gva % PAGE, 0);
  uint64_t page =
      gva >= SECOND_GVA ? PAGES / 2 + (gva - SECOND_GVA) / PAGE : (gva - FIRST_GVA) / PAGE;
  assert_true(page < PAGES);
  return page == 7 ? NULL : memory->bytes + page * PAGE;
}

static void note_progress(void *context, uint64_t done_bytes)
{
  struct memory *memory = context;
  memory->progress_bytes = done_bytes;
  memory->progress_calls++;
}

static char *arguments[] = {"./folder/a program", "first", "second", NULL};

static const struct core_program program = {
    .name = "./folder/a program",
    .argv = arguments,
    .argc = 3,
    .signal = SIGSEGV,
    .fault_gva = 0x1234,
    .entry_gva = 0x111,
    .headers_gva = 0x222,
    .header_bytes = sizeof(Elf64_Phdr),
    .header_count = 9,
};

static void make_notes(struct core_notes *notes, unsigned int threads)
{
  struct hc_registers registers = {.rax = 1, .rdi = 2, .r15 = 3, .rip = 4, .rsp = 5, .rflags = 6};
  struct core_vectors vectors = {.len_bytes = CORE_VECTORS_MAX_BYTES, .area = {0x7f, 3}};
  struct core_thread thread = {.id = 42, .registers = &registers, .fs_base = 0xfeed};
  core_notes_begin(notes, &program, &thread, &vectors);
  for (unsigned int i = 1; i < threads; i++)
  {
    thread.id = 42 + (int32_t) i;
    registers.rip = 1000 + i;
    vectors.len_bytes = i % 2 == 0 ? 512 : 0;
    core_notes_add_thread(notes, &program, &thread, &vectors);
  }
  assert_int_equal(notes->error, 0);
}

struct file
{
  int fd;
  uint8_t *bytes;
  size_t len_bytes;
  const Elf64_Ehdr *header;
  const Elf64_Phdr *parts;
};

static void open_file(struct file *file)
{
  struct stat status;
  assert_int_equal(fstat(file->fd, &status), 0);
  file->len_bytes = (size_t) status.st_size;
  file->bytes = mmap(NULL, file->len_bytes, PROT_READ, MAP_PRIVATE, file->fd, 0);
  assert_true(file->bytes != MAP_FAILED);
  file->header = (const Elf64_Ehdr *) (const void *) file->bytes;
  file->parts = (const Elf64_Phdr *) (const void *) (file->bytes + file->header->e_phoff);
}

static void close_file(struct file *file)
{
  munmap(file->bytes, file->len_bytes);
  close(file->fd);
}

/* The content of the note with that number of its type, or null. */
static const void *find_note(const struct file *file, uint32_t type, unsigned int number,
                             uint32_t *len_bytes)
{
  size_t at = file->parts[0].p_offset;
  size_t end = at + file->parts[0].p_filesz;
  while (at < end)
  {
    const Elf64_Nhdr *note = (const Elf64_Nhdr *) (const void *) (file->bytes + at);
    const uint8_t *name = file->bytes + at + sizeof(*note);
    const uint8_t *content = name + ((note->n_namesz + 3) & ~3u);
    at = (size_t) (content - file->bytes) + ((note->n_descsz + 3) & ~3u);
    assert_true(at <= end);
    assert_string_equal((const char *) name, note->n_type == NT_X86_XSTATE ? "LINUX" : "CORE");
    *len_bytes = note->n_descsz;
    if (note->n_type == type && number-- == 0)
      return content;
  }
  return NULL;
}

static void writes_memory_with_holes(void **state)
{
  (void) state;
  static const unsigned int used[] = {0, 1, 2, 9, 600, 601, 999, 1000, 1500, 1998};
  struct memory memory = {.bytes = aligned_alloc(PAGE, PAGES * PAGE)};
  assert_non_null(memory.bytes);
  memset(memory.bytes, 0, PAGES * PAGE);
  for (size_t i = 0; i < COUNT_OF(used); i++)
    memory.bytes[used[i] * PAGE + (i * 997) % PAGE] = (uint8_t) (i + 1);
  memory.bytes[7 * PAGE] = 1; /* which is not found */
  struct core_range ranges[] = {{FIRST_GVA, PAGES / 2 * PAGE, PF_R | PF_X},
                                {SECOND_GVA, PAGES / 2 * PAGE, PF_R | PF_W}};
  struct core_map map = {.list = ranges, .count = 2, .len_bytes = PAGES * PAGE};
  struct core_notes notes;
  make_notes(&notes, 1);
  const struct core_write_input input = {&notes, &map, page_at, NULL, &memory};
  struct file file = {.fd = memfd_create("core", 0)};
  uint64_t written_bytes;
  assert_int_equal(core_write(file.fd, &input, &written_bytes), 0);
  assert_int_equal(written_bytes, COUNT_OF(used) * PAGE);
  struct stat status;
  assert_int_equal(fstat(file.fd, &status), 0);
  assert_true((uint64_t) status.st_blocks * 512 < 40 * PAGE);
  open_file(&file);
  assert_memory_equal(file.header->e_ident, ELFMAG, SELFMAG);
  assert_int_equal(file.header->e_type, ET_CORE);
  assert_int_equal(file.header->e_machine, EM_X86_64);
  assert_int_equal(file.header->e_phnum, 3);
  assert_int_equal(file.parts[0].p_type, PT_NOTE);
  memory.bytes[7 * PAGE] = 0;
  for (size_t i = 0; i < 2; i++)
  {
    const Elf64_Phdr *part = &file.parts[i + 1];
    assert_int_equal(part->p_type, PT_LOAD);
    assert_int_equal(part->p_flags, ranges[i].flags);
    assert_int_equal(part->p_vaddr, ranges[i].gva);
    assert_int_equal(part->p_filesz, ranges[i].len_bytes);
    assert_int_equal(part->p_memsz, ranges[i].len_bytes);
    assert_int_equal(part->p_offset % PAGE, 0);
    assert_true(part->p_offset + part->p_filesz <= file.len_bytes);
    assert_memory_equal(file.bytes + part->p_offset, memory.bytes + i * PAGES / 2 * PAGE,
                        part->p_filesz);
  }
  close_file(&file);
  core_notes_free(&notes);
  free(memory.bytes);
}

static void check_process(const struct file *file)
{
  uint32_t len_bytes;
  const struct elf_prpsinfo *info = find_note(file, NT_PRPSINFO, 0, &len_bytes);
  assert_non_null(info);
  assert_int_equal(len_bytes, sizeof(*info));
  assert_string_equal(info->pr_fname, "a program");
  assert_string_equal(info->pr_psargs, "./folder/a program first second");
  const siginfo_t *signal_info = find_note(file, NT_SIGINFO, 0, &len_bytes);
  assert_non_null(signal_info);
  int number;
  memcpy(&number, signal_info, sizeof(number));
  assert_int_equal(number, SIGSEGV);
  const Elf64_auxv_t *places = find_note(file, NT_AUXV, 0, &len_bytes);
  assert_non_null(places);
  uint64_t entry = 0, headers = 0, count = 0;
  for (size_t i = 0; i < len_bytes / sizeof(*places); i++)
  {
    Elf64_auxv_t place;
    memcpy(&place, &places[i], sizeof(place));
    entry = place.a_type == AT_ENTRY ? place.a_un.a_val : entry;
    headers = place.a_type == AT_PHDR ? place.a_un.a_val : headers;
    count = place.a_type == AT_PHNUM ? place.a_un.a_val : count;
  }
  assert_int_equal(entry, 0x111);
  assert_int_equal(headers, 0x222);
  assert_int_equal(count, 9);
}

static void has_notes_of_all_threads(void **state)
{
  (void) state;
  const unsigned int threads = 4000;
  struct core_notes notes;
  make_notes(&notes, threads);
  struct core_map map = {.count = 0};
  const struct core_write_input input = {&notes, &map, page_at, NULL, NULL};
  struct file file = {.fd = memfd_create("core", 0)};
  uint64_t written_bytes;
  assert_int_equal(core_write(file.fd, &input, &written_bytes), 0);
  open_file(&file);
  check_process(&file);
  uint32_t len_bytes;
  for (unsigned int i = 0; i < threads; i += i < 10 ? 1 : 997)
  {
    struct elf_prstatus status;
    struct user_regs_struct registers;
    const void *note = find_note(&file, NT_PRSTATUS, i, &len_bytes);
    assert_non_null(note);
    assert_int_equal(len_bytes, sizeof(status));
    memcpy(&status, note, sizeof(status));
    memcpy(&registers, &status.pr_reg, sizeof(registers));
    assert_int_equal(status.pr_pid, 42 + i);
    assert_int_equal(status.pr_cursig, SIGSEGV);
    assert_int_equal(registers.rax, 1);
    assert_int_equal(registers.rdi, 2);
    assert_int_equal(registers.r15, 3);
    assert_int_equal(registers.rip, i == 0 ? 4 : 1000 + i);
    assert_int_equal(registers.rsp, 5);
    assert_int_equal(registers.eflags, 6);
    assert_int_equal(registers.fs_base, 0xfeed);
    assert_int_equal(registers.cs, 0x33);
    assert_int_equal(registers.ss, 0x2b);
  }
  assert_null(find_note(&file, NT_PRSTATUS, threads, &len_bytes));
  assert_non_null(find_note(&file, NT_X86_XSTATE, 0, &len_bytes));
  assert_int_equal(len_bytes, CORE_VECTORS_MAX_BYTES);
  assert_null(find_note(&file, NT_X86_XSTATE, 1, &len_bytes));
  const uint8_t *vectors = find_note(&file, NT_FPREGSET, threads / 2 - 1, &len_bytes);
  assert_non_null(vectors);
  assert_int_equal(len_bytes, 512);
  assert_int_equal(vectors[0], 0x7f);
  close_file(&file);
  core_notes_free(&notes);
}

static void long_arguments_are_cut(void **state)
{
  (void) state;
  char *many[200];
  for (size_t i = 0; i < COUNT_OF(many); i++)
    many[i] = "argument";
  struct core_program cut = program;
  cut.name = "a-name-that-is-longer-than-what-there-is-room-for";
  cut.argv = many;
  cut.argc = COUNT_OF(many);
  struct core_notes notes;
  const struct hc_registers registers = {.rip = 1};
  const struct core_thread thread = {.id = 1, .registers = &registers};
  const struct core_vectors none = {.len_bytes = 0};
  core_notes_begin(&notes, &cut, &thread, &none);
  struct core_map map = {.count = 0};
  const struct core_write_input input = {&notes, &map, page_at, NULL, NULL};
  struct file file = {.fd = memfd_create("core", 0)};
  uint64_t written_bytes;
  assert_int_equal(core_write(file.fd, &input, &written_bytes), 0);
  open_file(&file);
  uint32_t len_bytes;
  const struct elf_prpsinfo *info = find_note(&file, NT_PRPSINFO, 0, &len_bytes);
  assert_string_equal(info->pr_fname, "a-name-that-is-");
  assert_int_equal(strlen(info->pr_psargs), sizeof(info->pr_psargs) - 1);
  close_file(&file);
  core_notes_free(&notes);
}

static void tells_of_progress_and_errors(void **state)
{
  (void) state;
  struct memory memory = {.bytes = aligned_alloc(PAGE, PAGES * PAGE)};
  assert_non_null(memory.bytes);
  memset(memory.bytes, 1, PAGES * PAGE);
  /* The same pages again and again. */
  struct core_range ranges[10];
  for (size_t i = 0; i < COUNT_OF(ranges); i++)
    ranges[i] = (struct core_range){SECOND_GVA, PAGES / 2 * PAGE, PF_R};
  struct core_map map = {
      .list = ranges, .count = COUNT_OF(ranges), .len_bytes = COUNT_OF(ranges) * PAGES / 2 * PAGE};
  struct core_notes notes;
  make_notes(&notes, 1);
  const struct core_write_input input = {&notes, &map, page_at, note_progress, &memory};
  uint64_t written_bytes;
  int fd = memfd_create("core", MFD_ALLOW_SEALING);
  assert_int_equal(core_write(fd, &input, &written_bytes), 0);
  assert_int_equal(written_bytes, map.len_bytes);
  assert_int_equal(memory.progress_calls, 2);
  assert_int_equal(memory.progress_bytes, 32 * MIB);
  close(fd);
  fd = open("/dev/full", O_RDWR);
  assert_int_equal(core_write(fd, &input, &written_bytes), -ENOSPC);
  close(fd);
  fd = memfd_create("core", MFD_ALLOW_SEALING);
  assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
  assert_int_equal(core_write(fd, &input, &written_bytes), -EPERM);
  close(fd);
  notes.error = -ENOMEM;
  assert_int_equal(core_write(-1, &input, &written_bytes), -ENOMEM);
  core_notes_free(&notes);
  free(memory.bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_memory_with_holes),
      cmocka_unit_test(has_notes_of_all_threads),
      cmocka_unit_test(long_arguments_are_cut),
      cmocka_unit_test(tells_of_progress_and_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
