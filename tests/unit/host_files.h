/* Files of a host that is memory, behind the calls of guest/fs/host_call.h. A handle is the file's
 * number, plus HANDLE_BASE. */
#ifndef TESTS_UNIT_HOST_FILES_H
#define TESTS_UNIT_HOST_FILES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HANDLE_BASE     10
#define HOST_FILES      4
#define HOST_FILE_BYTES ((size_t) 1 << 20)

struct hosted_file
{
  pthread_mutex_t mutex;
  unsigned char bytes[HOST_FILE_BYTES];
  size_t len_bytes;
};

extern struct hosted_file hosted_files[HOST_FILES];

/* Writes fail behind this, as where a disk is full. */
extern size_t hosted_room_bytes;

/* Counts calls. */
extern unsigned int hosted_reads, hosted_writes;

/* Empty files, room enough. */
void hosted_files_start(void);

#endif
