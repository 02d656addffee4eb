/* Machine contexts, laid out as Linux's C library has them on x86-64; <signal.h> includes this. */
#ifndef _SYS_UCONTEXT_H
#define _SYS_UCONTEXT_H

#include <sys/signal.h>

#define NGREG 23

typedef long long greg_t;
typedef greg_t gregset_t[NGREG];

#if __GNU_VISIBLE
/* Indexes of gregs. */
enum
{
  REG_R8,
  REG_R9,
  REG_R10,
  REG_R11,
  REG_R12,
  REG_R13,
  REG_R14,
  REG_R15,
  REG_RDI,
  REG_RSI,
  REG_RBP,
  REG_RBX,
  REG_RDX,
  REG_RAX,
  REG_RCX,
  REG_RSP,
  REG_RIP,
  REG_EFL,
  REG_CSGSFS,
  REG_ERR,
  REG_TRAPNO,
  REG_OLDMASK,
  REG_CR2
};
#define REG_R8      REG_R8
#define REG_R9      REG_R9
#define REG_R10     REG_R10
#define REG_R11     REG_R11
#define REG_R12     REG_R12
#define REG_R13     REG_R13
#define REG_R14     REG_R14
#define REG_R15     REG_R15
#define REG_RDI     REG_RDI
#define REG_RSI     REG_RSI
#define REG_RBP     REG_RBP
#define REG_RBX     REG_RBX
#define REG_RDX     REG_RDX
#define REG_RAX     REG_RAX
#define REG_RCX     REG_RCX
#define REG_RSP     REG_RSP
#define REG_RIP     REG_RIP
#define REG_EFL     REG_EFL
#define REG_CSGSFS  REG_CSGSFS
#define REG_ERR     REG_ERR
#define REG_TRAPNO  REG_TRAPNO
#define REG_OLDMASK REG_OLDMASK
#define REG_CR2     REG_CR2
#endif

struct _libc_fpxreg
{
  unsigned short significand[4];
  unsigned short exponent;
  unsigned short __reserved[3];
};

struct _libc_xmmreg
{
  unsigned int element[4];
};

/* As FXSAVE writes it. */
struct _libc_fpstate
{
  unsigned short cwd;
  unsigned short swd;
  unsigned short ftw;
  unsigned short fop;
  unsigned long rip;
  unsigned long rdp;
  unsigned int mxcsr;
  unsigned int mxcr_mask;
  struct _libc_fpxreg _st[8];
  struct _libc_xmmreg _xmm[16];
  unsigned int __reserved[24];
};

typedef struct _libc_fpstate *fpregset_t;

typedef struct
{
  gregset_t gregs;
  fpregset_t fpregs;
  unsigned long long __reserved[8];
} mcontext_t;

typedef struct ucontext_t
{
  unsigned long uc_flags;
  struct ucontext_t *uc_link;
  stack_t uc_stack;
  mcontext_t uc_mcontext;
  sigset_t uc_sigmask;
  unsigned long __uc_mask_pad[15];
  struct _libc_fpstate __uc_fpstate;
  unsigned long long __uc_shadow_stack[4];
} ucontext_t;

#endif
