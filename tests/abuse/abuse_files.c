/* The misbehaving guest's calls for files. Mapping 0 is a folder, for reading only. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "hypercalls/hypercalls.h"

#include "abuse.h"

static char buffer[2 * (HC_MAX_PATH_BYTES + 1)];
static _Alignas(HC_BLOCK_ALIGN) struct hc_file_open opening = {.flags = O_RDONLY};
static _Alignas(HC_BLOCK_ALIGN) struct hc_file_io io = {.segments = 1};
static _Alignas(HC_BLOCK_ALIGN) struct hc_file_control control;
static _Alignas(HC_BLOCK_ALIGN) struct hc_file_list list;
static _Alignas(HC_BLOCK_ALIGN) struct hc_path path;
static _Alignas(HC_BLOCK_ALIGN) struct hc_time_zone zone;

#define OUT(call, block) out(HC_##call, address_to_gpa(&(block), 0))

static struct hc_segment put(const char *text)
{
  strcpy(buffer, text);
  return (struct hc_segment){address_to_gpa(buffer, 0), strlen(text)};
}

void abuse_file(const char *call, const char *place)
{
  const struct hc_segment bad = {place_gpa(place), 4000};
  opening.path[1] = bad;
  io.segments = 2;
  io.segment[1] = bad;
  list.segment = bad;
  if (strcmp(call, "file_open") == 0)
    OUT(file_open, opening);
  if (strcmp(call, "file_read") == 0)
    OUT(file_read, io);
  if (strcmp(call, "file_write") == 0)
    OUT(file_write, io);
  if (strcmp(call, "file_list") == 0)
    OUT(file_list, list);
  path.operation = HC_PATH_STAT;
  if (strcmp(call, "path-path") == 0)
    path.path[1] = bad;
  else if (strcmp(call, "path-buffer") == 0)
    path.buffer = bad;
  else
  {
    path.operation = HC_PATH_RENAME;
    path.other[0] = bad;
  }
  OUT(path, path);
}

static void abuse_path_text(const char *what)
{
  memset(buffer, 'x', sizeof(buffer));
  opening.path[0] = (struct hc_segment){address_to_gpa(buffer, 0), HC_MAX_PATH_BYTES};
  opening.path[1] = (struct hc_segment){address_to_gpa(buffer, 0), 1};
  if (strcmp(what, "endless-path") == 0)
    opening.path[1].len_bytes = -(uint64_t) HC_MAX_PATH_BYTES;
  if (strcmp(what, "null-in-path") == 0)
  {
    opening.path[0].len_bytes = 100;
    buffer[50] = '\0';
  }
  OUT(file_open, opening);
}

void abuse_file_numbers(const char *what)
{
  if (strcmp(what, "mapping") == 0)
  {
    opening.mapping = 1;
    OUT(file_open, opening);
  }
  if (strcmp(what, "operation") == 0)
  {
    control.operation = HC_FILE_OPERATIONS;
    OUT(file_control, control);
  }
  if (strcmp(what, "read-segments") == 0 || strcmp(what, "write-segments") == 0)
  {
    io.segments = *what == 'r' ? HC_MAX_SEGMENTS + 1 : UINT32_MAX;
    out(*what == 'r' ? HC_file_read : HC_file_write, address_to_gpa(&io, 0));
  }
  if (strcmp(what, "endless-zone") == 0)
  {
    memset(zone.name, 'Z', sizeof(zone.name));
    OUT(time_zone, zone);
  }
  if (strstr(what, "-path") != NULL)
    abuse_path_text(what);
  path.operation = HC_PATH_RENAME;
  if (strcmp(what, "path-mapping") == 0)
    path.mapping = UINT32_MAX;
  if (strcmp(what, "other-mapping") == 0)
    path.other_mapping = 1;
  if (strcmp(what, "path-operation") == 0)
    path.operation = HC_PATH_OPERATIONS;
  if (strcmp(what, "short-buffer") == 0)
  {
    path.operation = HC_PATH_STAT;
    path.buffer = (struct hc_segment){address_to_gpa(buffer, 0), sizeof(struct hc_stat) - 1};
  }
  OUT(path, path);
}

static void want(int64_t result, int64_t expected)
{
  if (result != expected)
    exit(1);
}

/* Numbers that are no handles, in every call that takes one. */
static void ask_for_handles(void)
{
  static const int32_t handles[] = {-1, 3, 1000, 65536, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
  {
    io.handle = control.handle = list.handle = handles[i];
    io.segment[0] = list.segment = put("text");
    OUT(file_read, io);
    want(io.result, -EBADF);
    OUT(file_write, io);
    want(io.result, -EBADF);
    OUT(file_list, list);
    want(list.result, -EBADF);
    for (control.operation = 0; control.operation < HC_FILE_OPERATIONS; control.operation++)
    {
      OUT(file_control, control);
      want(control.result, -EBADF);
    }
  }
}

static void look_for_ways_out(void)
{
  static const char *const ways[] = {"../abuse/abuse.c", "../../README.md", "/etc/passwd",
                                     "../../../etc/passwd", "/proc/self/environ"};
  for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
  {
    opening.path[0] = put(ways[i]);
    OUT(file_open, opening);
    want(opening.result, -ENOENT);
  }
  opening.path[0] = put("../../abuse.c");
  OUT(file_open, opening);
  want(opening.result, 3);
}

/* Operations that make, change or remove, on what is there for reading only. */
static void change_what_is_read_only(void)
{
  static const uint32_t operations[] = {HC_PATH_UNLINK, HC_PATH_RMDIR, HC_PATH_MODE,
                                        HC_PATH_OWNER,  HC_PATH_TIMES, HC_PATH_TRUNCATE};
  path.path[0] = put("abuse.c");
  for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
  {
    path.operation = operations[i];
    OUT(path, path);
    want(path.result, -EROFS);
  }
  opening.path[0] = path.path[0];
  opening.flags = O_RDWR;
  OUT(file_open, opening);
  want(opening.result, -EROFS);
}

/* The monitor looks for some files of the host, and no more. */
static void ask_for_explanations(void)
{
  path.operation = HC_PATH_EXPLAIN;
  for (unsigned int i = 0; i < 200; i++)
  {
    path.path[0] = put("/no/such/file");
    path.mapping = i;
    OUT(path, path);
    want(path.result, 0);
  }
  path.path[0] = put("/etc/passwd");
  OUT(path, path);
  want(path.result, 0);
}

void abuse_file_answers(const char *what)
{
  if (strcmp(what, "handles") == 0)
    ask_for_handles();
  else if (strcmp(what, "ways-out") == 0)
    look_for_ways_out();
  else if (strcmp(what, "change") == 0)
    change_what_is_read_only();
  else
    ask_for_explanations();
  exit(7);
}
