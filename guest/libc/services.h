/* Services and protocols by name and number. */
#ifndef GUEST_LIBC_SERVICES_H
#define GUEST_LIBC_SERVICES_H

#include <netdb.h>
#include <stdbool.h>

#define SERVICE_NAME_BYTES 64

struct service
{
  char name[SERVICE_NAME_BYTES];
  char protocol[SERVICE_NAME_BYTES];
  int port; /* in host byte order */
};

/* From /etc/services, or else of the best known. name null: by port; protocol null: any. */
bool service_find(struct service *found, const char *name, int port, const char *protocol);

#endif
