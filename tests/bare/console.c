/* Reads the console: lines, single keys, or nothing, while a key sends a signal; or writes much.
 * Argument: which. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define LETTER_LINES 500

static volatile sig_atomic_t interrupts;

static void count(int signal)
{
  (void) signal;
  interrupts++;
}

/* The number of lines is the status. */
static int read_lines(void)
{
  char line[256];
  int lines = 0;
  puts("ready");
  while (fgets(line, sizeof(line), stdin) != NULL)
  {
    line[strcspn(line, "\n")] = '\0';
    printf("line %d: [%s]\n", ++lines, line);
  }
  puts("end of input");
  return lines;
}

static int read_keys(void)
{
  struct termios settings;
  struct sigaction action = {.sa_handler = count};
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  char key;
  int waiting;
  if (tcgetattr(STDIN_FILENO, &settings) != 0)
    return 2;
  settings.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
  if (tcsetattr(STDIN_FILENO, TCSANOW, &settings) != 0 || sigaction(SIGINT, &action, NULL) != 0)
    return 3;
  if (poll(&input, 1, 100) != 0)
    return 4;
  puts("ready");
  if (poll(&input, 1, -1) != 1 || (input.revents & POLLIN) == 0)
    return 5;
  if (ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting != 1)
    return 6;
  if (read(STDIN_FILENO, &key, 1) != 1)
    return 7;
  printf("key %c\n", key);
  if (read(STDIN_FILENO, &key, 1) != -1 || errno != EINTR || interrupts == 0)
    return 8;
  puts("interrupted");
  signal(SIGINT, SIG_DFL);
  puts("once more");
  read(STDIN_FILENO, &key, 1);
  return 9;
}

/* Neither writes nor reads. */
static _Noreturn void compute(void)
{
  volatile unsigned long steps = 0;
  for (;;)
    steps++;
}

static _Noreturn void *chatter(void *argument)
{
  for (;;)
    write(STDOUT_FILENO, argument, strlen(argument));
}

/* Ends while others write what has few newlines. */
static _Noreturn void end_amid_words(void)
{
  static char words[2][32] = {"abcdefghijklmnopqrstuvwxyz", "no end\nof words"};
  for (int i = 0; i < 2; i++)
  {
    pthread_t thread;
    if (pthread_create(&thread, NULL, chatter, words[i]) != 0)
      _exit(1);
  }
  usleep(20000);
  _exit(3);
}

static int print_random(void)
{
  unsigned char bytes[16];
  if (getentropy(bytes, sizeof(bytes)) != 0)
    return 1;
  for (size_t i = 0; i < sizeof(bytes); i++)
    printf("%02x", bytes[i]);
  puts("");
  return 0;
}

/* A megabyte of numbered lines. */
static int write_much(void)
{
  struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
  setvbuf(stdout, NULL, _IOFBF, 5000);
  for (int i = 0; i < 1 << 16; i++)
  {
    if (printf("%08d seven.\n", i) != 16)
      return 10;
    if (i % 1000 == 0 && (poll(&output, 1, -1) != 1 || output.revents != POLLOUT))
      return 11;
  }
  return fflush(stdout) != 0 || tcdrain(STDOUT_FILENO) != 0 ? 12 : 0;
}

static void *write_letters(void *letter)
{
  char line[1000];
  memset(line, *(char *) letter, sizeof(line) - 1);
  line[sizeof(line) - 1] = '\n';
  for (int i = 0; i < LETTER_LINES; i++)
    if (write(STDOUT_FILENO, line, sizeof(line)) != (ssize_t) sizeof(line))
      return letter;
  return NULL;
}

/* Several wait for room at a time, one of them by poll(). */
static int write_together(void)
{
  static char letters[] = "abc";
  struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
  pthread_t threads[3];
  void *failed = NULL;
  for (int i = 0; i < 3; i++)
    if (pthread_create(&threads[i], NULL, write_letters, &letters[i]) != 0)
      return 13;
  for (int i = 0; i < LETTER_LINES; i++)
    if (poll(&output, 1, -1) != 1 || output.revents != POLLOUT)
      return 14;
  for (int i = 0; i < 3; i++)
    if (pthread_join(threads[i], &failed) != 0 || failed != NULL)
      return 15;
  return tcdrain(STDOUT_FILENO) != 0 ? 16 : 0;
}

int main(int argc, char **argv)
{
  const char *way = argc > 1 ? argv[1] : "lines";
  if (strcmp(way, "much") == 0)
    return write_much();
  if (strcmp(way, "together") == 0)
    return write_together();
  if (strcmp(way, "random") == 0)
    return print_random();
  setvbuf(stdout, NULL, _IONBF, 0);
  if (strcmp(way, "amid") == 0)
    end_amid_words();
  if (strcmp(way, "busy") == 0)
    puts("ready");
  if (strcmp(way, "busy") == 0 || strcmp(way, "silent") == 0)
    compute();
  return strcmp(way, "keys") == 0 ? read_keys() : read_lines();
}
