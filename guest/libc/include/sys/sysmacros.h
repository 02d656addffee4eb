/* Numbers of devices, as Linux puts them together. */
#ifndef _SYS_SYSMACROS_H
#define _SYS_SYSMACROS_H

#include <sys/types.h>

#define major(device) ((unsigned int) (((device) >> 8 & 0xfff) | ((device) >> 32 & 0xfffff000)))
#define minor(device) ((unsigned int) (((device) &0xff) | ((device) >> 12 & 0xffffff00)))
#define makedev(major, minor)                                            \
  (((dev_t) (major) &0xfffff000) << 32 | ((dev_t) (major) &0xfff) << 8 | \
   ((dev_t) (minor) &0xffffff00) << 12 | ((dev_t) (minor) &0xff))

#endif
