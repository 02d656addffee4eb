/* Where ucontext_t has what the routines in ucontext.S save; ucontext.c checks. */
#ifndef GUEST_ARCH_UCONTEXT_H
#define GUEST_ARCH_UCONTEXT_H

#define UCONTEXT_R8      40
#define UCONTEXT_R9      48
#define UCONTEXT_R12     72
#define UCONTEXT_R13     80
#define UCONTEXT_R14     88
#define UCONTEXT_R15     96
#define UCONTEXT_RDI     104
#define UCONTEXT_RSI     112
#define UCONTEXT_RBP     120
#define UCONTEXT_RBX     128
#define UCONTEXT_RDX     136
#define UCONTEXT_RCX     152
#define UCONTEXT_RSP     160
#define UCONTEXT_RIP     168
#define UCONTEXT_FPREGS  224
#define UCONTEXT_FPSTATE 424

/* Of _libc_fpstate. */
#define FPSTATE_CWD   0
#define FPSTATE_MXCSR 24

#endif
