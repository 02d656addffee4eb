/* What lwIP asks of compiler and surroundings. */
#ifndef NET_STACK_PORT_ARCH_CC_H
#define NET_STACK_PORT_ARCH_CC_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
#define LWIP_NO_UNISTD_H 1

#define LWIP_PLATFORM_DIAG(message) \
  do                                \
  {                                 \
  } while (0)
#define LWIP_PLATFORM_ASSERT(message) net_assertion_failed("lwIP: " message)
#define LWIP_RAND()                   net_random()

_Noreturn void net_assertion_failed(const char *message);
uint32_t net_random(void);

#endif
