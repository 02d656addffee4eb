/* Sets of CPUs, as Linux has them: 1024 bits. The macros are GNU's. */
#ifndef _SYS_CPUSET_H_
#define _SYS_CPUSET_H_

#include <sys/cdefs.h>

#define __CPU_SETSIZE 1024
#define __NCPUBITS    (8 * (int) sizeof(unsigned long))

typedef struct
{
  unsigned long __bits[__CPU_SETSIZE / __NCPUBITS];
} cpu_set_t;

#if __GNU_VISIBLE

#define CPU_SETSIZE __CPU_SETSIZE

/* A set may be larger than its type. */
#define __cpu_words(__set) ((unsigned long *) (__set)->__bits)

/* A CPU beyond the set's size is in no set, and is not added. */
static __inline unsigned long __cpu_bit(unsigned long __cpu)
{
  return 1ul << __cpu % (unsigned long) __NCPUBITS;
}

static __inline void __cpu_set(unsigned long __cpu, unsigned long __size, cpu_set_t *__set)
{
  if (__cpu / 8 < __size)
    __cpu_words(__set)[__cpu / (unsigned long) __NCPUBITS] |= __cpu_bit(__cpu);
}

static __inline void __cpu_clear(unsigned long __cpu, unsigned long __size, cpu_set_t *__set)
{
  if (__cpu / 8 < __size)
    __cpu_words(__set)[__cpu / (unsigned long) __NCPUBITS] &= ~__cpu_bit(__cpu);
}

static __inline int __cpu_isset(unsigned long __cpu, unsigned long __size, const cpu_set_t *__set)
{
  return __cpu / 8 < __size &&
         (__cpu_words(__set)[__cpu / (unsigned long) __NCPUBITS] & __cpu_bit(__cpu)) != 0;
}

static __inline void __cpu_zero(unsigned long __size, cpu_set_t *__set)
{
  unsigned long __i;
  for (__i = 0; __i < __size / sizeof(unsigned long); __i++)
    __cpu_words(__set)[__i] = 0;
}

static __inline int __cpu_count(unsigned long __size, const cpu_set_t *__set)
{
  unsigned long __i;
  int __count = 0;
  for (__i = 0; __i < __size / sizeof(unsigned long); __i++)
    __count += __builtin_popcountl(__cpu_words(__set)[__i]);
  return __count;
}

static __inline int __cpu_equal(unsigned long __size, const cpu_set_t *__a, const cpu_set_t *__b)
{
  return __builtin_memcmp(__a, __b, __size) == 0;
}

#define __CPU_OP_S(__size, __to, __a, __b, __op)                                          \
  (__extension__({                                                                        \
    cpu_set_t *__cpu_to = (__to);                                                         \
    const cpu_set_t *__cpu_a = (__a), *__cpu_b = (__b);                                   \
    unsigned long __cpu_i;                                                                \
    for (__cpu_i = 0; __cpu_i < (__size) / sizeof(unsigned long); __cpu_i++)              \
      __cpu_to->__bits[__cpu_i] = __cpu_a->__bits[__cpu_i] __op __cpu_b->__bits[__cpu_i]; \
  }))

#define CPU_SET_S(__cpu, __size, __set)   __cpu_set((unsigned long) (__cpu), __size, __set)
#define CPU_CLR_S(__cpu, __size, __set)   __cpu_clear((unsigned long) (__cpu), __size, __set)
#define CPU_ISSET_S(__cpu, __size, __set) __cpu_isset((unsigned long) (__cpu), __size, __set)
#define CPU_ZERO_S(__size, __set)         __cpu_zero(__size, __set)
#define CPU_COUNT_S(__size, __set)        __cpu_count(__size, __set)
#define CPU_EQUAL_S(__size, __a, __b)     __cpu_equal(__size, __a, __b)
#define CPU_AND_S(__size, __to, __a, __b) __CPU_OP_S(__size, __to, __a, __b, &)
#define CPU_OR_S(__size, __to, __a, __b)  __CPU_OP_S(__size, __to, __a, __b, |)
#define CPU_XOR_S(__size, __to, __a, __b) __CPU_OP_S(__size, __to, __a, __b, ^)

#define CPU_SET(__cpu, __set)             CPU_SET_S(__cpu, sizeof(cpu_set_t), __set)
#define CPU_CLR(__cpu, __set)             CPU_CLR_S(__cpu, sizeof(cpu_set_t), __set)
#define CPU_ISSET(__cpu, __set)           CPU_ISSET_S(__cpu, sizeof(cpu_set_t), __set)
#define CPU_ZERO(__set)                   CPU_ZERO_S(sizeof(cpu_set_t), __set)
#define CPU_COUNT(__set)                  CPU_COUNT_S(sizeof(cpu_set_t), __set)
#define CPU_EQUAL(__a, __b)               CPU_EQUAL_S(sizeof(cpu_set_t), __a, __b)
#define CPU_AND(__to, __a, __b)           CPU_AND_S(sizeof(cpu_set_t), __to, __a, __b)
#define CPU_OR(__to, __a, __b)            CPU_OR_S(sizeof(cpu_set_t), __to, __a, __b)
#define CPU_XOR(__to, __a, __b)           CPU_XOR_S(sizeof(cpu_set_t), __to, __a, __b)

/* Sets of any size: the size is in bytes, from CPU_ALLOC_SIZE. */
#define CPU_ALLOC_SIZE(__count) (((__count) + __NCPUBITS - 1) / __NCPUBITS * sizeof(unsigned long))
#define CPU_ALLOC(__count)      ((cpu_set_t *) __builtin_calloc(1, CPU_ALLOC_SIZE(__count)))
#define CPU_FREE(__set)         __builtin_free(__set)

#endif

#endif
