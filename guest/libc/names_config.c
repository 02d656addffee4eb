/* Servers of names, and how they are asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libc/mapped_file.h"
#include "libc/names.h"
#include "net/interface_facts.h"

#define LINE_BYTES 1024
#define BLANKS     " \t\r\n"
#define DNS_PORT   53

static void add_server(struct names_config *config, const char *text)
{
  struct names_address address;
  if (config->server_count == NAMES_MOST_SERVERS || !names_is_address(text, &address))
    return;
  struct sockaddr_storage *server = &config->servers[config->server_count++];
  memset(server, 0, sizeof(*server));
  server->ss_family = (sa_family_t) address.family;
  if (address.family == AF_INET)
  {
    struct sockaddr_in *ipv4 = (struct sockaddr_in *) server;
    ipv4->sin_port = htons(DNS_PORT);
    memcpy(&ipv4->sin_addr, address.bytes, sizeof(ipv4->sin_addr));
    return;
  }
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *) server;
  ipv6->sin6_port = htons(DNS_PORT);
  ipv6->sin6_scope_id = address.scope;
  memcpy(&ipv6->sin6_addr, address.bytes, sizeof(ipv6->sin6_addr));
}

static int number_within(const char *text, int least, int most)
{
  long number = strtol(text, NULL, 10);
  return number < least ? least : number > most ? most : (int) number;
}

static void set_option(struct names_config *config, const char *option)
{
  if (strncmp(option, "ndots:", 6) == 0)
    config->dots = number_within(option + 6, 0, 15);
  else if (strncmp(option, "timeout:", 8) == 0)
    config->wait_s = number_within(option + 8, 1, 30);
  else if (strncmp(option, "attempts:", 9) == 0)
    config->attempts = number_within(option + 9, 1, 5);
}

static void read_line(struct names_config *config, char *line)
{
  char *rest;
  line[strcspn(line, "#;")] = '\0';
  const char *keyword = strtok_r(line, BLANKS, &rest);
  if (keyword == NULL)
    return;
  bool is_list = strcmp(keyword, "search") == 0 || strcmp(keyword, "domain") == 0;
  if (is_list)
    config->domain_count = 0;
  const char *word;
  while ((word = strtok_r(NULL, BLANKS, &rest)) != NULL)
  {
    if (strcmp(keyword, "nameserver") == 0)
      add_server(config, word);
    else if (strcmp(keyword, "options") == 0)
      set_option(config, word);
    else if (is_list && config->domain_count < NAMES_MOST_DOMAINS)
      strlcpy(config->domains[config->domain_count++], word, NAMES_BYTES);
  }
}

/* Servers that DHCP or a router told of. */
static void ask_network(struct names_config *config)
{
  struct socket_name servers[NAMES_MOST_SERVERS];
  int count = interfaces_name_servers(servers, NAMES_MOST_SERVERS);
  for (int i = 0; i < count; i++)
    memcpy(&config->servers[config->server_count++], servers[i].bytes, sizeof(config->servers[0]));
}

void names_configure(struct names_config *config)
{
  char line[LINE_BYTES];
  memset(config, 0, sizeof(*config));
  config->dots = 1;
  config->wait_s = 5;
  config->attempts = 2;
  FILE *file = mapped_file_open("/etc/resolv.conf");
  while (file != NULL && fgets(line, sizeof(line), file) != NULL)
    read_line(config, line);
  if (file != NULL)
    fclose(file);
  if (config->server_count == 0)
    ask_network(config);
}
