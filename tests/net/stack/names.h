/* The stack's inside, for tests that are linked with it: its names as programs find them. */
#ifndef TESTS_NET_STACK_NAMES_H
#define TESTS_NET_STACK_NAMES_H

#define net_start                           __uhyve_net_start
#define net_lock                            __uhyve_net_lock
#define net_unlock                          __uhyve_net_unlock
#define net_wait_configured                 __uhyve_net_wait_configured
#define net_interface_name                  __uhyve_net_interface_name
#define netif_list                          __uhyve_netif_list
#define ip4addr_ntoa_r                      __uhyve_ip4addr_ntoa_r
#define ip6addr_ntoa_r                      __uhyve_ip6addr_ntoa_r
#define dns_getserver                       __uhyve_dns_getserver
#define ipaddr_ntoa_r                       __uhyve_ipaddr_ntoa_r
#define net_timers_rest                     __uhyve_net_timers_rest
#define netconn_new_with_proto_and_callback __uhyve_netconn_new_with_proto_and_callback
#define netconn_delete                      __uhyve_netconn_delete
#define netconn_bind                        __uhyve_netconn_bind
#define netconn_connect                     __uhyve_netconn_connect
#define netconn_listen_with_backlog         __uhyve_netconn_listen_with_backlog
#define netconn_accept                      __uhyve_netconn_accept
#define netconn_recv                        __uhyve_netconn_recv
#define netconn_recv_tcp_pbuf_flags         __uhyve_netconn_recv_tcp_pbuf_flags
#define netconn_write_vectors_partly        __uhyve_netconn_write_vectors_partly
#define netconn_write_partly                __uhyve_netconn_write_partly
#define netconn_sendto                      __uhyve_netconn_sendto
#define netbuf_new                          __uhyve_netbuf_new
#define netbuf_delete                       __uhyve_netbuf_delete
#define netbuf_alloc                        __uhyve_netbuf_alloc
#define pbuf_free                           __uhyve_pbuf_free
#define pbuf_copy_partial                   __uhyve_pbuf_copy_partial
#define ip6_addr_any                        __uhyve_ip6_addr_any

#endif
