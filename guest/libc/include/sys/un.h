/* Addresses of local sockets. */
#ifndef _SYS_UN_H
#define _SYS_UN_H

#include <sys/cdefs.h>
#include <sys/socket.h>

#define UNIX_PATH_MAX 108

struct sockaddr_un
{
  sa_family_t sun_family;
  char sun_path[UNIX_PATH_MAX];
};

#if __MISC_VISIBLE
#include <string.h>

/* The length of an address whose name ends with a null. */
#define SUN_LEN(address) \
  (__builtin_offsetof(struct sockaddr_un, sun_path) + strlen((address)->sun_path))
#endif

#endif
