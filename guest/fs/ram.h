/* The ram file system: what its parts know of each other. Errors are negative errno. */
#ifndef GUEST_FS_RAM_H
#define GUEST_FS_RAM_H

#include "fs/file_system.h"
#include "sched/rwlock.h"

/* Makes the mount's root folder. */
int ram_start(struct mount *mount, mode_t mode);

/* ---- ram_data.c: the bytes of a file, in chunks; the rest is holes ---- */

#define RAM_CHUNK_BYTES 65536ul

struct ram_data
{
  void *root; /* levels 0: the first chunk; else a table of 512 pointers */
  uint32_t levels;
  uint32_t first_bytes; /* levels 0: how long that chunk is, a power of two; 0: there is none */
  uint64_t held_bytes;
};

/* Both move all bytes; what no chunk has is zero, and read beyond the chunks too. */
void ram_data_read(const struct ram_data *data, void *buffer, size_t len_bytes, uint64_t offset);
/* How many bytes were written; less for lack of memory. */
size_t ram_data_write(struct ram_data *data, const void *buffer, size_t len_bytes, uint64_t offset);

/* Makes the chunks: 0 or -ENOSPC. */
int ram_data_allocate(struct ram_data *data, uint64_t offset, uint64_t len_bytes);

/* Forgets what is at and behind len_bytes. */
void ram_data_cut(struct ram_data *data, uint64_t len_bytes);

/* The first offset from there on that has a chunk, or has none; UINT64_MAX: there is no further
 * chunk. */
uint64_t ram_data_next(const struct ram_data *data, uint64_t offset, bool hole);

/* Memory that counts: null or false if the limit is reached. */
void *ram_allocate(size_t len_bytes, bool zeroed);
void ram_free(void *memory, size_t len_bytes);
uint64_t ram_limit_bytes(void);
uint64_t ram_used_bytes(void);

/* ---- ram_folder.c: names ---- */

struct ram_entry
{
  struct ram_node *node;
  struct ram_entry *next; /* of the same bucket */
  uint64_t cookie;        /* later entries have higher ones */
  uint32_t hash;
  uint32_t name_len;
  char name[];
};

struct ram_folder
{
  struct ram_entry **buckets;
  uint32_t bucket_count;  /* a power of two, or 0 */
  uint32_t count;         /* of entries */
  struct ram_slot *slots; /* by cookie, for who lists them; some are empty */
  uint32_t slots_used, slots_size;
  uint64_t last_cookie;
  struct ram_node *parent; /* the root's is itself; null: removed. No reference */
};

struct ram_slot
{
  uint64_t cookie;
  struct ram_entry *entry; /* null: removed */
};

#define RAM_FIRST_COOKIE 3 /* behind '.' and '..' */

struct ram_entry *ram_folder_find(const struct ram_folder *folder, const char *name, size_t len);
/* Takes over a reference to the node: 0 or -ENOSPC, the reference being still the caller's. */
int ram_folder_add(struct ram_folder *folder, const char *name, size_t len, struct ram_node *node);
/* The reference goes to the caller. */
void ram_folder_remove(struct ram_folder *folder, struct ram_entry *entry);
/* The first entry with a cookie of at least this, or null. */
struct ram_entry *ram_folder_next(const struct ram_folder *folder, uint64_t cookie);
void ram_folder_free(struct ram_folder *folder);

/* ---- ram_node.c ---- */

/* Whatever has a name. Tree and links are guarded by the lock of the file system, the rest by the
 * node's own, which is taken after that. */
struct ram_node
{
  uint32_t references; /* of names, and of open files */
  uint32_t links;
  struct ram *ram;
  struct rwlock lock;
  ino_t number;
  mode_t mode;
  uid_t user;
  gid_t group;
  uint64_t len_bytes;                                    /* of a file, or of a link's target */
  struct timespec access_time, change_time, status_time; /* change: of the contents */
  union
  {
    struct
    {
      struct ram_data data;
      const char *in_place; /* if not null: where the bytes are, not to be written to */
    };
    struct ram_folder folder;
    char *target; /* of a symbolic link; with a null */
    struct
    {
      struct fifo fifo;
      fifo_opener *opener;
    };
  };
};

struct ram
{
  struct rwlock lock;
  struct ram_node *root;
  uint64_t last_number;
  uint32_t device;
  bool is_read_only;
};

struct ram_node *ram_node_create(struct ram *ram, mode_t mode); /* null: -ENOSPC */
void ram_node_put(struct ram_node *node);
static inline struct ram_node *ram_node_get(struct ram_node *node)
{
  __atomic_add_fetch(&node->references, 1, __ATOMIC_RELAXED);
  return node;
}

void ram_node_stat(struct ram_node *node, struct stat *status);
int ram_node_set_mode(struct ram_node *node, mode_t mode);
int ram_node_set_owner(struct ram_node *node, uid_t user, gid_t group);
int ram_node_set_times(struct ram_node *node, const struct timespec times[2]);
int ram_node_truncate(struct ram_node *node, off_t len_bytes);
int ram_space(struct statvfs *space);
struct timespec ram_now(void);

/* The names in a folder, or a node's own times of change, have changed. */
void ram_node_touch(struct ram_node *node, bool contents);

/* Whether the program's user has all rights of R_OK, W_OK and X_OK: 0 or -EACCES. */
int ram_node_may(const struct ram_node *node, int rights);

/* ---- ram_file.c ---- */

int ram_file_open(struct ram_node *node, int flags, struct file **file);

/* ---- ram_fifo.c ---- */

/* Takes over a reference to the node. May wait: the file system must not be locked. */
int ram_fifo_open(struct ram_node *node, int flags, struct file **file);

/* ---- ram_walk.c ---- */

/* What a name leads to, the file system being locked. */
struct ram_place
{
  struct ram_node *parent;
  struct ram_node *node;   /* null: the name is free */
  struct ram_entry *entry; /* null for the root, too */
  const char *name;
  size_t name_len; /* 0: the root */
};

/* 0, WALK_AGAIN, -ENOENT (of what is in front of the last name), -ENOTDIR, -EACCES, ... */
int ram_find(struct walk *walk, struct ram_place *place);

/* The same for what must be there. */
int ram_find_node(struct walk *walk, struct ram_place *place);

static inline struct ram *ram_of(const struct walk *walk)
{
  return walk->mount->data;
}

/* ---- ram_rename.c ---- */

int ram_rename(struct walk *from, struct walk *to, unsigned int flags);
int ram_unlink(struct walk *walk);
int ram_rmdir(struct walk *walk);
int ram_link(struct walk *from, struct walk *to);

#endif
