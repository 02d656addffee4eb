/* Terminals among the standard streams. */
#ifndef GUEST_POSIX_TERMINAL_H
#define GUEST_POSIX_TERMINAL_H

/* Linked where ioctl() is used, else null.
 *
 * ioctl() of a standard stream: settings and size of a terminal, FIONREAD. 0 or a negative errno;
 * -ENOTTY for what is no request of a stream. May block (TCSBRK). */
int stream_control(int fd, unsigned long request, void *argument)
    __attribute__((weak, visibility("hidden")));

#endif
