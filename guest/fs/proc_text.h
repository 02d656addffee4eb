/* Texts of the proc file system: made when a file is opened. */
#ifndef GUEST_FS_PROC_TEXT_H
#define GUEST_FS_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct proc_text
{
  char *bytes;
  size_t len_bytes;
  size_t room_bytes;
  bool is_short; /* for lack of memory */
};

void proc_text_free(struct proc_text *text);
void proc_add_bytes(struct proc_text *text, const void *bytes, size_t len_bytes);

/* %s, %c (int), %u (unsigned int), %lu, %lx (unsigned long), %%; numbers also with a width, which
 * '0' in front of it fills with zeros. */
__attribute__((format(printf, 2, 3))) void proc_print(struct proc_text *text, const char *format,
                                                      ...);

/* ---- What there is to read: proc_system.c, proc_process.c, proc_maps.c, arch/ ---- */

void proc_cpuinfo(struct proc_text *text);
void proc_loadavg(struct proc_text *text);
void proc_meminfo(struct proc_text *text);
void proc_mounts(struct proc_text *text);
void proc_system_stat(struct proc_text *text);
void proc_uptime(struct proc_text *text);
void proc_version(struct proc_text *text);

void proc_self_cmdline(struct proc_text *text);
void proc_self_comm(struct proc_text *text);
void proc_self_environ(struct proc_text *text);
void proc_self_maps(struct proc_text *text);
void proc_self_stat(struct proc_text *text);
void proc_self_statm(struct proc_text *text);
void proc_self_status(struct proc_text *text);

/* The program's name without its folders. */
const char *proc_program_name(void);

#endif
