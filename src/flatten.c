/* SPDX-License-Identifier: MIT */
#include "flatten.h"

#include "data.h"
#include "output.h"

#include <string.h>

#define FORMAT_DEFAULT "cidr"

bool ma_flatten_prepare(struct ma_options *o, FILE *err)
{
    if (o->argument_count > 1) {
        fprintf(err, "flatten: '%s' is too much: one domain\n", o->arguments[1]);
        return false;
    }
    if (o->argument_count == 1) {
        if (!ma_spec_set_domain(&o->spec, &o->arena, o->arguments[0], err))
            return false;
        o->spec.address_count = 0; /* a recording's, of another target */
    }
    if (o->spec.domain == NULL) {
        fputs("flatten: no domain given\n", err);
        return false;
    }
    /* with these nothing but the policy has to be asked for */
    return ma_spec_set_role(&o->spec, "parked", err) &&
           (o->spec.address_count > 0 ||
               ma_spec_add_address(&o->spec, &o->arena, "192.0.2.1", err));
}

static const struct ma_data *flat_of(const struct ma_report *report)
{
    for (size_t i = 0; i < report->check_count; i++)
        if (strcmp(report->checks[i].check->name, "flatten") == 0)
            return report->checks[i].data;
    return NULL;
}

/* Nothing is lost where the terms that are no networks stay in the record. */
static int code_of(const struct ma_data *flat, const char *state, const char *format, bool lenient)
{
    const struct ma_data *fit = ma_data_member(flat, "records_fit");
    bool records = strcmp(format, "spf") == 0;
    if (strcmp(state, "incomplete") == 0)
        return lenient ? MA_EXIT_OK : MA_EXIT_UNKNOWN;
    if (records && (fit->kind != MA_DATA_BOOL || !fit->truth))
        return MA_EXIT_FINDINGS;
    if (ma_flat_is_for_all(flat))
        return MA_EXIT_FINDINGS;
    bool whole = strcmp(state, "complete") == 0 || (records && strcmp(state, "partial") == 0);
    return whole ? MA_EXIT_OK : MA_EXIT_FINDINGS;
}

/* A list that a mail server goes by is not to shrink because a name server was silent. */
static bool is_withheld(const struct ma_data *flat, const struct ma_options *o, FILE *err)
{
    if (o->output == NULL || o->incomplete_ok ||
        strcmp(ma_data_text(flat, "state"), "incomplete") != 0)
        return false;
    const char *detail = "a bound was reached";
    for (const struct ma_data *l = ma_data_first(flat, "left"); l != NULL; l = l->next)
        if (ma_data_text(l, "detail") != NULL)
            detail = ma_data_text(l, "detail");
    fprintf(err, "flatten: networks are missing (%s): '%s' is left as it was\n", detail, o->output);
    return true;
}

int ma_flatten_print(const struct ma_report *report, const struct ma_session *s,
    const struct ma_options *o, FILE *err)
{
    (void)s;
    struct ma_output out;
    const struct ma_data *flat = flat_of(report);
    const char *state = flat != NULL ? ma_data_text(flat, "state") : NULL;
    const char *name = o->format_name != NULL ? o->format_name : FORMAT_DEFAULT;
    const struct ma_flat_format *format = ma_flat_format_find(name);
    if (state == NULL) {
        fputs("flatten: given up: the time ran out, or a bound was reached\n", err);
        return MA_EXIT_UNKNOWN;
    }
    if (format != NULL && is_withheld(flat, o, err))
        return MA_EXIT_UNKNOWN;
    if (!ma_output_open(&out, o->output, err))
        return MA_EXIT_USAGE;
    if (format != NULL)
        format->render(out.file, o->spec.domain, flat);
    else
        ma_report_object_json(out.file, flat);
    if (!ma_output_close(&out, err))
        return MA_EXIT_USAGE;
    return code_of(flat, state, name, o->incomplete_ok);
}
