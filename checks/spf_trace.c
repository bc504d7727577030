/* SPDX-License-Identifier: MIT */
/* checks.spf in JSON: what was evaluated, term by term. */
#include "spf_report.h"

/* Terms of all traces of one audit; what is beyond is marked "cut". A sender costs some 20. */
#define TRACE_TERMS_MAX 4000
#define ANSWERS_MAX     16 /* records shown of one answer */

struct tracer {
    struct ma_run *run;
    size_t terms_left;
};

static const char *status_text(struct ma_run *run, const struct ma_answer *answer)
{
    switch (answer->status) {
    case MA_OK:
        return "ok";
    case MA_NODATA:
        return "nodata";
    case MA_NXDOMAIN:
        return "nxdomain";
    default:
        return ma_text(run, "failed:%s", ma_failure_name(answer->failure));
    }
}

static const char *rr_text(struct ma_run *run, const struct ma_rr *rr)
{
    switch (rr->type) {
    case MA_A:
    case MA_AAAA:
        return ma_address_text(run, &rr->address);
    case MA_MX:
        return ma_text(run, "%u %s", (unsigned)rr->mx.preference, rr->mx.exchange);
    case MA_PTR:
        return rr->name;
    default:
        return NULL; /* TXT: the record is in the visit that it led to */
    }
}

static void put_asked(struct tracer *t, struct ma_data *term, const struct ma_spf_asked *asked)
{
    for (; asked != NULL; asked = asked->next) {
        const struct ma_answer *answer = asked->answer;
        struct ma_data *look = ma_append_free(term, "asked");
        ma_put(look, "name", answer->name);
        ma_put(look, "type", ma_type_name(t->run, answer->type));
        ma_put(look, "status", status_text(t->run, answer));
        for (size_t i = 0; i < answer->rr_count && i < ANSWERS_MAX; i++) {
            const char *text = rr_text(t->run, &answer->rrs[i]);
            if (text != NULL)
                ma_append_text(look, "answer", text);
        }
    }
}

static void put_faults(struct tracer *t, struct ma_data *visit, const struct ma_spf_record *record)
{
    for (size_t i = 0; i < record->fault_count && i < MA_SPF_FAULTS_MAX; i++) {
        const struct ma_spf_fault *fault = &record->faults[i];
        struct ma_data *data = ma_append_free(visit, "faults");
        ma_put_bytes(data, "term", record->text + fault->term_offset, fault->term_length);
        ma_put_int(data, "offset", (int64_t)fault->offset);
        ma_put_int(data, "length", (int64_t)fault->length);
        ma_put(data, "text", ma_spf_fault_text(fault->code));
        if (t->terms_left > 0)
            t->terms_left--;
    }
}

static void put_visit(struct tracer *t, struct ma_data *, const struct ma_spf_visit *);

static void put_step(struct tracer *t, struct ma_data *visit, const struct ma_spf_record *record,
    const struct ma_spf_step *step)
{
    const struct ma_spf_term *term = step->term;
    struct ma_data *data = ma_append_free(visit, "terms");
    ma_put_bytes(data, "term", record->text + term->offset, term->length);
    ma_put_int(data, "offset", term->offset);
    ma_put(data, "verdict", ma_spf_verdict_name(step->verdict));
    if (step->target != NULL)
        ma_put(data, "name", step->target->text != NULL ? step->target->text : step->target->raw);
    if (step->is_lookup) {
        ma_put_int(data, "lookups", step->lookups);
        ma_put_int(data, "voids", step->voids);
    }
    put_asked(t, data, step->asked);
    if (step->inside != NULL)
        put_visit(t, ma_append_free(data, "inside"), step->inside);
}

static void put_visit(struct tracer *t, struct ma_data *data, const struct ma_spf_visit *visit)
{
    const struct ma_spf_record *record = visit->policy->record;
    ma_put(data, "domain", visit->domain->text != NULL ? visit->domain->text : visit->domain->raw);
    if (record != NULL)
        ma_put_bytes(data, "record", record->text, record->size);
    else
        ma_put(data, "record", NULL);
    ma_put(data, "result", ma_spf_result_name(visit->result));
    if (record == NULL)
        return;
    put_faults(t, data, record);
    for (size_t i = 0; i < visit->step_count; i++) {
        if (t->terms_left == 0) {
            ma_put_bool(data, "cut", true);
            return;
        }
        t->terms_left--;
        put_step(t, data, record, &visit->steps[i]);
    }
}

static void put_evaluation(struct tracer *t, struct ma_data *row, const struct spf_evaluation *e)
{
    const struct ma_spf_outcome *out = e->outcome;
    ma_put(row, "address", e->sender->text);
    ma_put(row, "identity", e->is_helo ? "helo" : "mailfrom");
    ma_put(row, "domain", out->domain);
    ma_put(row, "result", ma_spf_result_name(out->result));
    ma_put(row, "explanation", out->explanation);
    if (out->matched != NULL) {
        const struct ma_spf_record *record = out->decisive->policy->record;
        const struct ma_spf_term *term = out->matched->term;
        ma_put_bytes(row, "matched", record->text + term->offset, term->length);
    }
    ma_put_int(row, "lookups", out->lookups);
    ma_put_int(row, "voids", out->voids);
    if (out->doubt != NULL) /* what was passed over, and might have changed the result */
        ma_put(row, "doubt",
            ma_text(t->run, "%s %s", out->doubt->name, ma_type_name(t->run, out->doubt->type)));
    put_visit(t, ma_append_free(row, "trace"), out->root);
}

/* "valid" stays null where there is no record, and where a failed look-up may hide a fault. */
static void put_walk(struct ma_data *result, const struct ma_spf_walk *walk)
{
    const struct ma_spf_policy *policy = walk->policy;
    if (policy->record != NULL)
        ma_put_bytes(result, "record", policy->record->text, policy->record->size);
    if (policy->found == MA_SPF_NONE_THERE) { /* what is not there looks nothing up */
        ma_put_int(result, "lookups_worst_case", 0);
        ma_put_int(result, "voids_worst_case", 0);
    }
    if (policy->found != MA_SPF_FOUND && policy->found != MA_SPF_SEVERAL)
        return;
    if (walk->invalid || (walk->failed == 0 && !walk->cut))
        ma_put_bool(result, "valid", !walk->invalid);
    if (!walk->endless && !walk->cut)
        ma_put_int(result, "lookups_worst_case", walk->lookups);
    ma_put_int(result, "voids_worst_case", walk->voids);
}

void spf_report_result(struct spf_audit *a)
{
    struct ma_data *result = ma_result(a->run);
    struct tracer tracer = {.run = a->run, .terms_left = TRACE_TERMS_MAX};
    for (size_t i = 0; i < a->evaluation_count; i++)
        put_evaluation(&tracer, ma_append(result, "results"), &a->evaluations[i]);
    put_walk(result, a->walk);
    ma_put_int(result, "void_limit", a->spf.voids_max);
    if (a->walk->seen != NULL)
        ma_put_int(result, "ipv4_authorised", (int64_t)spf_ipv4_granted(a));
}
