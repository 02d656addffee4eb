/* Names of C++ functions for people. */
#ifndef UHYVE_DEMANGLE_H
#define UHYVE_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes what the C++ symbol `name` stands for, as much of it as there is room for; one that is cut
 * ends in dots. Returns false if it is no C++ name, or too long. The name is not trusted. */
bool demangle(const char *name, char *text, size_t text_bytes);

#endif
