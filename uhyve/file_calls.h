/* Handlers of the hypercalls for open files. */
#ifndef UHYVE_FILE_CALLS_H
#define UHYVE_FILE_CALLS_H

#include "call.h"

enum hypercall_verdict file_call_open(struct call *call, struct hc_file_open *block);
enum hypercall_verdict file_call_read(struct call *call, struct hc_file_io *block);
enum hypercall_verdict file_call_write(struct call *call, struct hc_file_io *block);
enum hypercall_verdict file_call_list(struct call *call, struct hc_file_list *block);

#endif
