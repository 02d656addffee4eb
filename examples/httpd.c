/* An HTTP/1.1 server for the files of a folder: GET and HEAD, connections that stay open, a thread
 * for each of them. IPv6 and IPv4.
 *
 * uhyve-cc -O2 httpd.c -o httpd && uhyve --net user -p 8080:8080 --volume .:.:ro httpd
 * [PORT [FOLDER]]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES 8192 /* the longest head of a request */
#define ANSWER_BYTES  65536
#define PATH_BYTES    1024
#define IDLE_S        60 /* a connection on which nothing comes is closed */
#define STACK_BYTES   ((size_t) 64 << 10)

struct connection
{
  int fd;
  bool keeps_open;                 /* for another request */
  bool is_head;                    /* answers go without their bodies */
  size_t head_bytes;               /* of the request that is answered */
  size_t request_bytes;            /* and what has come behind it */
  char request[REQUEST_BYTES + 1]; /* with a NUL behind it */
  char answer[ANSWER_BYTES];
};

static int root_fd;

static bool send_all(int fd, const char *data, size_t len_bytes)
{
  while (len_bytes > 0)
  {
    ssize_t sent = send(fd, data, len_bytes, 0);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return false;
    data += sent;
    len_bytes -= (size_t) sent;
  }
  return true;
}

/* Writes the head of an answer into its buffer and returns its length. */
static size_t write_head(struct connection *connection, const char *status, const char *type,
                         long long body_bytes)
{
  char date[40];
  struct tm now;
  time_t seconds = time(NULL);
  gmtime_r(&seconds, &now);
  strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &now);
  return (size_t) snprintf(connection->answer, ANSWER_BYTES,
                           "HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %lld\r\n"
                           "Connection: %s\r\n\r\n",
                           status, date, type, body_bytes,
                           connection->keeps_open ? "keep-alive" : "close");
}

/* Returns whether the connection still works. */
static bool answer_error(struct connection *connection, const char *status)
{
  size_t body_bytes = strlen(status) + 1;
  size_t bytes = write_head(connection, status, "text/plain", (long long) body_bytes);
  if (!connection->is_head)
    bytes += (size_t) snprintf(connection->answer + bytes, ANSWER_BYTES - bytes, "%s\n", status);
  return send_all(connection->fd, connection->answer, bytes);
}

static const char *type_of(const char *path)
{
  static const char *const types[][2] = {
      {".html", "text/html; charset=utf-8"}, {".css", "text/css"},   {".js", "text/javascript"},
      {".txt", "text/plain; charset=utf-8"}, {".png", "image/png"},  {".svg", "image/svg+xml"},
      {".json", "application/json"},         {".jpg", "image/jpeg"},
  };
  const char *end = strrchr(path, '.');
  for (size_t i = 0; end != NULL && i < sizeof(types) / sizeof(types[0]); i++)
  {
    if (strcmp(end, types[i][0]) == 0)
      return types[i][1];
  }
  return "application/octet-stream";
}

/* The head and the begin of the file go in one piece. */
static bool answer_file(struct connection *connection, int file, const char *type, off_t size)
{
  size_t used = write_head(connection, "200 OK", type, (long long) size);
  off_t left = connection->is_head ? 0 : size;
  do
  {
    size_t room = ANSWER_BYTES - used;
    if (left > 0)
    {
      ssize_t got =
          read(file, connection->answer + used, (off_t) room < left ? room : (size_t) left);
      if (got <= 0)
        return false; /* it has shrunk: the length that was told cannot be kept */
      used += (size_t) got;
      left -= got;
    }
    if (!send_all(connection->fd, connection->answer, used))
      return false;
    used = 0;
  } while (left > 0);
  return true;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20; /* small letters */
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Makes a path below the folder out of what stands in the request: without its query, with %41 as
 * A. Returns false if it is none. */
static bool decode_path(const char *target, char path[static PATH_BYTES])
{
  size_t used = 0;
  for (; *target != '\0' && *target != '?' && *target != '#'; target++)
  {
    int c = (unsigned char) *target;
    if (c == '%')
    {
      int high = hex_digit(target[1]);
      int low = high < 0 ? -1 : hex_digit(target[2]);
      c = low < 0 ? 0 : high << 4 | low;
      target += 2;
    }
    if (c == '\0' || used == PATH_BYTES - 1)
      return false;
    path[used++] = (char) c;
  }
  path[used] = '\0';
  return path[0] == '/';
}

/* Whether a part of the path is "..", which would lead out of the folder. */
static bool leads_out(const char *path)
{
  for (const char *part = path; part != NULL; part = strchr(part, '/'))
  {
    part += strspn(part, "/");
    size_t len_bytes = strcspn(part, "/");
    if (len_bytes == 2 && part[0] == '.' && part[1] == '.')
      return true;
  }
  return false;
}

static bool answer_path(struct connection *connection, char path[static PATH_BYTES])
{
  struct stat about;
  const char *name = path + strspn(path, "/");
  int file = openat(root_fd, *name == '\0' ? "." : name, O_RDONLY | O_CLOEXEC);
  if (file >= 0 && fstat(file, &about) == 0 && S_ISDIR(about.st_mode))
  {
    close(file);
    file = -1;
    if (strlen(path) + sizeof("/index.html") <= PATH_BYTES)
    {
      strcat(path, "/index.html");
      name = path + strspn(path, "/");
      file = openat(root_fd, name, O_RDONLY | O_CLOEXEC);
    }
  }
  if (file < 0)
    return answer_error(connection, errno == EACCES ? "403 Forbidden" : "404 Not Found");
  bool works = fstat(file, &about) == 0 && S_ISREG(about.st_mode)
                   ? answer_file(connection, file, type_of(name), about.st_size)
                   : answer_error(connection, "403 Forbidden");
  close(file);
  return works;
}

/* The value of a header of the request, or NULL; it ends at its line's end. */
static const char *header(const struct connection *connection, const char *name)
{
  size_t len_bytes = strlen(name);
  const char *line = connection->request;
  while ((line = strstr(line, "\r\n")) != NULL &&
         line < connection->request + connection->head_bytes)
  {
    line += 2;
    if (strncasecmp(line, name, len_bytes) == 0 && line[len_bytes] == ':')
      return line + len_bytes + 1 + strspn(line + len_bytes + 1, " \t");
  }
  return NULL;
}

/* Answers the request at the begin of the buffer. Returns whether the connection still works. */
static bool answer(struct connection *connection)
{
  char method[8];
  char target[PATH_BYTES];
  char path[PATH_BYTES];
  char minor[2];
  connection->is_head = false;
  connection->keeps_open = false;
  if (memchr(connection->request, '\0', connection->head_bytes) != NULL ||
      sscanf(connection->request, "%7[A-Z] %1023[^ \r\n] HTTP/1.%1[0-9]", method, target, minor) !=
          3)
    return answer_error(connection, "400 Bad Request");
  connection->is_head = strcmp(method, "HEAD") == 0;
  if (!connection->is_head && strcmp(method, "GET") != 0)
    return answer_error(connection, "405 Method Not Allowed");
  /* A body would be taken for the next request. */
  if (header(connection, "Content-Length") != NULL ||
      header(connection, "Transfer-Encoding") != NULL)
    return answer_error(connection, "400 Bad Request");
  const char *wish = header(connection, "Connection");
  connection->keeps_open = minor[0] != '0'
                               ? wish == NULL || strncasecmp(wish, "close", 5) != 0
                               : wish != NULL && strncasecmp(wish, "keep-alive", 10) == 0;
  if (!decode_path(target, path))
    return answer_error(connection, "400 Bad Request");
  if (leads_out(path))
    return answer_error(connection, "403 Forbidden");
  return answer_path(connection, path);
}

/* Waits for the whole head of a request. Returns false at the connection's end. */
static bool receive_request(struct connection *connection)
{
  for (;;)
  {
    connection->request[connection->request_bytes] = '\0';
    char *end = strstr(connection->request, "\r\n\r\n");
    if (end != NULL)
    {
      connection->head_bytes = (size_t) (end + 4 - connection->request);
      return true;
    }
    if (connection->request_bytes == REQUEST_BYTES)
    {
      connection->keeps_open = false;
      answer_error(connection, "431 Request Header Fields Too Large");
      return false;
    }
    ssize_t got = recv(connection->fd, connection->request + connection->request_bytes,
                       REQUEST_BYTES - connection->request_bytes, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    connection->request_bytes += (size_t) got;
  }
}

static void *serve(void *argument)
{
  struct connection *connection = argument;
  while (receive_request(connection) && answer(connection) && connection->keeps_open)
  {
    /* What came behind the request is the begin of the next. */
    connection->request_bytes -= connection->head_bytes;
    memmove(connection->request, connection->request + connection->head_bytes,
            connection->request_bytes);
  }
  close(connection->fd);
  free(connection);
  return NULL;
}

static void start_thread(int fd, const pthread_attr_t *attributes)
{
  static const struct timeval idle = {.tv_sec = IDLE_S};
  static const int on = 1;
  pthread_t thread;
  struct connection *connection = malloc(sizeof(*connection));
  if (connection != NULL)
  {
    connection->fd = fd;
    connection->is_head = false;
    connection->request_bytes = 0;
    /* What is sent is complete: nothing is gained by waiting for more. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof(idle));
    if (pthread_create(&thread, attributes, serve, connection) == 0)
      return;
  }
  free(connection);
  close(fd);
}

/* A socket for IPv6 that takes IPv4 too, whose addresses then look like ::ffff:10.0.2.2. */
static int listen_at(in_port_t port)
{
  static const int on = 1;
  static const int off = 0;
  struct sockaddr_in6 address = {
      .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
      bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 || listen(fd, SOMAXCONN) != 0)
  {
    perror("httpd: port");
    exit(EXIT_FAILURE);
  }
  return fd;
}

int main(int argc, char **argv)
{
  pthread_attr_t attributes;
  long port = argc > 1 ? strtol(argv[1], NULL, 10) : 8080;
  const char *folder = argc > 2 ? argv[2] : ".";
  if (argc > 3 || port <= 0 || port > UINT16_MAX)
  {
    fputs("usage: httpd [PORT [FOLDER]]\n", stderr);
    return 2;
  }
  root_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root_fd < 0)
  {
    perror(folder);
    return EXIT_FAILURE;
  }
  signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of send() */
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  int listener = listen_at((in_port_t) port);
  printf("httpd: %s at port %ld\n", folder, port);
  fflush(stdout);
  for (;;)
  {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
      start_thread(fd, &attributes);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
      usleep(10000); /* until a connection has gone */
  }
}
