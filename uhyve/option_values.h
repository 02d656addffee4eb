/* How the values of options are read. Each reader sets what it returns only if the value is good,
 * and returns NULL then; else what is wrong with it, to be read behind the value. Only for
 * option_table.c. */
#ifndef UHYVE_OPTION_VALUES_H
#define UHYVE_OPTION_VALUES_H

#include "uhyve/options.h"

/* Reads digits at *text and moves it behind them; at least one digit, and no overflow. */
bool option_read_number(const char **text, uint64_t *number);

/* 0 and 1, no and yes, false and true, off and on. */
bool option_read_flag(const char *value, bool *flag);

/* With or without a unit; in whole steps of memory (OPTIONS_MEMORY_STEP_BYTES). */
const char *option_read_memory(const char *value, uint64_t *memory_bytes);

/* Numbers and ranges of CPUs. */
const char *option_read_cpu_list(const char *value, cpu_set_t *cpus);

/* One of a list: HOST:GUEST, perhaps with :ro or :rw. */
const char *option_read_mapping(const char *text, size_t bytes, struct option_mapping *read);

/* One of a list: of open files, or of the stack. */
const char *option_read_limit(const char *text, size_t bytes, struct option_limit *read,
                              bool *is_stack);

/* As timeout(1): seconds, or with a unit. */
const char *option_read_time(const char *value, uint64_t *ns);

#endif
