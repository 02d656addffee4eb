/* Parts of libraries that a static program gets and this one never uses: for each page of them that
 * the dynamic relocation of a start has to write it takes some microseconds, of two milliseconds in
 * all. The linker takes these in their place. */
#include <stddef.h>

/* libdw's knowledge of other processors: a guest's program is x86-64, or refused. Each fills in a
 * descriptor (elfutils, backends/libebl_CPU.h: EBLHOOK(init)); null: it does not. */
#define LEFT_OUT(name)                                             \
  void *name(void *elf, unsigned short machine, void *descriptor); \
  void *name(void *elf, unsigned short machine, void *descriptor)  \
  {                                                                \
    (void) elf;                                                    \
    (void) machine;                                                \
    (void) descriptor;                                             \
    return NULL;                                                   \
  }

LEFT_OUT(i386_init)
LEFT_OUT(sh_init)
LEFT_OUT(ia64_init)
LEFT_OUT(alpha_init)
LEFT_OUT(arm_init)
LEFT_OUT(aarch64_init)
LEFT_OUT(sparc_init)
LEFT_OUT(ppc_init)
LEFT_OUT(ppc64_init)
LEFT_OUT(s390_init)
LEFT_OUT(m68k_init)
LEFT_OUT(bpf_init)
LEFT_OUT(riscv_init)
LEFT_OUT(csky_init)

/* The C library's way to the folder of this program, for dlopen(): by /proc, at each start. */
const char *_dl_get_origin(void); /* NOLINT: the C library's name */
const char *_dl_get_origin(void)  /* NOLINT */
{
  return (const char *) -1;
}
