/* SPDX-License-Identifier: MIT */
/* recorder.h - the writing side of recordings, whose format is in observe/recording.h. */
#ifndef MA_RECORDER_H
#define MA_RECORDER_H

#include "audit.h"

#include <stdio.h>

/*
 * Writes the observations of a finished audit. The folder appears, or takes the place of an
 * earlier recording, whole or not at all. A folder that holds anything else is left alone: an
 * error. Errors go to err; false then.
 */
bool ma_recording_write(const char *dir, const struct ma_audit *, FILE *err);

#endif
