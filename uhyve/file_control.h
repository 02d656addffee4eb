/* The hypercall for what else there is to do with an open file. */
#ifndef UHYVE_FILE_CONTROL_H
#define UHYVE_FILE_CONTROL_H

#include "call.h"

enum hypercall_verdict file_control_serve(struct call *call, struct hc_file_control *block);

#endif
