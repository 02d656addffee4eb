/* The name that Newlib and old programs use for <termios.h>. */
#include <termios.h>
