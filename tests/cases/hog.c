/* SPDX-License-Identifier: MIT */
/* A plug-in that takes memory without end: the audit gives it up and reports the rest. */
#include <mailaudit/check.h>

#define PIECE_BYTES 65536

static const struct ma_rule rules[] = {
    {.id = "hog.done",
        .severity = MA_PASS,
        .title = "the end was reached",
        .why = "it never is",
        .reference = "tests/cases"},
};

static void hog_run(struct ma_run *run)
{
    for (volatile bool forever = true; forever;)
        ma_alloc(run, PIECE_BYTES);
    ma_report(run, &rules[0], ma_target(run)->domain, "done");
}

MA_CHECK(hog, .area = "hog", .title = "Hog", .rules = rules, .rule_count = 1, .run = hog_run);
