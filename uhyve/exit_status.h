/* Exit statuses of uhyve besides the guest's own, as shells and container runtimes have them. */
#ifndef UHYVE_EXIT_STATUS_H
#define UHYVE_EXIT_STATUS_H

#define STATUS_TIMEOUT    124 /* --timeout was over: as timeout(1) */
#define STATUS_MONITOR    125 /* uhyve itself cannot go on */
#define STATUS_BROKEN     126 /* the guest broke the interface, or its kernel failed */
#define STATUS_CANNOT_RUN 127 /* the file is no program for uhyve */
#define STATUS_SIGNAL     128 /* and the number of the signal that ended the guest */

#endif
