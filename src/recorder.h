/* SPDX-License-Identifier: MIT */
/* recorder.h - recordings as a whole, see observe/recording.h: written, and what one is of. */
#ifndef MA_RECORDER_H
#define MA_RECORDER_H

#include "session.h"

#include <stdio.h>

/*
 * Writes the observations of a finished audit, what was audited and how. The folder appears, or
 * takes the place of an earlier recording, whole or not at all. A folder that holds anything else
 * is left alone: an error. Errors go to err; false then.
 */
bool ma_recording_write(const char *dir, const struct ma_audit *, const struct ma_session *,
    const struct ma_options *, FILE *err);

/*
 * Adds to the options what DIR/audit.txt says, where the user has not said it: the clock, the
 * checks, the settings that change what is asked, and, if whole, the target. A clock below 0 is
 * "not said". A file that the audit was made with must be given again: without it, false. Strings
 * go to the options' arena. A folder without audit.txt is no error: nothing is added. Errors go to
 * err as "FILE:LINE: what"; false then.
 */
bool ma_recorded_options(struct ma_options *, const char *dir, bool whole, FILE *err);

#endif
