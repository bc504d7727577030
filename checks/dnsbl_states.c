/* SPDX-License-Identifier: MIT */
/* The state of every list as seen from here, by its own test entries. */
#include "dnsbl_report.h"

static const char *state_of(const struct dnsbl_zone *z, const struct dnsbl_verdict *v)
{
    static const char *const unknown[DNSBL_CAUSE_COUNT] = {
        [DNSBL_CAUSE_REFUSED] = "refused",
        [DNSBL_CAUSE_NO_ANSWER] = "silent",
        [DNSBL_CAUSE_UNRELIABLE] = "dead",
        [DNSBL_CAUSE_CODE] = "alive", /* what its test entry means is its own affair */
        [DNSBL_CAUSE_REWRITTEN] = "dead",
    };
    switch (v->state) {
    case DNSBL_STATE_UNKNOWN:
        return unknown[v->cause];
    case DNSBL_STATE_NOT_ASKED:
        return z->ended ? "dead" : "not-asked";
    default:
        return "alive";
    }
}

void dnsbl_put_states(const struct dnsbl_view *v)
{
    struct ma_data *result = ma_result(v->run);
    for (size_t k = 0; k < v->lists->count && v->subject_count > 0; k++) {
        const struct dnsbl_zone *z = &v->lists->zones[k];
        const struct dnsbl_row *row = dnsbl_row(v, z, 0);
        struct ma_data *d = ma_append(result, "lists");
        ma_put(d, "zone", z->name);
        ma_put_bool(d, "recursive", row->refused != NULL);
        ma_put(d, "class", dnsbl_class_word(z->class));
        ma_put(d, "weight", dnsbl_weight_word(z->weight));
        ma_put(d, "state", state_of(z, &row->verdict));
        if (row->verdict.state == DNSBL_STATE_UNKNOWN ||
            row->verdict.state == DNSBL_STATE_NOT_ASKED)
            ma_put(d, "reason", row->verdict.reason);
        else if (row->refused != NULL)
            ma_put(d, "reason",
                ma_text(
                    v->run, "asked by full recursion; the resolver is refused: %s", row->refused));
    }
}
