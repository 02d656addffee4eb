/* Folders that calls begin at: the working folder, and open ones. Each is a path, which follows
 * when the folder gets another name. Beside them the mask of modes. */
#ifndef GUEST_FS_WORKING_FOLDER_H
#define GUEST_FS_WORKING_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct file;

/* Copy the path with its null; FS_PATH_BYTES hold it. 0; -ENOENT for a folder that was removed;
 * -ENOTDIR for a file that is no folder. */
int working_folder_copy(char *path);
int folder_path_copy(const struct file *file, char *path);

/* Of a folder that was there a moment ago; absolute, without '.', '..' and symbolic links. */
void working_folder_set(const char *path);

/* What was called `from` is called `to` now; with `exchange` the other way round, too. */
void folder_paths_renamed(const char *from, const char *to, bool exchange);

/* There is no folder of that name any more. */
void folder_paths_removed(const char *path);

mode_t file_mask(void);
mode_t file_mask_set(mode_t mask);

#endif
