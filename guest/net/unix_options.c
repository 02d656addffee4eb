/* Options of local sockets. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "net/option_values.h"
#include "net/unix.h"

/* Options that mean nothing here, and are remembered: their bits. */
static uint32_t remembered(int option)
{
  switch (option)
  {
  case SO_DEBUG:
  case SO_REUSEADDR:
  case SO_DONTROUTE:
  case SO_BROADCAST:
  case SO_KEEPALIVE:
  case SO_OOBINLINE:
  case SO_REUSEPORT:
    return 1u << option;
  default:
    return 0;
  }
}

static int set_bytes(uint32_t *limit, int wish)
{
  uint32_t bytes =
      wish < 0 || wish > (int) LOCAL_BUFFER_BYTES ? LOCAL_BUFFER_BYTES : (uint32_t) wish;
  bytes *= 2;
  __atomic_store_n(limit, bytes > LOCAL_BUFFER_MIN_BYTES ? bytes : LOCAL_BUFFER_MIN_BYTES,
                   __ATOMIC_RELAXED);
  return 0;
}

static int set_number(struct local_end *end, int option, int number)
{
  uint32_t bit = remembered(option);
  if (bit != 0)
  {
    if (number != 0)
      __atomic_fetch_or(&end->options, bit, __ATOMIC_RELAXED);
    else
      __atomic_fetch_and(&end->options, ~bit, __ATOMIC_RELAXED);
    return 0;
  }
  switch (option)
  {
  case SO_SNDBUF:
  {
    int error = set_bytes(&end->send_limit_bytes, number);
    local_end_changed(end);
    return error;
  }
  case SO_RCVBUF:
    return set_bytes(&end->receive_bytes, number);
  case SO_PASSCRED:
    __atomic_store_n(&end->tells_identity, number != 0, __ATOMIC_RELAXED);
    return 0;
  default:
    return -ENOPROTOOPT;
  }
}

int local_set_option(struct socket *socket, int level, int option, const void *value,
                     uint32_t len_bytes)
{
  struct local_end *end = local_end_of(socket);
  int number;
  if (level != SOL_SOCKET)
    return -EOPNOTSUPP;
  if (len_bytes < sizeof(number))
    return -EINVAL;
  if (option == SO_LINGER)
  {
    if (len_bytes < sizeof(end->linger))
      return -EINVAL;
    mutex_lock(&end->mutex);
    memcpy(&end->linger, value, sizeof(end->linger));
    mutex_unlock(&end->mutex);
    return 0;
  }
  memcpy(&number, value, sizeof(number));
  return set_number(end, option, number);
}

static int get_number(struct local_end *end, int option, int *number)
{
  uint32_t bit = remembered(option);
  if (bit != 0)
  {
    *number = (__atomic_load_n(&end->options, __ATOMIC_RELAXED) & bit) != 0;
    return 0;
  }
  switch (option)
  {
  case SO_ERROR:
    *number = -local_end_error(end);
    return 0;
  case SO_SNDBUF:
    *number = (int) __atomic_load_n(&end->send_limit_bytes, __ATOMIC_RELAXED);
    return 0;
  case SO_RCVBUF:
    *number = (int) __atomic_load_n(&end->receive_bytes, __ATOMIC_RELAXED);
    return 0;
  case SO_PASSCRED:
    *number = __atomic_load_n(&end->tells_identity, __ATOMIC_RELAXED);
    return 0;
  case SO_ACCEPTCONN:
    *number = __atomic_load_n(&end->state, __ATOMIC_RELAXED) == LOCAL_LISTENS;
    return 0;
  case SO_RCVLOWAT:
    *number = 1;
    return 0;
  default:
    return -ENOPROTOOPT;
  }
}

int local_get_option(struct socket *socket, int level, int option, void *value, uint32_t *len_bytes)
{
  struct local_end *end = local_end_of(socket);
  int number = 0;
  if (level != SOL_SOCKET)
    return -EOPNOTSUPP;
  if (option == SO_LINGER || option == SO_PEERCRED)
  {
    mutex_lock(&end->mutex);
    const struct linger linger = end->linger;
    const struct ucred identity = end->peer_identity;
    mutex_unlock(&end->mutex);
    return option == SO_LINGER ? option_put(value, len_bytes, &linger, sizeof(linger))
                               : option_put(value, len_bytes, &identity, sizeof(identity));
  }
  int error = get_number(end, option, &number);
  return error != 0 ? error : option_put(value, len_bytes, &number, sizeof(number));
}
