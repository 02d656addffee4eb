/* Newlib's locks at the end of the program. */
#ifndef GUEST_LIBC_LOCKS_H
#define GUEST_LIBC_LOCKS_H

/* From now on a lock that another thread does not give back is passed by after a while: the program
 * ends, and must not hang. */
void locks_set_exiting(void);

#endif
