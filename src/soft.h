/* SPDX-License-Identifier: MIT */
/*
 * soft.h - an UNKNOWN is told only after some in a row: until then the last state that was known
 * is repeated, and the status line says so. What was known is kept in a small text file, one for
 * each target, that is written whole or not at all.
 *
 *     mailaudit-soft 1
 *     target example.com 192.0.2.10
 *     unknowns 1
 *     state 0
 *     summary example.com 100 A
 */
#ifndef MA_SOFT_H
#define MA_SOFT_H

#include "report/nagios.h"
#include "spec.h"

#define MA_SOFT_BYTES_MAX 65536 /* of a state file */
#define MA_SOFT_LIMIT_MAX 1000

struct ma_soft {
    unsigned limit;   /* the how many-th UNKNOWN in a row is told; 0: each */
    const char *file; /* NULL: each */
    struct ma_repeat repeat;
    char summary[MA_STATUS_BYTES_MAX];
};

/*
 * Reads the file, decides, and writes it anew. When an UNKNOWN is to be hidden, nagios->repeat says
 * what is told instead; it lives in the ma_soft. False, with the reason in err: a file that is
 * damaged, of another target, or cannot be written.
 */
bool ma_soft_apply(struct ma_soft *, const struct ma_spec *, const struct ma_report *,
    struct ma_nagios *, FILE *err);

#endif
