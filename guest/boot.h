/* The order in which a guest comes up. */
#ifndef GUEST_BOOT_H
#define GUEST_BOOT_H

#include "hypercalls/start_info.h"

/* From the first instructions of CPU 0 in ring 3 to exit(main()). */
_Noreturn void boot(struct uhyve_start_info *info);

/* From the first instructions of any other CPU in ring 3. */
_Noreturn void boot_secondary(void);

#endif
