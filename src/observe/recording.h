/* SPDX-License-Identifier: MIT */
/* recording.h - what an audit observed, kept in a folder. */
#ifndef MA_RECORDING_H
#define MA_RECORDING_H

#include "../audit.h"

#include <stdio.h>

/* Writes the observations of a finished audit; errors go to err with path and reason. */
bool ma_recording_write(const char *dir, const struct ma_audit *, FILE *err);

#endif
