/* SPDX-License-Identifier: MIT */
/* exit_code.c - what the program ends with: the table is in README.md. */
#include "options.h"

/* 1 beats 3; what was deliberately not asked does not count. */
int ma_exit_code(const struct ma_report *r, const struct ma_options *o)
{
    int code = MA_EXIT_OK;
    if (r->status == MA_REPORT_FAILED)
        return MA_EXIT_UNKNOWN;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct ma_finding *f = r->findings[i];
        if (f->muted != NULL)
            continue;
        if (f->severity != MA_UNKNOWN && f->severity >= o->fail_on)
            return MA_EXIT_FINDINGS;
        if (f->severity == MA_UNKNOWN && f->rule->could_be >= o->fail_on &&
            f->failure != MA_FAIL_OFFLINE && !o->incomplete_ok)
            code = MA_EXIT_UNKNOWN;
    }
    return code;
}
