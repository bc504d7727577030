/* SPDX-License-Identifier: MIT */
/* nagios_options.h - the command line of the monitoring plug-in: check_mailaudit, --nagios, and
   check_rbl's own (--check-rbl). */
#ifndef MA_NAGIOS_OPTIONS_H
#define MA_NAGIOS_OPTIONS_H

#include "options.h"

/* Options of the plug-in only; they come before those of the program. */
extern const struct ma_option ma_nagios_option_table[];
extern const size_t ma_nagios_option_count;

extern const char ma_nagios_usage[];

/* Is the program called as a plug-in? By its name, or by an option anywhere: a usage error in front
   of it has to be told as a plug-in tells it. */
void ma_nagios_scan(struct ma_options *, int argc, char **argv);
/* When all options are read: takes the target and checks what belongs together. The arguments are
   those behind the options. */
bool ma_nagios_finish(struct ma_options *, int argc, char **argv, FILE *err);

#endif
