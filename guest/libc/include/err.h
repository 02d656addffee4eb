/* Messages on standard error, with the program's name and, without x, the text of errno. */
#ifndef _ERR_H
#define _ERR_H

#include <stdarg.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

void err(int, const char *, ...) __dead2 __printf0like(2, 3);
void verr(int, const char *, va_list) __dead2 __printf0like(2, 0);
void errx(int, const char *, ...) __dead2 __printf0like(2, 3);
void verrx(int, const char *, va_list) __dead2 __printf0like(2, 0);
void warn(const char *, ...) __printf0like(1, 2);
void vwarn(const char *, va_list) __printf0like(1, 0);
void warnx(const char *, ...) __printf0like(1, 2);
void vwarnx(const char *, va_list) __printf0like(1, 0);

__END_DECLS

#endif
