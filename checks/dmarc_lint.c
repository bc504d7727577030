/* SPDX-License-Identifier: MIT */
/* dmarc_lint.c - what is wrong, or weak, with the record that applies. */
#include "dmarc_check.h"
#include "typography.h"

#include <string.h>

/* What a UDP answer may carry everywhere (RFC 9715 3.2). */
#define UDP_ANSWER_MAX 1232
#define EXCERPT_MAX    60 /* bytes of a record that are quoted as evidence */

static const uint32_t drop_subdomains = UINT32_C(1) << MA_DMARC_SP | UINT32_C(1) << MA_DMARC_NP;

static bool sends(const struct dmarc *d)
{
    return d->role == MA_SENDS_AND_RECEIVES || d->role == MA_SENDS_ONLY;
}

static bool receives(const struct dmarc *d)
{
    return d->role == MA_SENDS_AND_RECEIVES || d->role == MA_RECEIVES_ONLY;
}

const char *dmarc_default_rua(struct dmarc *d)
{
    return receives(d) ? ma_text(d->run, "mailto:dmarc-reports@%s", d->target->domain) : NULL;
}

void dmarc_publish(struct dmarc *d, struct ma_finding *f, const char *owner,
    const struct ma_dmarc_record *r, const struct ma_dmarc_edit *edit)
{
    struct ma_dmarc_record mended;
    size_t at;
    if (ma_dmarc_record_has(r, MA_DMARC_NO_SEMICOLON) ||
        ma_typography_find(r->bytes, r->size, &at)) {
        char *again = ma_alloc(d->run, r->size + MA_DMARC_MEND_EXTRA);
        ma_dmarc_record_parse(&mended, again, ma_dmarc_record_mend(again, r->bytes, r->size));
        r = &mended;
    }
    size_t rua = edit->default_rua != NULL ? strlen(edit->default_rua) : 0;
    char *text = ma_alloc(d->run, r->size + rua + MA_DMARC_WRITE_EXTRA);
    size_t size = ma_dmarc_record_write(r, edit, text);
    ma_publish(f, owner, MA_TXT, ma_txt_rdata(d->run, text, size));
}

struct ma_finding *dmarc_report(struct dmarc *d, enum dmarc_rule rule, struct ma_span place,
    const struct ma_dmarc_edit *edit, const char *evidence)
{
    struct ma_finding *f =
        ma_report(d->run, &dmarc_rules[rule], d->at->answer->name, "%s", evidence);
    ma_place(f, d->at->rr, place.offset, place.size);
    if (edit != NULL)
        dmarc_publish(d, f, d->at->rr->owner, d->record, edit);
    return f;
}

static const char *excerpt(struct dmarc *d, struct ma_span place)
{
    bool whole = place.size <= EXCERPT_MAX;
    const char *text =
        ma_bytes_text(d->run, d->record->bytes + place.offset, whole ? place.size : EXCERPT_MAX);
    return ma_text(d->run, "'%s%s'", text, whole ? "" : "...");
}

/* ---- faults --------------------------------------------------------------------------------- */

/* "mailto:a,b@host": half of an address, whose other half is taken for the next one. */
static const char *comma_evidence(struct dmarc *d, struct ma_span place)
{
    size_t end = place.offset + place.size;
    bool half = end < d->record->size && d->record->bytes[end] == ',' &&
                memchr(d->record->bytes + place.offset, '@', place.size) == NULL;
    return ma_text(d->run, "%s%s", excerpt(d, place),
        half ? ": a comma ends an address; inside of one it is written %2C" : "");
}

static const char *fault_evidence(struct dmarc *d, enum ma_dmarc_fault fault)
{
    const struct ma_dmarc_record *r = d->record;
    switch (fault) {
    case MA_DMARC_NO_P:
        return "the record has no p=";
    case MA_DMARC_NO_SEMICOLON:
        return ma_text(d->run, "no semicolon before %s", excerpt(d, r->places[fault]));
    case MA_DMARC_MANY_URIS:
        return ma_text(d->run, "rua has %u, ruf has %u", r->rua.seen, r->ruf.seen);
    case MA_DMARC_EMPTY_TAG:
        return "';;'";
    case MA_DMARC_BAD_URI:
        return comma_evidence(d, r->places[fault]);
    default:
        return excerpt(d, r->places[fault]);
    }
}

/* Nothing but p, sp and np decides whether a record counts: the first fault there is the cause. */
static uint32_t report_no_effect(struct dmarc *d)
{
    static const enum ma_dmarc_fault causes[] = {
        MA_DMARC_NO_SEMICOLON, MA_DMARC_BAD_POLICY, MA_DMARC_NO_P};
    uint32_t told = 0;
    if (ma_dmarc_record_effect(d->record) != MA_DMARC_NO_EFFECT)
        return 0;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        enum ma_dmarc_fault fault = causes[i];
        if (told == 0 && ma_dmarc_record_has(d->record, fault))
            dmarc_report(d, DMARC_NO_EFFECT, d->record->places[fault],
                &(struct ma_dmarc_edit){.default_rua = dmarc_default_rua(d)},
                ma_text(d->run, "%s, and no valid rua=", fault_evidence(d, fault)));
        if (ma_dmarc_record_has(d->record, fault))
            told |= UINT32_C(1) << fault;
    }
    return told;
}

static void report_faults(struct dmarc *d)
{
    uint32_t told = report_no_effect(d);
    for (unsigned i = 0; i < MA_DMARC_FAULT_COUNT; i++) {
        enum ma_dmarc_fault fault = (enum ma_dmarc_fault)i;
        struct ma_dmarc_edit edit = {0};
        if (fault == MA_DMARC_BAD_URI && (d->record->tags >> MA_DMARC_RUA & 1) != 0)
            edit.default_rua = dmarc_default_rua(d); /* where no address is left */
        if ((d->record->faults & ~told) >> i & 1)
            dmarc_report(d, dmarc_rule_of[i], d->record->places[i],
                fault != MA_DMARC_MANY_URIS ? &edit : NULL, fault_evidence(d, fault));
    }
}

/* ---- policy --------------------------------------------------------------------------------- */

static struct ma_span tag_place(const struct dmarc *d, enum ma_dmarc_tag tag)
{
    const struct ma_dmarc_record *r = d->record;
    return (r->tags >> tag & 1) != 0 ? r->values[tag] : (struct ma_span){0, r->size};
}

/* The tag that the domain's own policy comes from. */
static enum ma_dmarc_tag policy_tag(const struct dmarc *d)
{
    if (!d->own.inherited)
        return MA_DMARC_P;
    if (d->exists->status == MA_NXDOMAIN && d->record->np != MA_DMARC_UNSET)
        return MA_DMARC_NP;
    return d->record->sp != MA_DMARC_UNSET ? MA_DMARC_SP : MA_DMARC_P;
}

static const char *policy_evidence(struct dmarc *d)
{
    static const char *const names[] = {
        [MA_DMARC_P] = "p", [MA_DMARC_SP] = "sp", [MA_DMARC_NP] = "np"};
    const char *text = ma_text(d->run, "%s=%s%s at %s", names[policy_tag(d)],
        ma_dmarc_policy_name(d->policy), d->record->testing ? ", t=y" : "", d->at->answer->name);
    for (size_t i = 0; d->own.inherited && i < d->count; i++)
        text =
            ma_text(d->run, "%s%s%s", text, i == 0 ? "; asked: " : ", ", d->names[i].answer->name);
    return text;
}

/* Nothing is sent in the domain's name, so nothing can be lost by refusing it all. */
static void report_not_sending(struct dmarc *d)
{
    struct ma_dmarc_edit edit = {.which = MA_DMARC_P,
        .policy = MA_DMARC_REJECT,
        .drop = UINT32_C(1) << MA_DMARC_T | (d->own.inherited ? drop_subdomains : 0)};
    struct ma_finding *f = ma_report(
        d->run, &dmarc_rules[DMARC_NOT_SENDING], d->target->domain, "%s", policy_evidence(d));
    struct ma_span place = tag_place(d, policy_tag(d));
    ma_place(f, d->at->rr, place.offset, place.size);
    const char *owner =
        d->own.inherited ? ma_text(d->run, "_dmarc.%s", d->target->domain) : d->at->rr->owner;
    dmarc_publish(d, f, owner, d->record, &edit);
}

static void report_policy(struct dmarc *d)
{
    if (!sends(d) && (d->policy != MA_DMARC_REJECT || d->record->testing)) {
        report_not_sending(d);
        return;
    }
    if (sends(d) && d->policy == MA_DMARC_REJECT && !d->record->testing && dmarc_own_mail(d))
        return;
    if (d->policy == MA_DMARC_NONE) {
        dmarc_report(d, DMARC_POLICY_NONE, tag_place(d, policy_tag(d)),
            &(struct ma_dmarc_edit){.which = policy_tag(d), .policy = MA_DMARC_QUARANTINE},
            policy_evidence(d));
    } else if (d->record->testing) {
        dmarc_report(d, DMARC_TESTING, tag_place(d, MA_DMARC_T),
            &(struct ma_dmarc_edit){.drop = UINT32_C(1) << MA_DMARC_T}, policy_evidence(d));
    } else if (ma_dmarc_record_valid(d->record) && d->record->pct == 100) {
        ma_report(
            d->run, &dmarc_rules[DMARC_ENFORCED], d->target->domain, "%s", policy_evidence(d));
    }
}

static void report_subdomains(struct dmarc *d)
{
    bool whole = !d->own.inherited && d->own.org_domain == d->target->domain;
    if (!whole || d->below.lost)
        return;
    bool existing = d->subdomain_policy < d->policy;
    bool others = d->nonexistent_policy < d->policy;
    if (!existing && !others)
        return;
    dmarc_report(d, DMARC_SUBDOMAINS, tag_place(d, existing ? MA_DMARC_SP : MA_DMARC_NP),
        &(struct ma_dmarc_edit){.drop = drop_subdomains},
        ma_text(d->run, "p=%s, but %s for subdomains and %s for names that do not exist",
            ma_dmarc_policy_name(d->policy), ma_dmarc_policy_name(d->subdomain_policy),
            ma_dmarc_policy_name(d->nonexistent_policy)));
}

static void report_unused(struct dmarc *d)
{
    const struct ma_dmarc_record *r = d->record;
    if (d->own.inherited || d->own.org_domain == NULL || d->own.org_domain == d->target->domain ||
        (r->tags & drop_subdomains) == 0)
        return;
    enum ma_dmarc_tag tag = (r->tags >> MA_DMARC_SP & 1) != 0 ? MA_DMARC_SP : MA_DMARC_NP;
    struct ma_finding *f = dmarc_report(d, DMARC_UNUSED, tag_place(d, tag),
        &(struct ma_dmarc_edit){.drop = drop_subdomains},
        ma_text(d->run, "the organisation's domain is %s", d->own.org_domain));
    ma_fix(f, "org", "_dmarc.%s", d->own.org_domain);
}

static void report_psd(struct dmarc *d)
{
    const char *name = d->own.applied->name;
    if (d->record->psd != 'y' || d->psl == NULL || ma_is_public_suffix(d->psl, name))
        return;
    dmarc_report(d, DMARC_PUBLIC_SUFFIX, tag_place(d, MA_DMARC_PSD),
        &(struct ma_dmarc_edit){.drop = UINT32_C(1) << MA_DMARC_PSD},
        ma_text(d->run, "%s is not on the public suffix list", name));
}

static void report_no_reports(struct dmarc *d)
{
    const char *rua = dmarc_default_rua(d);
    if ((d->record->tags >> MA_DMARC_RUA & 1) != 0 || rua == NULL ||
        ma_dmarc_record_effect(d->record) == MA_DMARC_NO_EFFECT)
        return;
    dmarc_report(d, DMARC_NO_REPORTS, (struct ma_span){0, d->record->size},
        &(struct ma_dmarc_edit){.default_rua = rua}, "the record has no rua=");
}

static void report_size(struct dmarc *d)
{
    const struct ma_answer *a = d->at->answer;
    if (a->size_bytes > UDP_ANSWER_MAX)
        dmarc_report(d, DMARC_LARGE, (struct ma_span){0, d->record->size}, NULL,
            ma_text(d->run, "the answer takes %zu bytes", a->size_bytes));
}

void dmarc_lint(struct dmarc *d)
{
    report_faults(d);
    report_size(d);
    /* with a policy that is not valid, the fault is the cause of all that follows */
    if (ma_dmarc_record_effect(d->record) == MA_DMARC_AS_WRITTEN && !d->lost)
        report_policy(d);
    report_subdomains(d);
    report_unused(d);
    report_psd(d);
    report_no_reports(d);
}
