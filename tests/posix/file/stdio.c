/* stdio on files: modes, positions, buffers, and streams that change their file. */
#include "file_check.h"

static void test_modes(void)
{
  FILE *stream = fopen("file", "w");
  CHECK(stream != NULL && fputs("first\nsecond\n", stream) >= 0);
  CHECK(fgetc(stream) == EOF && ferror(stream) != 0 && errno == EBADF);
  GIVES(fclose(stream), 0);
  CHECK(file_is("file", "first\nsecond\n"));
  stream = fopen("file", "r");
  char line[100];
  CHECK(fgets(line, sizeof(line), stream) == line && strcmp(line, "first\n") == 0);
  CHECK(fputc('x', stream) == EOF && ferror(stream) != 0);
  clearerr(stream);
  CHECK(fgets(line, sizeof(line), stream) == line && strcmp(line, "second\n") == 0);
  CHECK(feof(stream) == 0 && fgetc(stream) == EOF && feof(stream) != 0 && ferror(stream) == 0);
  GIVES(fclose(stream), 0);

  stream = fopen("file", "a");
  CHECK(fputs("third\n", stream) >= 0 && fseek(stream, 0, SEEK_SET) == 0);
  CHECK(fputs("fourth\n", stream) >= 0);
  GIVES(fclose(stream), 0);
  CHECK(file_is("file", "first\nsecond\nthird\nfourth\n"));

  stream = fopen("file", "r+");
  CHECK(fputs("FIRST", stream) >= 0);
  GIVES(fseek(stream, 0, SEEK_CUR), 0);
  CHECK(fgets(line, sizeof(line), stream) == line && strcmp(line, "\n") == 0);
  CHECK(fgets(line, sizeof(line), stream) == line && strcmp(line, "second\n") == 0);
  GIVES(fseek(stream, -7, SEEK_CUR), 0);
  CHECK(fputs("SECOND", stream) >= 0);
  GIVES(fclose(stream), 0);
  CHECK(file_is("file", "FIRST\nSECOND\nthird\nfourth\n"));

  /* Where reading begins is each library's matter. */
  stream = fopen("file", "a+");
  rewind(stream);
  CHECK(fgets(line, sizeof(line), stream) == line && strcmp(line, "FIRST\n") == 0);
  GIVES(fseek(stream, 0, SEEK_CUR), 0);
  CHECK(fputs("last", stream) >= 0);
  rewind(stream);
  CHECK(fgets(line, sizeof(line), stream) == line && strcmp(line, "FIRST\n") == 0);
  GIVES(fclose(stream), 0);
  CHECK(file_is("file", "FIRST\nSECOND\nthird\nfourth\nlast"));

  stream = fopen("file", "w+");
  GIVES(size_of("file"), 0);
  CHECK(fputs("new", stream) >= 0);
  rewind(stream);
  CHECK(fgetc(stream) == 'n');
  GIVES(fclose(stream), 0);

  CHECK(fopen("file", "wx") == NULL && errno == EEXIST);
  stream = fopen("exclusive", "wx");
  CHECK(stream != NULL && fclose(stream) == 0);
  GIVES_NULL(fopen("absent", "r"), ENOENT);
  GIVES_NULL(fopen("absent", "r+"), ENOENT);
  GIVES_NULL(fopen("file", "q"), EINVAL);
  GIVES_NULL(fopen(".", "w"), EISDIR);
  GIVES_NULL(fopen("file/x", "r"), ENOTDIR);
  stream = fopen(".", "r");
  CHECK(stream != NULL && fgetc(stream) == EOF && ferror(stream) != 0 && errno == EISDIR);
  GIVES(fclose(stream), 0);
}

static int byte_at(long at)
{
  return (int) ((at * 7 + at / 1000) & 0xff);
}

static void test_positions(void)
{
  FILE *stream = fopen("bytes", "w+");
  for (long at = 0; at < 100000; at++)
    putc(byte_at(at), stream);
  GIVES(ftell(stream), 100000);
  static const long places[] = {0,    99999, 1023,  1024,  4095,  4096,
                                4097, 8191,  65536, 50000, 50001, 3};
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
  {
    GIVES(fseek(stream, places[i], SEEK_SET), 0);
    GIVES(getc(stream), byte_at(places[i]));
    GIVES(ftell(stream), places[i] + 1);
    /* Back over what the buffer may not have any more. */
    GIVES(ungetc('!', stream), '!');
    GIVES(ftell(stream), places[i]);
    GIVES(getc(stream), '!');
    if (places[i] + 1 < 100000)
      GIVES(getc(stream), byte_at(places[i] + 1));
  }
  GIVES(fseek(stream, -1, SEEK_END), 0);
  GIVES(getc(stream), byte_at(99999));
  GIVES(getc(stream), EOF);
  CHECK(feof(stream) != 0);
  GIVES(ungetc('e', stream), 'e');
  CHECK(feof(stream) == 0);
  GIVES(getc(stream), 'e');
  FAILS(fseek(stream, -1, SEEK_SET), EINVAL);
  FAILS(fseek(stream, 0, 99), EINVAL);

  fpos_t place;
  GIVES(fseek(stream, 12345, SEEK_SET), 0);
  GIVES(fgetpos(stream, &place), 0);
  GIVES(fseeko(stream, 5l << 30, SEEK_SET), 0);
  GIVES(ftello(stream), 5l << 30);
  GIVES(getc(stream), EOF);
  GIVES(fsetpos(stream, &place), 0);
  GIVES(getc(stream), byte_at(12345));

  /* Writes in between, at places all over. */
  for (long at = 99000; at > 0; at -= 777)
  {
    fseek(stream, at, SEEK_SET);
    putc('#', stream);
    fseek(stream, 0, SEEK_CUR);
    if (getc(stream) != byte_at(at + 1))
      CHECK(false);
  }
  GIVES(fclose(stream), 0);
  GIVES(size_of("bytes"), 100000);
  stream = fopen("bytes", "r");
  long wrong = 0;
  for (long at = 0; at < 100000; at++)
    wrong +=
        getc(stream) != ((at > 0 && (99000 - at) % 777 == 0 && at <= 99000) ? '#' : byte_at(at));
  GIVES(wrong, 0);
  GIVES(fclose(stream), 0);
}

static void test_blocks(void)
{
  static int numbers[50000], back[50000];
  for (int i = 0; i < 50000; i++)
    numbers[i] = i * 3;
  FILE *stream = fopen("blocks", "w+b");
  GIVES(fwrite(numbers, sizeof(int), 50000, stream), 50000);
  rewind(stream);
  GIVES(fread(back, sizeof(int), 1, stream), 1);
  GIVES(fread(back + 1, sizeof(int), 60000 - 10001, stream), 49999);
  CHECK(memcmp(numbers, back, sizeof(numbers)) == 0);
  GIVES(fread(back, sizeof(int), 1, stream), 0);
  CHECK(feof(stream) != 0);
  GIVES(fwrite(numbers, 0, 5, stream), 0);
  GIVES(fclose(stream), 0);
  GIVES(size_of("blocks"), sizeof(numbers));
}

/* What is buffered is in the file when it should be, and not before. */
static void test_buffers(void)
{
  static char own[5000];
  FILE *stream = fopen("buffered", "w");
  fputs("held", stream);
  GIVES(size_of("buffered"), 0);
  GIVES(fflush(stream), 0);
  GIVES(size_of("buffered"), 4);
  fputs("more", stream);
  GIVES(fflush(NULL), 0);
  GIVES(size_of("buffered"), 8);
  GIVES(fclose(stream), 0);

  stream = fopen("buffered", "w");
  GIVES(setvbuf(stream, NULL, _IONBF, 0), 0);
  fputs("at once", stream);
  GIVES(size_of("buffered"), 7);
  GIVES(fclose(stream), 0);
  stream = fopen("buffered", "w");
  GIVES(setvbuf(stream, NULL, _IOLBF, 1024), 0);
  fputs("half", stream);
  GIVES(size_of("buffered"), 0);
  fputs(" line\nrest", stream);
  CHECK(size_of("buffered") >= 10);
  GIVES(fclose(stream), 0);
  GIVES(size_of("buffered"), 14);
  stream = fopen("buffered", "w");
  GIVES(setvbuf(stream, own, _IOFBF, sizeof(own)), 0);
  for (int i = 0; i < 4999; i++)
    putc('x', stream);
  GIVES(size_of("buffered"), 0);
  GIVES(fclose(stream), 0);
  GIVES(size_of("buffered"), 4999);
}

static void test_reopening(void)
{
  char line[100];
  write_file("one", "one\n");
  write_file("two", "two\n");
  FILE *stream = fopen("one", "r");
  int number = fileno(stream);
  CHECK(freopen("two", "r", stream) == stream && fileno(stream) == number);
  CHECK(fgets(line, sizeof(line), stream) == line && strcmp(line, "two\n") == 0);
  CHECK(freopen("three", "w", stream) == stream);
  fputs("three\n", stream);
  GIVES(fclose(stream), 0);
  CHECK(file_is("three", "three\n"));
  stream = fopen("one", "r");
  CHECK(freopen("absent", "r", stream) == NULL && errno == ENOENT);

  int fd = open("one", O_RDWR | O_APPEND);
  stream = fdopen(fd, "a");
  CHECK(stream != NULL && fileno(stream) == fd);
  fputs("1\n", stream);
  GIVES(fclose(stream), 0);
  FAILS(close(fd), EBADF);
  CHECK(file_is("one", "one\n1\n"));
  GIVES_NULL(fdopen(-1, "r"), EBADF);
  fd = open("one", O_RDONLY);
  CHECK(fdopen(fd, "w") == NULL && (errno == EINVAL || errno == EBADF));
  close(fd);

  int errors = dup(2);
  CHECK(freopen("out", "w", stderr) == stderr);
  fputs("error output\n", stderr);
  errno = EBADF;
  perror("told");
  fflush(stderr);
  CHECK(dup2(errors, 2) == 2);
  close(errors);
  CHECK(file_is("out", "error output\ntold: Bad file descriptor\n") ||
        file_is("out", "error output\ntold: Bad file number\n"));
}

static void test_lines(void)
{
  FILE *stream = fopen("lines", "w+");
  fprintf(stream, "%d %s %.3f\n", 42, "word", 1.5);
  for (int i = 0; i < 10000; i++)
    putc('y', stream);
  fputs("\nend", stream);
  rewind(stream);
  int number;
  char word[10];
  double value;
  GIVES(fscanf(stream, "%d %9s %lf\n", &number, word, &value), 3);
  CHECK(number == 42 && strcmp(word, "word") == 0 && value == 1.5);
  char *line = NULL;
  size_t size = 0;
  GIVES(getline(&line, &size, stream), 10001);
  GIVES(getline(&line, &size, stream), 3);
  CHECK(strcmp(line, "end") == 0);
  GIVES(getline(&line, &size, stream), -1);
  free(line);
  GIVES(fclose(stream), 0);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_modes();
  test_positions();
  test_blocks();
  test_buffers();
  test_lines();
  test_reopening();
  return leave_folder();
}
