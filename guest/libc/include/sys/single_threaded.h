/* Whether the program has one thread only, as glibc has it: then reference counts of the C++
 * library need no atomic operations. */
#ifndef _SYS_SINGLE_THREADED_H_
#define _SYS_SINGLE_THREADED_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

/* Not zero until a second thread is created. */
extern char __libc_single_threaded;

__END_DECLS

#endif
