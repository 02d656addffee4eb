/* Contexts of execution within a thread. */
#ifndef _UCONTEXT_H
#define _UCONTEXT_H

#include <sys/cdefs.h>
#include <sys/ucontext.h>

__BEGIN_DECLS

int getcontext(ucontext_t *__context);
int setcontext(const ucontext_t *__context);
void makecontext(ucontext_t *__context, void (*__function)(void), int __count, ...);
int swapcontext(ucontext_t *__restrict __save, const ucontext_t *__restrict __load);

__END_DECLS

#endif
