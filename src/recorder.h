/* SPDX-License-Identifier: MIT */
/* recorder.h - recordings as a whole, see observe/recording.h: written, and what one is of. */
#ifndef MA_RECORDER_H
#define MA_RECORDER_H

#include "audit.h"
#include "spec.h"

#include <stdio.h>

/*
 * Writes the observations of a finished audit. The folder appears, or takes the place of an
 * earlier recording, whole or not at all. A folder that holds anything else is left alone: an
 * error. Errors go to err; false then.
 */
bool ma_recording_write(const char *dir, const struct ma_audit *, FILE *err);

/*
 * Adds to the spec what DIR/audit.txt says, where the user has not said it: the clock, and, if
 * whole, the target. now_secs below 0 is "not said". Strings go to the arena. A folder without
 * that file is no error: nothing is added. Errors go to err as "FILE:LINE: what"; false then.
 */
bool ma_recorded_spec(struct ma_spec *, struct ma_arena *, const char *dir, bool whole, FILE *err);

#endif
