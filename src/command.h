/* SPDX-License-Identifier: MIT */
/*
 * command.h - what the program can be told to do by a first word without a dot; without one it
 * audits the domain that is named. Each command is a row of the table in command.c.
 */
#ifndef MA_COMMAND_H
#define MA_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

struct ma_options;
struct ma_registry;
struct ma_report;
struct ma_session;

struct ma_command {
    const char *word;    /* NULL: the audit of one domain */
    const char *input;   /* the setting that its first argument, a file, is kept as; or NULL */
    const char *check;   /* the one check that runs for it; NULL: --check and --no-check choose */
    const char *formats; /* --format for it, "text, json", the first by default; NULL: a report's */
    /* Checks the arguments and makes the command line that of an audit; false and a word to err
       where it cannot be. NULL: run() does. */
    bool (*prepare)(struct ma_options *, FILE *err);
    /* Prints something else than the report, and returns the exit code; NULL: the report. */
    int (*print)(
        const struct ma_report *, const struct ma_session *, const struct ma_options *, FILE *err);
    /* Does all of it, and returns the exit code; NULL: one audit. */
    int (*run)(const struct ma_options *, struct ma_registry *, FILE *err);
    bool no_target; /* check "target" has nothing to say: the addresses are not the domain's */
    bool replays;   /* without arguments, a recording says of what */
};

/* The command of that word; the audit when no command is named so. */
const struct ma_command *ma_command_find(const char *word);
/* When the command and its arguments are known: takes them and what --format means for it. */
bool ma_command_prepare(struct ma_options *, FILE *err);

#endif
