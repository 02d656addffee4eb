/* The stack's inside, for tests that are linked with it: its names as programs find them. */
#ifndef TESTS_NET_STACK_NAMES_H
#define TESTS_NET_STACK_NAMES_H

#define net_start           __uhyve_net_start
#define net_lock            __uhyve_net_lock
#define net_unlock          __uhyve_net_unlock
#define net_wait_configured __uhyve_net_wait_configured
#define net_interface_name  __uhyve_net_interface_name
#define netif_list          __uhyve_netif_list
#define ip4addr_ntoa_r      __uhyve_ip4addr_ntoa_r
#define ip6addr_ntoa_r      __uhyve_ip6addr_ntoa_r
#define dns_getserver       __uhyve_dns_getserver
#define ipaddr_ntoa_r       __uhyve_ipaddr_ntoa_r

#endif
