/* SPDX-License-Identifier: MIT */
#include "lists.h"

#include "observe/slow.h"
#include "output.h"

#include <string.h>

bool ma_lists_prepare(struct ma_options *o, FILE *err)
{
    if (o->argument_count > 0) {
        fprintf(err, "lists: '%s' is too much: no domain is audited\n", o->arguments[0]);
        return false;
    }
    /* a target of which nothing has to be asked */
    return ma_spec_set_domain(&o->spec, &o->arena, "lists.invalid", err) &&
           ma_spec_set_role(&o->spec, "parked", err) &&
           ma_spec_add_address(&o->spec, &o->arena, "127.0.0.2", err) &&
           ma_options_set(o, "dnsbl-tests", "yes", err);
}

static const char *text(const struct ma_data *row, const char *key)
{
    const char *found = ma_data_text(row, key);
    return found != NULL ? found : "";
}

static const struct ma_data *rows_of(const struct ma_report *report)
{
    for (size_t i = 0; i < report->check_count; i++)
        if (strcmp(report->checks[i].check->name, "dnsbl") == 0 && report->checks[i].data != NULL)
            return ma_data_member(report->checks[i].data, "lists");
    return NULL;
}

static bool is_slow(const struct ma_session *s, const char *zone)
{
    const struct ma_slow_zone *slow[MA_SLOW_PLACES];
    size_t count =
        s->network != NULL ? ma_slow_worst(ma_network_slow(s->network), slow, MA_SLOW_PLACES) : 0;
    for (size_t i = 0; i < count; i++)
        if (slow[i]->answers > 0 && ma_is_within(zone, slow[i]->name))
            return true;
    return false;
}

int ma_lists_print(const struct ma_report *report, const struct ma_session *s,
    const struct ma_options *o, FILE *err)
{
    const struct ma_data *rows = rows_of(report);
    bool all = true;
    struct ma_output out;
    if (rows == NULL) {
        fputs("lists: the check was given up\n", err);
        return MA_EXIT_UNKNOWN;
    }
    for (struct ma_data *row = rows->children.first; row != NULL; row = row->next) {
        if (strcmp(text(row, "state"), "alive") == 0 && is_slow(s, text(row, "zone")))
            ma_put(row, "state", "slow");
        const char *state = text(row, "state");
        all = all && (strcmp(state, "alive") == 0 || strcmp(state, "slow") == 0 ||
                         strcmp(state, "not-asked") == 0);
    }
    if (!ma_output_open(&out, o->output, err))
        return MA_EXIT_USAGE;
    if (o->format_name != NULL && strcmp(o->format_name, "json") == 0)
        ma_report_lists_json(out.file, rows);
    else
        ma_report_lists(out.file, rows);
    if (!ma_output_close(&out, err))
        return MA_EXIT_USAGE;
    return all ? MA_EXIT_OK : MA_EXIT_FINDINGS;
}
