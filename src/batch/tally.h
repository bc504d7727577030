/* SPDX-License-Identifier: MIT */
/* tally.h - what the reports of a batch add up to, and its printing. */
#ifndef MA_TALLY_H
#define MA_TALLY_H

#include "../finding.h"
#include "../observe/slow.h"

#include <stdio.h>

#define MA_TALLY_RULES_MAX 4096

struct ma_tally_rule {
    const char *id; /* borrowed, or the tally's own (ma_tally_add) */
    uint64_t count; /* reports that have it */
    enum ma_severity severity;
};

struct ma_tally {
    uint64_t reports, failed, incomplete;
    uint64_t grades[5], lowest_grades[5]; /* A, B, C, D, F */
    uint64_t verdicts[MA_CRITICAL + 1];
    uint64_t unknowns[MA_FAIL_COUNT]; /* UNKNOWN findings, by what failed */
    struct ma_tally_rule *rules;
    size_t rule_count;
    const struct ma_slow *slow; /* or NULL: not known */
};

enum ma_tally_form { MA_TALLY_TEXT, MA_TALLY_JSON, MA_TALLY_CSV };

/* The index of 'A'..'F' in grades, or -1. */
int ma_tally_grade(char grade);
void ma_tally_print(FILE *, const struct ma_tally *, enum ma_tally_form);

#endif
