/* SPDX-License-Identifier: MIT */
/* options.h - the command line, read and checked. Each option is a row of the table in
   option_table.c. */
#ifndef MA_OPTIONS_H
#define MA_OPTIONS_H

#include "audit.h"
#include "command.h"
#include "message/mailfile.h"
#include "observe/keys.h"
#include "observe/sources.h"
#include "report/report.h"
#include "soft.h"

#define MA_REPEAT_MAX      256 /* uses of a repeatable option */
#define MA_NAMESERVERS_MAX 8
#define MA_SETTINGS_MAX    16

/* Exit codes of mailaudit. */
enum ma_exit { MA_EXIT_OK, MA_EXIT_FINDINGS, MA_EXIT_USAGE, MA_EXIT_UNKNOWN };

enum ma_action {
    MA_ACTION_COMMAND, /* what the command does */
    MA_ACTION_RULES,
    MA_ACTION_EXPLAIN,
    MA_ACTION_DONE /* help or version: printed already */
};

struct ma_list {
    const char *items[MA_REPEAT_MAX];
    size_t count;
};

enum ma_colour { MA_COLOUR_AUTO, MA_COLOUR_ALWAYS, MA_COLOUR_NEVER };

/* `mailaudit batch` alone. */
struct ma_batch_options {
    const char *file;    /* NULL: standard input */
    const char *dir;     /* --output-dir: a file a report */
    const char *summary; /* where to write it, or NULL */
    bool ordered, resume;
    unsigned workers, in_flight, qps;
    unsigned shard, shards; /* I of N; 1 of 1 */
    size_t memory_bytes;
    struct ma_limit limits[MA_LIMITS_MAX];
    size_t limit_count;
};

/* The monitoring plug-in alone. */
struct ma_plug_in {
    bool active; /* called as one */
    struct ma_nagios nagios;
    struct ma_soft soft;
    const char *host, *url, *warning, *critical; /* as given, or NULL */
    const char **servers;
    size_t server_count, server_room;
};

/* Strings are argv's or live in the arena. */
struct ma_options {
    struct ma_arena arena;
    enum ma_action action;
    const struct ma_command *command; /* never NULL once read */
    struct ma_spec spec;
    struct ma_list zones, plugins;
    bool recorded_checks; /* only is what a recording says */
    struct ma_server nameservers[MA_NAMESERVERS_MAX];
    size_t nameserver_count;
    bool offline, recursive, allow_private, incomplete_ok, rdap, stamp, trace;
    unsigned verbose; /* how often */
    unsigned timeout_msecs;
    const char *format_name;        /* as given, or NULL */
    const struct ma_format *format; /* of a report; NULL: not said */
    const char *output, *only, *without, *record, *replay, *explain, *changed;
    const char *trust_anchor, *root_hints, *ca_file, *policy, *profile;
    const char *selectors_of; /* --message: a file, or NULL */
    struct ma_setting_pair settings[MA_SETTINGS_MAX];
    size_t setting_count;
    struct ma_keys keys;
    enum ma_severity fail_on;
    bool fail_on_given;
    enum ma_colour colour;
    struct ma_batch_options batch;
    struct ma_mail_file message; /* of `mailaudit message` alone */
    bool has_message;            /* it was read */
    struct ma_plug_in plug_in;
    char **arguments; /* of a command: what is neither option nor value */
    int argument_count;
};

/* Returns false after writing to err what is wrong with which argument; the options are to be
   cleared then, too. Help and version go to stdout. */
bool ma_options_read(struct ma_options *, int argc, char **argv, FILE *err);
void ma_options_clear(struct ma_options *);
/* A setting of the checks; the value lives as long as the options. False, told to err, when there
   are too many. */
bool ma_options_set(struct ma_options *, const char *name, const char *value, FILE *err);

/* The exit code for one report: MA_EXIT_OK, _FINDINGS or _UNKNOWN. */
int ma_exit_code(const struct ma_report *, const struct ma_options *);

/* How a report is to look there. */
struct ma_render_options ma_render_options_for(const struct ma_options *, FILE *out);

/* One option. */
struct ma_option {
    const char *name; /* without the dashes */
    char letter;      /* of the short form, or 0 */
    bool has_value;
    /* Takes the value (NULL without one); says in err what is wrong with it. */
    bool (*read)(struct ma_options *, const char *value, FILE *err);
};

/* The help of the program, or of the plug-in as which it is called. */
bool ma_print_usage(struct ma_options *, const char *text, FILE *err);

extern const struct ma_option ma_option_table[];
extern const size_t ma_option_count;

/* What a recording keeps of ma_options.settings: by value, and, for files, by name only. Each is
   the option of that name; both lists end with NULL. */
extern const char *const ma_recorded_settings[];
extern const char *const ma_recorded_files[];

#endif
