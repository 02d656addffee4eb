/* The hypercall that acts on files by their names. */
#ifndef UHYVE_PATH_CALLS_H
#define UHYVE_PATH_CALLS_H

#include "call.h"

enum hypercall_verdict path_call_serve(struct call *call, struct hc_path *block);

#endif
