/* The rules of time zones, from the host's data base. */
#ifndef UHYVE_TIME_ZONE_H
#define UHYVE_TIME_ZONE_H

#include "hypercalls/hypercalls.h"

/* Finds the rule for times from now on, as TZ has it in POSIX. An empty name: the host's own zone.
 * Returns 0, or a negative errno: -ENOENT if there is no such zone. */
int time_zone_rule(const char *name, char rule[static HC_TIME_ZONE_BYTES]);

/* Opens, by O_PATH, what it reads: the folder of all zones and the file of the host's own. -1:
 * there is none. */
void time_zone_open_places(int *zones_fd, int *own_fd);

/* The same from an open file. What is behind the rule is null. */
int time_zone_read(int fd, char rule[static HC_TIME_ZONE_BYTES]);

#endif
