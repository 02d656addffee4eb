/* The seccomp filter of uhyve-net-user, made when the project is built by make_filter.c. */
#ifndef UHYVE_NET_USER_NET_USER_FILTER_H
#define UHYVE_NET_USER_NET_USER_FILTER_H

#include "uhyve/sandbox/filters.h"

extern const struct filter net_user_filter;

#endif
