/* Bytes of TCP connections. What has come is copied to the program without the core lock: who
 * receives has taken it from the queue. */
#include <errno.h>
#include <sys/socket.h>

#include "fs/program_memory.h"
#include "net/internet.h"

#include <lwip/priv/tcp_priv.h>

/* lwIP counts in 16 bits. */
#define PIECE_BYTES 65535ul

/* ---- Sending; with the core lock ---- */

/* What is kept until it has been acknowledged: SO_SNDBUF, and no more than lwIP takes. */
static uint32_t most_kept_bytes(const struct internet_socket *internet)
{
  return LWIP_MIN(internet->options.send_bytes, TCP_SND_BUF);
}

uint32_t tcp_socket_room(const struct internet_socket *internet)
{
  const struct tcp_pcb *pcb = internet->tcp;
  if (pcb == NULL || tcp_sndqueuelen(pcb) >= TCP_SND_QUEUELEN)
    return 0;
  uint32_t used = TCP_SND_BUF - tcp_sndbuf(pcb);
  uint32_t most = most_kept_bytes(internet);
  return most > used ? most - used : 0;
}

/* As on Linux: a third of the room is free. */
bool tcp_socket_is_writable(const struct internet_socket *internet)
{
  const struct tcp_pcb *pcb = internet->tcp;
  return pcb != NULL && tcp_socket_room(internet) >= most_kept_bytes(internet) / 3 &&
         tcp_sndqueuelen(pcb) <= TCP_SNDQUEUELOWAT;
}

/* Whether bytes can be sent, after a wait if need be. An error stays for the next call if some have
 * been sent already. */
static int wait_for_room(struct internet_socket *internet, bool has_sent, bool waits,
                         uint64_t deadline_ns)
{
  for (;;)
  {
    if (internet->error != 0)
      return has_sent ? internet->error : internet_take_error(internet);
    if (internet->is_send_shut || internet->state == INTERNET_CLOSED ||
        internet->state == INTERNET_NEW || internet->state == INTERNET_LISTENING)
      return -EPIPE;
    bool is_open = internet->state == INTERNET_CONNECTED;
    if (is_open && tcp_socket_room(internet) > 0)
      return 0;
    if (!waits)
      return -EAGAIN;
    /* What is written is to go before anybody waits for it to be read. */
    if (is_open)
      tcp_output(internet->tcp);
    int error = internet_sleep(&internet->send_wait, deadline_ns);
    if (error != 0)
      return error;
  }
}

struct sending
{
  struct internet_socket *internet;
  const struct socket_message *message;
  size_t vector, offset; /* what comes next */
  size_t done;
};

/* The next bytes that lie together. */
static size_t next_piece(struct sending *sending, const char **bytes)
{
  const struct socket_message *message = sending->message;
  while (sending->vector < message->count &&
         sending->offset == message->vectors[sending->vector].iov_len)
  {
    sending->vector++;
    sending->offset = 0;
  }
  if (sending->vector == message->count)
    return 0;
  const struct iovec *vector = &message->vectors[sending->vector];
  *bytes = (const char *) vector->iov_base + sending->offset;
  size_t len_bytes = vector->iov_len - sending->offset;
  return len_bytes < PIECE_BYTES ? len_bytes : PIECE_BYTES;
}

/* Memory is let go of when they have been acknowledged. */
static bool keeps_some(const struct tcp_pcb *pcb)
{
  return pcb != NULL && (pcb->unacked != NULL || pcb->unsent != NULL);
}

/* As much as there is room for. -EAGAIN: there is no memory for more now. */
static int write_some(struct sending *sending)
{
  struct internet_socket *internet = sending->internet;
  while (sending->done < sending->message->total_bytes)
  {
    const char *bytes = NULL;
    size_t wish = next_piece(sending, &bytes);
    uint32_t room = tcp_socket_room(internet);
    if (wish == 0 || room == 0)
      return 0;
    size_t len_bytes = program_memory(bytes, wish < room ? wish : room, ADDRESS_READ);
    if (len_bytes == 0)
      return -EFAULT;
    bool is_last = sending->done + len_bytes == sending->message->total_bytes &&
                   (sending->message->flags & MSG_MORE) == 0;
    err_t error = tcp_write(internet->tcp, bytes, (u16_t) len_bytes,
                            TCP_WRITE_FLAG_COPY | (is_last ? 0 : TCP_WRITE_FLAG_MORE));
    if (error == ERR_MEM && keeps_some(internet->tcp))
      return -EAGAIN;
    if (error != ERR_OK)
      return convert_error(error);
    sending->done += len_bytes;
    sending->offset += len_bytes;
  }
  return 0;
}

/* Small pieces wait for more if they are to. */
static void flush(struct internet_socket *internet, int flags)
{
  const struct tcp_pcb *pcb = internet->tcp;
  if (pcb == NULL || internet->state != INTERNET_CONNECTED)
    return;
  bool holds = (flags & MSG_MORE) != 0 || internet->options.is_corked;
  if (!holds || (pcb->unsent != NULL && pcb->unsent->next != NULL))
    tcp_output(internet->tcp);
}

static long send_locked(struct internet_socket *internet, const struct socket_message *message)
{
  struct sending sending = {.internet = internet, .message = message};
  bool waits = socket_waits(&internet->socket, message->flags);
  uint64_t deadline_ns = waits ? socket_deadline(&internet->socket.send_timeout_ns) : 0;
  int error = 0;
  do
  {
    error = wait_for_room(internet, sending.done > 0, waits, deadline_ns);
    if (error == 0)
      error = write_some(&sending);
    if (error == -EAGAIN && waits && keeps_some(internet->tcp) && tcp_socket_room(internet) > 0)
    {
      tcp_output(internet->tcp);
      error = internet_sleep(&internet->send_wait, deadline_ns);
    }
  } while (error == 0 && sending.done < message->total_bytes);
  flush(internet, message->flags);
  internet_changed(internet, 0);
  return sending.done > 0 ? (long) sending.done : error;
}

long tcp_socket_send(struct socket *socket, struct socket_message *message)
{
  if ((message->flags & MSG_OOB) != 0)
    return -EOPNOTSUPP;
  net_lock();
  long result = send_locked(internet_of(socket), message);
  net_unlock();
  return result;
}

/* ---- Receiving; one task at a time ---- */

void tcp_socket_drop_received(struct internet_socket *internet)
{
  struct internet_pieces *lists[] = {&internet->taken, &internet->queue};
  for (int i = 0; i < 2; i++)
  {
    struct pbuf *pbuf = lists[i]->first;
    while (pbuf != NULL)
    {
      struct pbuf *next = pbuf->next;
      pbuf->next = NULL;
      pbuf_free(pbuf);
      pbuf = next;
    }
    *lists[i] = (struct internet_pieces){NULL, NULL};
  }
  internet->queued_bytes = internet->taken_offset = 0;
  internet->gathered = NULL;
}

/* With the core lock: what has come is the task's that receives. */
static void take_queue(struct internet_socket *internet)
{
  if (internet->queue.first == NULL)
    return;
  if (internet->taken.first == NULL)
    internet->taken = internet->queue;
  else
  {
    internet->taken.last->next = internet->queue.first;
    internet->taken.last = internet->queue.last;
  }
  internet->queue = (struct internet_pieces){NULL, NULL};
}

/* What receiving is to do when there are too few bytes; with the core lock: 0: they are all, as an
 * error or the end comes next. */
static int wait_for_bytes(struct internet_socket *internet, bool has_some, bool waits,
                          uint64_t deadline_ns)
{
  if (internet->error != 0)
    return has_some ? internet->error : internet_take_error(internet);
  if (internet->is_ended || internet->is_receive_shut)
    return 0;
  if (internet->state != INTERNET_CONNECTED && internet->state != INTERNET_CONNECTING)
    return -ENOTCONN;
  if (!waits)
    return -EAGAIN;
  mutex_unlock(&internet->receive_mutex);
  int error = internet_sleep(&internet->receive_wait, deadline_ns);
  net_unlock();
  mutex_lock(&internet->receive_mutex);
  net_lock();
  return error != 0 ? error : 1;
}

/* Copies from the pieces taken, which stay. Returns how many, fewer where the program's memory
 * ends. */
static size_t copy_taken(const struct internet_socket *internet,
                         const struct socket_message *message, size_t at, size_t len_bytes)
{
  size_t done = 0;
  size_t offset = internet->taken_offset;
  for (const struct pbuf *pbuf = internet->taken.first; pbuf != NULL && done < len_bytes;
       pbuf = pbuf->next)
  {
    /* The last one may grow meanwhile. */
    size_t piece = __atomic_load_n(&pbuf->len, __ATOMIC_ACQUIRE) - offset;
    if (piece > len_bytes - done)
      piece = len_bytes - done;
    size_t copied =
        (message->flags & MSG_TRUNC) != 0
            ? piece
            : socket_copy_to(message, at + done, (const char *) pbuf->payload + offset, piece);
    done += copied;
    offset = 0;
    if (copied < piece)
      break;
  }
  return done;
}

/* With the core lock: what was left to who reads. The timer may have been first. */
static void acknowledge(struct internet_socket *internet)
{
  struct tcp_pcb *pcb = internet->tcp;
  if (internet->owed_bytes == 0)
    return;
  internet->owed_bytes = 0;
  if (pcb == NULL || (pcb->flags & TF_ACK_DELAY) == 0)
    return;
  tcp_ack_now(pcb);
  tcp_output(pcb);
}

/* With the core lock: bytes of the pieces taken have been read. */
static void consume(struct internet_socket *internet, size_t len_bytes)
{
  size_t left = len_bytes;
  while (left > 0)
  {
    struct pbuf *pbuf = internet->taken.first;
    size_t piece = pbuf->len - internet->taken_offset;
    if (piece > left)
    {
      internet->taken_offset += (uint32_t) left;
      break;
    }
    left -= piece;
    internet->taken_offset = 0;
    if (pbuf == internet->gathered)
      internet->gathered = NULL;
    internet->taken.first = pbuf->next;
    pbuf->next = NULL;
    pbuf_free(pbuf);
  }
  internet->queued_bytes -= (uint32_t) len_bytes;
  for (left = len_bytes; left > 0 && internet->tcp != NULL;)
  {
    size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    tcp_recved(internet->tcp, (u16_t) piece);
    left -= piece;
  }
  acknowledge(internet);
  internet_changed(internet, 0);
}

/* How many bytes are waited for. Those that are only looked at stay, and so do those that nobody
 * reads yet: not more than come before the window is small. */
static size_t least_bytes(const struct internet_socket *internet,
                          const struct socket_message *message)
{
  size_t least = internet->options.receive_least_bytes;
  if ((message->flags & MSG_WAITALL) != 0 || least > message->total_bytes)
    least = message->total_bytes;
  if ((message->flags & MSG_PEEK) != 0 && least > INTERNET_MOST_LEAST_BYTES)
    least = INTERNET_MOST_LEAST_BYTES;
  return least;
}

/* With both locks, the core's on and off. */
static long receive_locked(struct internet_socket *internet, const struct socket_message *message)
{
  bool waits = socket_waits(&internet->socket, message->flags);
  uint64_t deadline_ns = waits ? socket_deadline(&internet->socket.receive_timeout_ns) : 0;
  size_t done = 0;
  size_t least = least_bytes(internet, message);
  bool is_peek = (message->flags & MSG_PEEK) != 0;
  if (internet->is_undone)
    return -ENOTCONN;
  for (;;)
  {
    size_t there = internet->queued_bytes;
    if (there > 0 &&
        (done + there >= least || !is_peek || !waits || internet->is_ended || internet->error != 0))
    {
      take_queue(internet);
      size_t wish = message->total_bytes - done < there ? message->total_bytes - done : there;
      net_unlock();
      size_t copied = copy_taken(internet, message, done, wish);
      net_lock();
      if (!is_peek)
        consume(internet, copied);
      done += copied;
      if (copied < wish)
        return done > 0 ? (long) done : -EFAULT;
      if (done >= least || is_peek)
        return (long) done;
    }
    acknowledge(internet);
    int error = wait_for_bytes(internet, done > 0, waits, deadline_ns);
    if (error < 0 && is_peek && internet->queued_bytes > 0)
      waits = false; /* what is there is the result */
    else if (error <= 0)
      return done > 0 ? (long) done : error;
  }
}

long tcp_socket_receive(struct socket *socket, struct socket_message *message)
{
  struct internet_socket *internet = internet_of(socket);
  if ((message->flags & MSG_OOB) != 0)
    return -EINVAL;
  if ((message->flags & MSG_ERRQUEUE) != 0)
    return -EAGAIN;
  if (message->total_bytes == 0)
    return 0;
  mutex_lock(&internet->receive_mutex);
  net_lock();
  internet->readers++;
  long result = receive_locked(internet, message);
  internet->readers--;
  acknowledge(internet);
  net_unlock();
  mutex_unlock(&internet->receive_mutex);
  if (result >= 0)
  {
    message->flags = 0;
    message->control_bytes = 0;
  }
  return result;
}
