/* SPDX-License-Identifier: MIT */
/* A plug-in with one fault, which the build chooses: see meson.build and registry.c. */
#include <mailaudit/check.h>

enum { NONE, ABI, NAME, DUPLICATE, PREFIX, EMPTY_ID, UPPER_ID, TWICE, NO_FIX, NO_RUN, TEMPLATE };

static const struct ma_rule rules[] = {
    {.id = FAULT == PREFIX     ? "other.rule"
           : FAULT == EMPTY_ID ? "fine."
           : FAULT == UPPER_ID ? "fine.Rule"
           : FAULT == TWICE    ? "fine.second"
                               : "fine.rule",
        .severity = MA_NOTICE,
        .title = "t",
        .why = "w",
        .fix = FAULT == NO_FIX ? (void *)0 : "f",
        .reference = "r"},
    {.id = "fine.second", .severity = MA_PASS, .title = "t", .why = "w", .reference = "r"},
};

static void run(struct ma_run *r)
{
    (void)r;
}

MA_API extern const struct ma_check mailaudit_check;
const struct ma_check mailaudit_check = {.abi = FAULT == ABI ? MA_ABI + 1 : MA_ABI,
    .name = FAULT == NAME        ? "Fine name"
            : FAULT == DUPLICATE ? "target"
                                 : "fine",
    .area = "fine",
    .title = "Fine",
    .empty_result = FAULT == TEMPLATE ? "{\"a\":}" : "{}",
    .rules = rules,
    .rule_count = FAULT == DUPLICATE ? 0 : sizeof rules / sizeof *rules,
    .run = FAULT == NO_RUN ? (void *)0 : run};
