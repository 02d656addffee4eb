/* Options of sockets; those that all families have alike are here. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "fs/program_memory.h"
#include "posix/held_socket.h"
#include "posix/socket.h"

#define NS_PER_S     1000000000ull
#define NS_PER_US    1000ull
#define MOST_S       (INT64_MAX / 2 / (int64_t) NS_PER_S)
#define US_PER_S     1000000
#define OPTION_BYTES 1024 /* of the largest value */

static int set_timeout(uint64_t *timeout_ns, const void *value, uint32_t len_bytes)
{
  struct timeval time;
  if (len_bytes < sizeof(time))
    return -EINVAL;
  memcpy(&time, value, sizeof(time));
  if (time.tv_usec < 0 || time.tv_usec >= US_PER_S)
    return -EDOM;
  uint64_t wait_ns = 0;
  if (time.tv_sec < 0)
    wait_ns = 1; /* Linux: does not wait at all */
  else if (time.tv_sec < MOST_S)
    wait_ns = (uint64_t) time.tv_sec * NS_PER_S + (uint64_t) time.tv_usec * NS_PER_US;
  __atomic_store_n(timeout_ns, wait_ns, __ATOMIC_RELAXED);
  return 0;
}

static uint32_t get_timeout(const uint64_t *timeout_ns, void *value)
{
  uint64_t wait_ns = __atomic_load_n(timeout_ns, __ATOMIC_RELAXED);
  struct timeval time = {.tv_sec = (time_t) (wait_ns / NS_PER_S),
                         .tv_usec = (suseconds_t) (wait_ns % NS_PER_S / NS_PER_US)};
  memcpy(value, &time, sizeof(time));
  return sizeof(time);
}

static int set_option(struct socket *socket, int level, int option, const void *value,
                      uint32_t len_bytes)
{
  if (level == SOL_SOCKET)
  {
    switch (option)
    {
    case SO_RCVTIMEO:
      return set_timeout(&socket->receive_timeout_ns, value, len_bytes);
    case SO_SNDTIMEO:
      return set_timeout(&socket->send_timeout_ns, value, len_bytes);
    case SO_TYPE:
    case SO_DOMAIN:
    case SO_PROTOCOL:
    case SO_ERROR:
    case SO_ACCEPTCONN:
      return -ENOPROTOOPT;
    default:
      break;
    }
  }
  if (socket->operations->set_option == NULL)
    return -EOPNOTSUPP;
  return socket->operations->set_option(socket, level, option, value, len_bytes);
}

int sys_setsockopt(int fd, int level, int option, const void *value, uint32_t len_bytes)
{
  char copy[OPTION_BYTES] __attribute__((aligned(8)));
  int result = 0;
  int error = 0;
  if (len_bytes > INT32_MAX)
    error = -EINVAL;
  else if (len_bytes > OPTION_BYTES)
    len_bytes = OPTION_BYTES; /* what follows is no option's */
  if (error == 0 && !program_may(value, len_bytes, ADDRESS_READ))
    error = -EFAULT;
  if (error == 0)
    memcpy(copy, value, len_bytes);
  HELD_SOCKET(result, fd, send_timeout_ns,
              error != 0 ? error : set_option(socket, level, option, copy, len_bytes));
  return result;
}

static uint32_t put_int(void *value, int number)
{
  memcpy(value, &number, sizeof(number));
  return sizeof(number);
}

static int get_option(struct socket *socket, int level, int option, void *value,
                      uint32_t *len_bytes)
{
  if (level == SOL_SOCKET)
  {
    switch (option)
    {
    case SO_RCVTIMEO:
      *len_bytes = get_timeout(&socket->receive_timeout_ns, value);
      return 0;
    case SO_SNDTIMEO:
      *len_bytes = get_timeout(&socket->send_timeout_ns, value);
      return 0;
    case SO_TYPE:
      *len_bytes = put_int(value, socket->type);
      return 0;
    case SO_DOMAIN:
      *len_bytes = put_int(value, socket->family);
      return 0;
    case SO_PROTOCOL:
      *len_bytes = put_int(value, socket->protocol);
      return 0;
    default:
      break;
    }
  }
  if (socket->operations->get_option == NULL)
    return -EOPNOTSUPP;
  return socket->operations->get_option(socket, level, option, value, len_bytes);
}

/* What does not fit is cut off, as on Linux. */
int sys_getsockopt(int fd, int level, int option, void *value, uint32_t *len_bytes)
{
  char found[OPTION_BYTES] __attribute__((aligned(8)));
  int result = 0;
  int error = 0;
  uint32_t room = 0;
  uint32_t found_bytes = sizeof(found);
  if (!program_may(len_bytes, sizeof(*len_bytes), ADDRESS_WRITE))
    error = -EFAULT;
  else
    room = *len_bytes;
  if (room > INT32_MAX)
    error = -EINVAL;
  if (room < sizeof(found))
    found_bytes = room;
  memset(found, 0, sizeof(found));
  HELD_SOCKET(result, fd, receive_timeout_ns,
              error != 0 ? error : get_option(socket, level, option, found, &found_bytes));
  if (result != 0)
    return result;
  if (room > found_bytes)
    room = found_bytes;
  *len_bytes = room;
  return program_put(value, found, room);
}
