/* What Linux's terminals do with bytes on their way (termios(3)), the part of it that a serial
 * console needs: lines, erase and kill, end of input, echo, signals by key. Without lines, VTIME
 * counts as 0. */
#include "bare/serial_terminal.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>

#include "arch/x86_64/cpu.h"
#include "bare/console.h"
#include "bare/machine_end.h"
#include "sched/spinlock.h"
#include "time/clock.h"

#define CHARACTERS      19
#define DELETE          127
#define CONTROL         64 /* what ^X differs from X in */

#define END_PATIENCE_NS 1000000000ull /* a kilobyte that is being written takes a tenth of it */

static struct
{
  uint32_t input, output, control, local;
  uint8_t characters[CHARACTERS];
  uint16_t rows, columns, x_pixels, y_pixels;
} settings = {
    .input = ICRNL,
    .output = OPOST | ONLCR,
    .control = B115200 | CS8 | CREAD | CLOCAL,
    .local = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL,
    .characters =
        {
            [VINTR] = 3,
            [VQUIT] = 28,
            [VERASE] = DELETE,
            [VKILL] = 21,
            [VEOF] = 4,
            [VMIN] = 1,
        },
};

/* Bytes for the program, a ring; those from `line` on belong to a line that is still being edited.
 */
#define QUEUE     4096u
#define ENDS_LINE 0x100u /* the last of a line */
#define NO_BYTE   0x200u /* and that only: the end of input */

static uint16_t queue[QUEUE];
static uint32_t head, line, tail;

static struct spinlock lock;
static uint32_t holder; /* the CPU that has the lock, and 1 */
static bool is_in_line; /* the last character was no newline */

static void take_lock(void)
{
  spinlock_lock(&lock);
  __atomic_store_n(&holder, cpu_this()->area.cpu + 1, __ATOMIC_RELAXED);
}

static void give_lock(void)
{
  __atomic_store_n(&holder, 0, __ATOMIC_RELAXED);
  spinlock_unlock(&lock);
}

/* ---- Output ---- */

static void put(char character)
{
  is_in_line = character != '\n';
  if (character == '\n' && (settings.output & (OPOST | ONLCR)) == (OPOST | ONLCR))
    console_put('\r');
  console_put(character);
}

bool terminal_write(const char *text, size_t len_bytes)
{
  take_lock();
  bool has_room = console_has_room();
  for (size_t i = 0; i < len_bytes && has_room; i++)
    put(text[i]);
  console_flush();
  give_lock();
  return has_room;
}

bool terminal_has_room(void)
{
  take_lock();
  bool has_room = console_has_room();
  give_lock();
  return has_room;
}

void terminal_take_over(void)
{
  uint32_t me = cpu_this()->area.cpu + 1;
  uint64_t deadline_tsc = cpu_tsc() + clock_cycles_of_ns(END_PATIENCE_NS);
  if (__atomic_load_n(&holder, __ATOMIC_RELAXED) != me)
    while (!spinlock_try(&lock) && cpu_tsc() < deadline_tsc)
      cpu_relax();
  __atomic_store_n(&holder, me, __ATOMIC_RELAXED);
  if (is_in_line)
    console_print("\n");
  is_in_line = false;
}

static bool has_local(uint32_t flag)
{
  return (settings.local & flag) != 0;
}

static bool is_control(uint8_t byte)
{
  return (byte < ' ' && byte != '\t' && byte != '\n') || byte == DELETE;
}

static void echo(uint8_t byte)
{
  if (!has_local(ECHO) && !(byte == '\n' && has_local(ECHONL) && has_local(ICANON)))
    return;
  if (has_local(ECHOCTL) && is_control(byte))
  {
    put('^');
    put((char) (byte ^ CONTROL));
  }
  else
    put((char) byte);
}

/* ---- Signals ---- */

static uint64_t signals_caught, signals_ignored, signals_come;

static bool send_signal(int signal)
{
  uint64_t bit = 1ull << (signal - 1);
  if ((signals_caught & bit) != 0)
  {
    signals_come |= bit;
    nucleus_call(NUCLEUS_IPI, cpu_apic_id(0), UHYVE_VECTOR_SIGNAL);
  }
  else if ((signals_ignored & bit) == 0)
    machine_end(128 + signal);
  return true;
}

void terminal_signals(struct hc_signals *call)
{
  take_lock();
  uint64_t mask = call->mask;
  call->result = 0;
  switch (call->operation)
  {
  case HC_SIGNALS_TAKE:
    call->mask = signals_come;
    call->sender = 0;
    signals_come = 0;
    break;
  case HC_SIGNALS_CATCH:
  case HC_SIGNALS_IGNORE:
  case HC_SIGNALS_DEFAULT:
    signals_caught &= ~mask;
    signals_ignored &= ~mask;
    if (call->operation == HC_SIGNALS_CATCH)
      signals_caught |= mask;
    else if (call->operation == HC_SIGNALS_IGNORE)
      signals_ignored |= mask;
    break;
  default:
    call->result = -ENOSYS; /* nobody could have it go on */
  }
  give_lock();
}

/* ---- Input ---- */

static bool is_key(uint8_t byte, unsigned int index)
{
  return byte != 0 && byte == settings.characters[index];
}

static bool take_signal(uint8_t byte)
{
  if (!has_local(ISIG) || !(is_key(byte, VINTR) || is_key(byte, VQUIT)))
    return false;
  echo(byte);
  head = line = tail = 0;
  return send_signal(is_key(byte, VINTR) ? SIGINT : SIGQUIT);
}

/* One entry is left for what ends a line. */
static void add(uint16_t entry)
{
  uint32_t most = entry > 0xff ? QUEUE : QUEUE - 1;
  if (tail - head < most)
    queue[tail++ % QUEUE] = entry;
}

static void end_line(uint16_t entry)
{
  add(entry);
  line = tail;
}

static void rub_out(void)
{
  uint8_t byte = (uint8_t) queue[--tail % QUEUE];
  if (!has_local(ECHO) || !has_local(ECHOE) || (byte & 0xc0) == 0x80)
    return;
  for (int i = 0; i < (has_local(ECHOCTL) && is_control(byte) ? 2 : 1); i++)
  {
    put('\b');
    put(' ');
    put('\b');
  }
}

/* Returns whether the byte was for the editor. */
static bool edit(uint8_t byte)
{
  bool is_erase = is_key(byte, VERASE) || byte == '\b';
  if (is_erase || is_key(byte, VKILL))
  {
    while (tail != line)
    {
      bool is_rest = ((uint8_t) queue[(tail - 1) % QUEUE] & 0xc0) == 0x80; /* of UTF-8 */
      rub_out();
      if (is_erase && !is_rest)
        break;
    }
    return true;
  }
  if (is_key(byte, VEOF))
  {
    end_line(NO_BYTE);
    return true;
  }
  return false;
}

static void take(uint8_t byte)
{
  if ((settings.input & ISTRIP) != 0)
    byte &= 0x7f;
  if (byte == '\r' && (settings.input & IGNCR) != 0)
    return;
  if (byte == '\r' && (settings.input & ICRNL) != 0)
    byte = '\n';
  else if (byte == '\n' && (settings.input & INLCR) != 0)
    byte = '\r';
  if (take_signal(byte) || (has_local(ICANON) && edit(byte)))
    return;
  echo(byte);
  if (has_local(ICANON) && (byte == '\n' || is_key(byte, VEOL)))
    end_line(byte | ENDS_LINE);
  else
    add(byte);
}

static bool look(void)
{
  uint8_t byte;
  /* A line that is longer than the queue loses what does not fit, as Linux has it; its end and keys
   * are heard. */
  while ((tail - head < QUEUE - 1 || (has_local(ICANON) && head == line)) && console_take(&byte))
    take(byte);
  console_flush();
  if (!has_local(ICANON))
    line = tail;
  return head != line;
}

void terminal_interrupt(void)
{
  take_lock();
  while (console_take_cause())
  {
  }
  look();
  give_lock();
}

bool terminal_look(void)
{
  take_lock();
  bool is_there = look();
  give_lock();
  return is_there;
}

static int64_t read_queue(uint8_t *buffer, size_t len_bytes, bool *is_over)
{
  size_t done = 0;
  while (done < len_bytes && head != line && !*is_over)
  {
    uint16_t entry = queue[head++ % QUEUE];
    if (entry != NO_BYTE)
      buffer[done++] = (uint8_t) entry;
    *is_over = entry > 0xff;
  }
  /* An end of input behind bytes has only handed them over. */
  if (done > 0 && !*is_over && head != line && queue[head % QUEUE] == NO_BYTE)
  {
    head++;
    *is_over = true;
  }
  return (int64_t) done;
}

int64_t terminal_read(uint8_t *buffer, size_t len_bytes, bool *is_over)
{
  int64_t result = -EAGAIN;
  take_lock();
  if (look())
    result = read_queue(buffer, len_bytes, is_over);
  else
  {
    *is_over = true;
    if (!has_local(ICANON) && settings.characters[VMIN] == 0)
      result = 0;
  }
  give_lock();
  return result;
}

static int64_t count_bytes(void)
{
  int64_t count = 0;
  for (uint32_t at = head; at != line; at++)
    count += queue[at % QUEUE] != NO_BYTE;
  return count;
}

/* ---- Settings ---- */

static void get(struct hc_terminal *call)
{
  call->input_flags = settings.input;
  call->output_flags = settings.output;
  call->control_flags = settings.control;
  call->local_flags = settings.local;
  call->line = 0;
  for (unsigned int i = 0; i < CHARACTERS; i++)
    call->characters[i] = settings.characters[i];
  call->input_speed = call->output_speed = settings.control & CBAUD;
}

/* The line itself stays as it is: its speed and form are not changed. */
static void set(const struct hc_terminal *call)
{
  settings.input = call->input_flags;
  settings.output = call->output_flags;
  settings.local = call->local_flags;
  for (unsigned int i = 0; i < CHARACTERS; i++)
    settings.characters[i] = call->characters[i];
  if (call->argument == TCSAFLUSH)
    head = line = tail;
  if (!has_local(ICANON))
    line = tail;
}

static int64_t control(struct hc_terminal *call)
{
  switch (call->operation)
  {
  case HC_TERMINAL_GET:
    get(call);
    return 0;
  case HC_TERMINAL_SET:
    set(call);
    return 0;
  case HC_TERMINAL_SIZE:
    call->rows = settings.rows;
    call->columns = settings.columns;
    call->x_pixels = settings.x_pixels;
    call->y_pixels = settings.y_pixels;
    return 0;
  case HC_TERMINAL_SET_SIZE:
    settings.rows = call->rows;
    settings.columns = call->columns;
    settings.x_pixels = call->x_pixels;
    settings.y_pixels = call->y_pixels;
    return 0;
  case HC_TERMINAL_FLUSH:
    if (call->argument != TCOFLUSH)
      head = line = tail;
    return 0;
  case HC_TERMINAL_DRAIN:
    console_drain();
    return 0;
  case HC_TERMINAL_WAITING:
    return look() ? count_bytes() : 0;
  case HC_TERMINAL_FOREGROUND:
    return 1;
  default:
    return -ENOSYS;
  }
}

void terminal_control(struct hc_terminal *call)
{
  take_lock();
  call->result = control(call);
  give_lock();
}
