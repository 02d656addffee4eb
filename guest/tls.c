/* Lays out and starts thread-local storage. Runs before there is any: no stack protector here. */
#include "tls.h"

#include <signal.h>
#include <stdint.h>

#include "crash.h"
#include "start_info.h"

/* At the FS base. The compiler reads self at %fs:0 and the canary at %fs:0x28. */
struct tls_control_block
{
  void *self;
  uint64_t reserved[4];
  uint64_t stack_canary;
};

_Static_assert(offsetof(struct tls_control_block, stack_canary) == 0x28, "psABI");

/* From the linker script: the initial image; the size with the zeroed part, and the alignment. */
extern const char __uhyve_tls_image_begin[];
extern const char __uhyve_tls_image_end[];
extern const struct tls_layout
{
  size_t size_bytes;
  size_t align_bytes;
} __uhyve_tls_layout;

/* The linker counts offsets down from the control block, from the size rounded up to the
 * alignment of the TLS segment. */
static size_t tls_rounded_bytes(void)
{
  size_t align = __uhyve_tls_layout.align_bytes;
  return (__uhyve_tls_layout.size_bytes + align - 1) & ~(align - 1);
}

size_t tls_block_bytes(void)
{
  /* Room to align the control block when the program asks for more than TLS_ALIGN_BYTES. */
  return tls_rounded_bytes() + __uhyve_tls_layout.align_bytes + TLS_ALIGN_BYTES +
         sizeof(struct tls_control_block);
}

uint64_t tls_init(void *block)
{
  size_t align = __uhyve_tls_layout.align_bytes > TLS_ALIGN_BYTES ? __uhyve_tls_layout.align_bytes
                                                                  : TLS_ALIGN_BYTES;
  uintptr_t control_gva = ((uintptr_t) block + tls_rounded_bytes() + align - 1) & ~(align - 1);
  char *variables = (char *) (control_gva - tls_rounded_bytes());
  size_t image_bytes = (size_t) (__uhyve_tls_image_end - __uhyve_tls_image_begin);
  for (size_t i = 0; i < image_bytes; i++)
    variables[i] = __uhyve_tls_image_begin[i];
  for (size_t i = image_bytes; i < __uhyve_tls_layout.size_bytes; i++)
    variables[i] = 0;

  struct tls_control_block *control = (struct tls_control_block *) control_gva;
  control->self = control;
  /* The lowest byte stays zero: a string that runs over ends there. */
  control->stack_canary = start_info->stack_canary & ~0xffull;
  return control_gva;
}

extern void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
  crash_by_signal(SIGABRT, "stack smashing detected");
}
