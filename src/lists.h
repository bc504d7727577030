/* SPDX-License-Identifier: MIT */
/*
 * lists.h - `mailaudit lists`: an audit of nothing but the block lists themselves.
 *
 * Check dnsbl alone runs, and asks for the lists' own test entries; what it says of each is printed
 * as a table or as JSON instead of a report.
 */
#ifndef MA_LISTS_H
#define MA_LISTS_H

#include "session.h"

/* Makes the command line that of such an audit; false and a word to err where it cannot be. */
bool ma_lists_prepare(struct ma_options *, FILE *err);
/* Prints; returns the exit code: 0 all lists answer, 1 some do not. */
int ma_lists_print(
    const struct ma_report *, const struct ma_session *, const struct ma_options *, FILE *err);

#endif
