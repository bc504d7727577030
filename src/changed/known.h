/* SPDX-License-Identifier: MIT */
/* known.h - the state after a run: what the report says, and what is remembered where it is silent.
 */
#ifndef MA_CHANGED_KNOWN_H
#define MA_CHANGED_KNOWN_H

#include "changed.h"

/* Fills in after from the report and from before. False without memory. */
bool ma_known_merge(
    struct ma_changed *, const struct ma_report *, const struct ma_registry *, int64_t now_secs);
/* The finding of that rule and subject, or NULL. */
const struct ma_known *ma_known_find(
    const struct ma_state *, const char *rule, const char *subject);
const struct ma_silence *ma_silence_find(const struct ma_state *, const char *name);

#endif
