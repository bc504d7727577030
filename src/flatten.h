/* SPDX-License-Identifier: MIT */
/*
 * flatten.h - `mailaudit flatten DOMAIN`: the networks that the domain's SPF policy authorises.
 *
 * Check flatten alone runs; what it found is printed as a list for a program, or as records.
 */
#ifndef MA_FLATTEN_H
#define MA_FLATTEN_H

#include "session.h"

/* Makes the command line that of such an audit; false and a word to err where it cannot be. */
bool ma_flatten_prepare(struct ma_options *, FILE *err);
/* Prints; returns the exit code: 0 that is all, 1 the policy has more than networks or is broken,
   3 something could not be looked up. */
int ma_flatten_print(
    const struct ma_report *, const struct ma_session *, const struct ma_options *, FILE *err);

#endif
