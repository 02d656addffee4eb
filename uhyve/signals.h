/* Signals to the monitor itself: Ctrl-C, SIGTERM, memory that the host cannot give. */
#ifndef UHYVE_SIGNALS_H
#define UHYVE_SIGNALS_H

/* Installs the handlers. */
void signals_install(void);

#endif
