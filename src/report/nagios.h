/* SPDX-License-Identifier: MIT */
/*
 * nagios.h - a report as monitoring plug-ins tell it (Monitoring Plugins development guidelines):
 * one state, one status line of fewer than 80 characters, performance data behind '|', and further
 * lines by -v. No text holds '|' or a control byte.
 */
#ifndef MA_NAGIOS_H
#define MA_NAGIOS_H

#include "../finding.h"
#include "range.h"

#include <stdio.h>

#define MA_STATUS_BYTES_MAX 80 /* of a status line's text, with its NUL */

/* The numbers are the exit codes. */
enum ma_service_state {
    MA_SERVICE_OK,
    MA_SERVICE_WARNING,
    MA_SERVICE_CRITICAL,
    MA_SERVICE_UNKNOWN
};

/* What is told instead of an UNKNOWN that may be over soon. */
struct ma_repeat {
    enum ma_service_state state;
    const char *summary;      /* of the last report whose state was known */
    unsigned unknowns, limit; /* the how many-th in a row, and from which on it is told */
};

/* How the plug-in was called. Zeroed: without any option. */
struct ma_nagios {
    struct ma_range warning, critical; /* on the score */
    bool incomplete_ok;                /* what could not be answered is no UNKNOWN */
    bool check_rbl;                    /* count block lists, as check_rbl does; then: */
    bool allow_lists;                  /* count the lists that do not list it */
    unsigned warning_lists, critical_lists;
    const char *object;             /* what the user calls the target */
    const char *append;             /* behind the status text, or NULL */
    const struct ma_repeat *repeat; /* or NULL */
};

const char *ma_service_state_name(enum ma_service_state); /* "CRITICAL" */
/* By the findings, then by the thresholds; repeat is left to the caller. */
enum ma_service_state ma_nagios_state(const struct ma_report *, const struct ma_nagios *);
/* The status line's text behind "MAILAUDIT STATE: ", fewer than 80 characters with it. */
void ma_nagios_summary(char text[static MA_STATUS_BYTES_MAX], const struct ma_report *,
    const struct ma_nagios *, enum ma_service_state);
/* A status line for what kept the plug-in from its work. Did the text fit in? */
bool ma_nagios_failure(FILE *, const char *text);

/* ---- between the renderer's files ------------------------------------------------------------ */

/* Puts words behind each other as long as they fit. */
struct ma_status_line {
    char text[MA_STATUS_BYTES_MAX];
    size_t length;
};

/* Adds it whole, or leaves it out and returns false. */
bool ma_status_add(struct ma_status_line *, const char *fmt, ...) MA_PRINTF(2, 3);
/* Adds as much of it as leaves room for so many further bytes. */
void ma_status_add_cut(struct ma_status_line *, size_t reserve, const char *text);
/* Escaped: what may not be shown, and '|', as \xNN. */
void ma_nagios_put(FILE *, const char *text);

/* How many block lists say what. A list that was asked for several addresses counts once, by the
   worst of them. */
struct ma_list_counts {
    unsigned listed, clean, unknown, not_asked;
};
/* The check's own part of the report, or NULL if it did not run. */
const struct ma_data *ma_nagios_data(const struct ma_report *, const char *check);
const struct ma_data *ma_nagios_member(const struct ma_data *, const char *key); /* or NULL */
/* Lists of that class ("block"), or of any for NULL. */
struct ma_list_counts ma_nagios_lists(const struct ma_report *, const char *class);

enum ma_service_state ma_rbl_state(const struct ma_report *, const struct ma_nagios *);
void ma_rbl_summary(struct ma_status_line *, const struct ma_report *, const struct ma_nagios *);
void ma_rbl_perfdata(FILE *, const struct ma_report *, const struct ma_nagios *);
void ma_rbl_details(FILE *, const struct ma_report *, unsigned level);

#endif
