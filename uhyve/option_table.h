/* The table of all options: what they are called, take and set. Only for options.c and
 * option_help.c. */
#ifndef UHYVE_OPTION_TABLE_H
#define UHYVE_OPTION_TABLE_H

#include "uhyve/options.h"

#include <stddef.h>

#define OPTION_ROWS           27
#define OPTION_CPU_COUNT_AUTO 0 /* until all is read */

struct option_row
{
  const char *name;
  char letter; /* of the short option; 0: none */
  /* A setter gets NULL where an option was given without a value. It returns NULL, or what is
   * wrong with the value, to be read behind it. No setter: a bool, which --no-... clears. */
  const char *(*set)(struct options *o, const char *value);
  size_t member;        /* offset in struct options; rows with the same one override each other */
  const char *argument; /* NULL: none; in brackets: optional */
  const char *variable; /* name in the environment, behind UHYVE_ or HERMIT_; NULL: none */
  const char *old_variable; /* further name, behind HERMIT_ only */
  const char *help;         /* a newline begins a second line */
};

extern const struct option_row option_rows[OPTION_ROWS];

/* Sets the row's member: value is as the row's setter has it, and so is what is returned. */
const char *option_set(struct options *o, const struct option_row *row, const char *value);

/* The setter of the row of networks. A value may be the next word, too: net_options_is_kind(). */
const char *option_set_net(struct options *o, const char *value);

/* The setter of the row of the guest's variables. It only checks: the entries are put together when
 * all is read. */
const char *option_set_env(struct options *o, const char *value);

#endif
