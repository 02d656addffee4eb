/* The working folder and the mask of modes, of the process. */
#ifndef GUEST_FS_WORKING_FOLDER_H
#define GUEST_FS_WORKING_FOLDER_H

#include <stddef.h>
#include <sys/types.h>

/* Copies the path, absolute and without symbolic links, with its null; FS_PATH_BYTES hold it. */
void working_folder_copy(char *path);

/* Of a folder that was there a moment ago; absolute, without '.', '..' and symbolic links. */
void working_folder_set(const char *path);

mode_t file_mask(void);
mode_t file_mask_set(mode_t mask);

#endif
