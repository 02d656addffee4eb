/* Notes as Linux's fs/binfmt_elf.c has them: of each thread NT_PRSTATUS, which begins a new one for
 * a debugger, and what is known of its vector registers; of the process, behind the first thread's
 * NT_PRSTATUS, its name and arguments, the signal and where it is loaded. */
#include "core_notes.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>

#include "hypercalls/start_info.h"

#define FXSAVE_BYTES 512

/* In the order of Linux's struct user_regs_struct, which elf_gregset_t is. */
_Static_assert(sizeof(elf_gregset_t) == 27 * sizeof(uint64_t), "ABI");
_Static_assert(sizeof(struct elf_prstatus) == 336, "ABI");
_Static_assert(sizeof(struct elf_prpsinfo) == 136, "ABI");
_Static_assert(sizeof(siginfo_t) == 128, "ABI");

static size_t round_up_word(size_t len_bytes)
{
  return (len_bytes + 3) & ~(size_t) 3;
}

static uint8_t *reserve(struct core_notes *notes, size_t len_bytes)
{
  if (notes->error != 0)
    return NULL;
  if (len_bytes > notes->room_bytes - notes->len_bytes)
  {
    size_t room_bytes = 2 * notes->room_bytes + len_bytes;
    uint8_t *bytes = realloc(notes->bytes, room_bytes);
    if (bytes == NULL)
    {
      notes->error = -ENOMEM;
      return NULL;
    }
    notes->bytes = bytes;
    notes->room_bytes = room_bytes;
  }
  uint8_t *at = notes->bytes + notes->len_bytes;
  memset(at, 0, len_bytes);
  notes->len_bytes += len_bytes;
  return at;
}

static void add(struct core_notes *notes, const char *owner, uint32_t type, const void *content,
                size_t len_bytes)
{
  const Elf64_Nhdr header = {
      .n_namesz = (uint32_t) strlen(owner) + 1, .n_descsz = (uint32_t) len_bytes, .n_type = type};
  size_t name_bytes = round_up_word(header.n_namesz);
  uint8_t *at = reserve(notes, sizeof(header) + name_bytes + round_up_word(len_bytes));
  if (at == NULL)
    return;
  memcpy(at, &header, sizeof(header));
  memcpy(at + sizeof(header), owner, header.n_namesz);
  memcpy(at + sizeof(header) + name_bytes, content, len_bytes);
}

/* ---- Of each thread ---- */

#define NO_SYSTEM_CALL UINT64_MAX /* where Linux has its number */

static void add_status(struct core_notes *notes, const struct core_program *program,
                       const struct core_thread *thread)
{
  const struct hc_registers *r = thread->registers;
  const uint64_t registers[] = {
      r->r15,
      r->r14,
      r->r13,
      r->r12,
      r->rbp,
      r->rbx,
      r->r11,
      r->r10,
      r->r9,
      r->r8,
      r->rax,
      r->rcx,
      r->rdx,
      r->rsi,
      r->rdi,
      NO_SYSTEM_CALL,
      r->rip,
      UHYVE_SEL_USER_CODE,
      r->rflags,
      r->rsp,
      UHYVE_SEL_USER_DATA,
      thread->fs_base,
      0,
      0,
      0,
      0,
      0,
  };
  struct elf_prstatus status = {
      .pr_info = {.si_signo = program->signal},
      .pr_cursig = (short) program->signal,
      .pr_pid = thread->id,
      .pr_ppid = 0,
      .pr_fpvalid = 1,
  };
  _Static_assert(sizeof(registers) == sizeof(status.pr_reg), "ABI");
  memcpy(status.pr_reg, registers, sizeof(registers));
  add(notes, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

static void add_vectors(struct core_notes *notes, const struct core_vectors *vectors)
{
  if (vectors->len_bytes >= FXSAVE_BYTES)
    add(notes, "CORE", NT_FPREGSET, vectors->area, FXSAVE_BYTES);
  if (vectors->len_bytes > FXSAVE_BYTES)
    add(notes, "LINUX", NT_X86_XSTATE, vectors->area, vectors->len_bytes);
}

void core_notes_add_thread(struct core_notes *notes, const struct core_program *program,
                           const struct core_thread *thread, const struct core_vectors *vectors)
{
  add_status(notes, program, thread);
  add_vectors(notes, vectors);
}

/* ---- Of the process ---- */

static void copy_name(char *to, size_t room_bytes, const char *path)
{
  const char *slash = strrchr(path, '/');
  snprintf(to, room_bytes, "%s", slash != NULL ? slash + 1 : path);
}

static void add_process(struct core_notes *notes, const struct core_program *program)
{
  struct elf_prpsinfo info = {.pr_sname = 'R', .pr_pid = 1};
  copy_name(info.pr_fname, sizeof(info.pr_fname), program->name);
  size_t used = 0;
  for (int i = 0; i < program->argc && used < sizeof(info.pr_psargs) - 1; i++)
    used += (size_t) snprintf(info.pr_psargs + used, sizeof(info.pr_psargs) - used, "%s%s",
                              i > 0 ? " " : "", program->argv[i]);
  add(notes, "CORE", NT_PRPSINFO, &info, sizeof(info));
}

static void add_signal(struct core_notes *notes, const struct core_program *program)
{
  siginfo_t info;
  memset(&info, 0, sizeof(info));
  info.si_signo = program->signal;
  info.si_addr = (void *) (uintptr_t) program->fault_gva; /* NOLINT(performance-no-int-to-ptr) */
  add(notes, "CORE", NT_SIGINFO, &info, sizeof(info));
}

static void add_places(struct core_notes *notes, const struct core_program *program)
{
  const Elf64_auxv_t places[] = {
      {.a_type = AT_PAGESZ, .a_un.a_val = 4096},
      {.a_type = AT_PHDR, .a_un.a_val = program->headers_gva},
      {.a_type = AT_PHENT, .a_un.a_val = program->header_bytes},
      {.a_type = AT_PHNUM, .a_un.a_val = program->header_count},
      {.a_type = AT_BASE, .a_un.a_val = 0},
      {.a_type = AT_ENTRY, .a_un.a_val = program->entry_gva},
      {.a_type = AT_NULL},
  };
  add(notes, "CORE", NT_AUXV, places, sizeof(places));
}

void core_notes_begin(struct core_notes *notes, const struct core_program *program,
                      const struct core_thread *thread, const struct core_vectors *vectors)
{
  *notes = (struct core_notes){.len_bytes = 0};
  add_status(notes, program, thread);
  add_process(notes, program);
  add_signal(notes, program);
  add_places(notes, program);
  add_vectors(notes, vectors);
}

void core_notes_free(struct core_notes *notes)
{
  free(notes->bytes);
  *notes = (struct core_notes){.len_bytes = 0};
}
