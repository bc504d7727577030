/* SPDX-License-Identifier: MIT */
/* options.h - the command line of `mailaudit DOMAIN [ADDRESS...]`, read and checked. */
#ifndef MA_OPTIONS_H
#define MA_OPTIONS_H

#include "audit.h"
#include "observe/sources.h"
#include "report/report.h"

#define MA_REPEAT_MAX 256 /* uses of a repeatable option, addresses */

/* Exit codes of mailaudit. */
enum ma_exit { MA_EXIT_OK, MA_EXIT_FINDINGS, MA_EXIT_USAGE, MA_EXIT_UNKNOWN };

enum ma_command { MA_COMMAND_AUDIT, MA_COMMAND_RULES, MA_COMMAND_EXPLAIN, MA_COMMAND_DONE };

struct ma_list {
    const char *items[MA_REPEAT_MAX];
    size_t count;
};

enum ma_colour { MA_COLOUR_AUTO, MA_COLOUR_ALWAYS, MA_COLOUR_NEVER };

/* Strings are argv's or the options' own; ma_options_clear() frees the latter. */
struct ma_options {
    enum ma_command command;
    struct ma_spec spec;
    struct ma_list addresses, selectors, zones, plugins, owned;
    struct ma_server nameservers[8];
    size_t nameserver_count;
    bool offline, incomplete_ok, stamp, trace, verbose;
    unsigned timeout_msecs;
    const struct ma_format *format;
    const char *output, *only, *without, *record, *replay, *explain;
    struct ma_setting_pair settings[8];
    size_t setting_count;
    enum ma_severity fail_on;
    enum ma_colour colour;
};

/* Returns false after writing to err what is wrong with which argument; the options are to be
   cleared then, too. Help and version go to stdout, with MA_COMMAND_DONE. */
bool ma_options_read(struct ma_options *, int argc, char **argv, FILE *err);
void ma_options_clear(struct ma_options *);

#endif
