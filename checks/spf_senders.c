/* SPDX-License-Identifier: MIT */
/* Findings about the audited addresses: may they send for the domain, may they use the HELO name?
 */
#include "spf_report.h"

#include <string.h>

#define VERSION_SIZE 6 /* "v=spf1" */

struct verdict { /* what to report of one result */
    enum ma_spf_result result;
    enum spf_rule given, from_mx, helo;
};

static const struct verdict verdicts[] = {
    {MA_SPF_PASS, SPF_AUTHORIZED, SPF_AUTHORIZED, SPF_HELO_AUTHORIZED},
    {MA_SPF_FAIL, SPF_NOT_AUTHORIZED, SPF_MX_NOT_AUTHORIZED, SPF_HELO_NOT_AUTHORIZED},
    {MA_SPF_SOFTFAIL, SPF_SOFTFAIL, SPF_MX_NOT_AUTHORIZED, SPF_HELO_SOFTFAIL},
    {MA_SPF_NEUTRAL, SPF_NEUTRAL, SPF_MX_NOT_AUTHORIZED, SPF_HELO_UNPROTECTED},
    {MA_SPF_NONE, SPF_MISSING, SPF_MISSING, SPF_HELO_UNPROTECTED},
};

static const struct verdict *verdict_of(enum ma_spf_result result)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (verdicts[i].result == result)
            return &verdicts[i];
    return NULL;
}

bool spf_is_repeated(const struct spf_evaluation *e)
{
    return !e->is_helo && e->client.sender[0] == '\0';
}

static enum spf_rule rule_of(const struct spf_audit *a, const struct spf_evaluation *e)
{
    const struct verdict *v = verdict_of(e->outcome->result);
    if (v == NULL || e->outcome->doubt != NULL || spf_is_repeated(e))
        return SPF_RULE_COUNT;
    enum spf_rule mailfrom = a->senders->from_mx ? v->from_mx : v->given;
    if (mailfrom == SPF_MX_NOT_AUTHORIZED && spf_is_relay(a, e->sender))
        mailfrom = SPF_RULE_COUNT; /* told by spf_report_relays() */
    return e->is_helo ? v->helo : mailfrom;
}

static const char *term_for(struct ma_run *run, const struct ma_sender *sender)
{
    return ma_text(run, "ip%u:%s", (unsigned)sender->address.family, sender->text);
}

/* "matches ip4:192.0.2.0/24", or what decided instead. */
static const char *decided_by(struct ma_run *run, const struct ma_spf_outcome *out)
{
    if (out->matched == NULL)
        return "no term matches it";
    const char *term = spf_term_excerpt(run, out->decisive->policy->record, out->matched->term);
    if (out->matched->term->kind == MA_SPF_ALL)
        return ma_text(run, "no term matches it before %s", term);
    return ma_text(run, "it matches %s", term);
}

static const char *explains(struct ma_run *run, const struct ma_spf_outcome *out)
{
    if (out->explanation == NULL)
        return "";
    return ma_text(run, "; %s explains: %s", out->domain, out->explanation);
}

static void place(struct ma_finding *finding, const struct ma_spf_outcome *out)
{
    if (out->matched != NULL)
        spf_place_term(finding, out->decisive->policy->record, out->matched->term);
}

/* The record that was evaluated, if it may be edited: a sound one of that name itself. */
static const struct ma_spf_record *editable(const struct ma_spf_outcome *out)
{
    const struct ma_spf_policy *policy = out->root->policy;
    if (policy->found != MA_SPF_FOUND || policy->record->fault_count > 0 ||
        strcmp(policy->record->rr->owner, out->domain) != 0)
        return NULL;
    const struct ma_spf_record *record = policy->record;
    for (size_t i = 0; record->all >= 0 && i < record->term_count; i++)
        if (i > (size_t)record->all && record->terms[i].kind < MA_SPF_REDIRECT)
            return NULL; /* the order of the terms is to be mended first */
    return record;
}

/* New terms go right behind the version: there they cost no look-up and nothing comes before. */
static void publish_with(struct ma_run *run, struct ma_finding *finding,
    const struct ma_spf_outcome *out, const char *terms)
{
    const struct ma_spf_record *record = editable(out);
    if (record == NULL) {
        ma_fix(finding, "how", " with%s", terms);
        return;
    }
    ma_fix(finding, "how", "%s", " with this record");
    ma_publish(finding, out->domain, MA_TXT, spf_edited(run, record, VERSION_SIZE, 0, terms));
}

/* ---- MAIL FROM ------------------------------------------------------------------------------- */

/* All addresses with the same verdict are one finding, and one record authorises them all. */
static void report_group(struct spf_audit *a, enum spf_rule rule)
{
    struct ma_finding *finding = NULL;
    const struct ma_spf_outcome *first = NULL;
    const char *terms = "", *also = "";
    for (size_t i = 0; i < a->evaluation_count; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        if (e->is_helo || rule_of(a, e) != rule)
            continue;
        finding = ma_report_also(a->run, &spf_rules[rule], e->sender->text, "%s for %s: %s%s",
            ma_spf_result_name(e->outcome->result), e->outcome->domain,
            decided_by(a->run, e->outcome), explains(a->run, e->outcome));
        terms = ma_text(a->run, "%s %s", terms, term_for(a->run, e->sender));
        if (first == NULL) {
            first = e->outcome;
            place(finding, first);
        } else {
            also = ma_text(a->run, "%s and %s", also, e->sender->text);
        }
    }
    if (finding == NULL || rule == SPF_AUTHORIZED)
        return;
    ma_fix(finding, "also", "%s", also);
    if (rule == SPF_NEUTRAL && (first->matched == NULL || first->matched->term->kind == MA_SPF_ALL))
        ma_effect_of(finding, spf_rules[SPF_NEUTRAL_DEFAULT].id);
    if (a->authorize)
        ma_fix(finding, "how", "%s", " with the record that is proposed");
    else if (rule == SPF_MX_NOT_AUTHORIZED)
        ma_fix(finding, "how", " with%s", terms);
    else
        publish_with(a->run, finding, first, terms);
}

/* The sender's domain is another one than the audited one, and has no record. */
static void report_foreign_missing(struct spf_audit *a)
{
    for (size_t i = 0; i < a->evaluation_count; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        if (e->is_helo || spf_is_repeated(e) || e->outcome->result != MA_SPF_NONE ||
            strcmp(e->outcome->domain, a->target->domain) == 0)
            continue;
        struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_MISSING], e->outcome->domain,
            "the sender's domain has no TXT record that begins with v=spf1");
        ma_fix(finding, "how", "%s", "");
        return;
    }
}

/* ---- HELO ------------------------------------------------------------------------------------ */

static void report_helo(struct spf_audit *a, const struct spf_evaluation *e)
{
    const struct ma_spf_outcome *out = e->outcome;
    const char *name = out->domain;
    enum spf_rule rule = rule_of(a, e);
    if (rule == SPF_RULE_COUNT)
        return;
    struct ma_finding *finding = ma_report_also(a->run, &spf_rules[rule], name, "%s: %s for %s: %s",
        e->sender->text, ma_spf_result_name(out->result), name,
        out->result == MA_SPF_NONE ? "no SPF record" : decided_by(a->run, out));
    place(finding, out);
    if (rule == SPF_HELO_UNPROTECTED && out->result == MA_SPF_NONE && ma_is_hostname(name))
        ma_publish(finding, name, MA_TXT, "\"v=spf1 a -all\"");
    if (rule != SPF_HELO_NOT_AUTHORIZED && rule != SPF_HELO_SOFTFAIL)
        return;
    ma_fix(finding, "address", "%s", e->sender->text);
    publish_with(a->run, finding, out, ma_text(a->run, " %s", term_for(a->run, e->sender)));
}

static void report_helo_assumed(struct spf_audit *a)
{
    for (size_t i = 0; i < a->evaluation_count && a->target->helo == NULL; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        if (!(e->outcome->letters & MA_SPF_LETTER('h')))
            continue;
        ma_report(a->run, &spf_rules[SPF_HELO_ASSUMED], a->target->domain, "assumed: %s",
            e->sender->host != NULL ? e->sender->host : a->target->domain);
        return;
    }
}

/* ---- errors that only an evaluation met ------------------------------------------------------ */

static bool is_known(const struct spf_audit *a, const struct ma_spf_problem *p)
{
    for (const struct ma_spf_problem *w = a->walk->problems; w != NULL; w = w->next)
        if (w->kind == p->kind && (p->kind != MA_SPF_LOOKUP_FAILED || w->answer == p->answer) &&
            strcmp(w->owner, p->owner) == 0)
            return true;
    return false;
}

/* The walk has told most of them already. Others hang on the client: on a macro, on the addresses
   of mx hosts, on another sender's or HELO name's domain. */
static void report_problems(struct spf_audit *a)
{
    for (size_t i = 0; i < a->evaluation_count; i++) {
        const struct ma_spf_problem *p = &a->evaluations[i].outcome->problem;
        if (a->evaluations[i].outcome->doubt != NULL) {
            spf_report_lost(a, a->evaluations[i].outcome->doubt);
            continue;
        }
        bool repeated = p->kind == MA_SPF_NO_PROBLEM || is_known(a, p);
        for (size_t k = 0; k < i && !repeated; k++) {
            const struct ma_spf_problem *other = &a->evaluations[k].outcome->problem;
            repeated = other->kind == p->kind && strcmp(other->owner, p->owner) == 0;
        }
        if (!repeated)
            spf_report_problem(a, p);
    }
}

/* Which of the audited addresses the fault hits. It was reported itself: this is its effect. */
static void report_permerrors(struct spf_audit *a)
{
    for (size_t i = 0; i < a->evaluation_count; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        if (e->outcome->result != MA_SPF_PERMERROR || e->outcome->doubt != NULL ||
            spf_is_repeated(e))
            continue;
        struct ma_finding *finding = ma_report_also(a->run, &spf_rules[SPF_PERMERROR],
            e->sender->text, "permerror for %s as %s", e->outcome->domain,
            e->is_helo ? "HELO name" : "envelope sender");
        ma_effect_of(finding, spf_rules[spf_problem_rule(a, &e->outcome->problem)].id);
    }
}

/* What of the domain's own records, or of those that they redirect to, may leave a mail unrefused;
   NULL: nothing. */
static const struct ma_spf_term *lets_through(
    const struct ma_spf_seen *seen, const struct ma_spf_record **record_r)
{
    for (; seen != NULL; seen = seen->next) {
        if (!seen->own)
            continue;
        *record_r = seen->policy->record;
        for (size_t i = 0; i < (*record_r)->term_count; i++) {
            const struct ma_spf_term *term = &(*record_r)->terms[i];
            if (term->kind < MA_SPF_REDIRECT && term->qualifier != '-')
                return term;
            if (term->kind == MA_SPF_ALL)
                break;
        }
    }
    return NULL;
}

/* A domain that sends nothing wants "v=spf1 -all" (RFC 7208 10.1.2). */
static void report_no_mail(struct spf_audit *a)
{
    if (a->walk->policy->found != MA_SPF_FOUND || a->walk->invalid)
        return;
    const struct ma_spf_record *record = a->walk->policy->record;
    const struct ma_spf_term *term = lets_through(a->walk->seen, &record);
    if (term == NULL && record->all < 0 && record->redirect >= 0)
        return; /* where it leads to could not be had */
    enum spf_rule rule = term == NULL && record->all >= 0 ? SPF_NO_MAIL : SPF_NOT_SENDING;
    if (record->all >= 0 && record->terms[record->all].qualifier == '+')
        return; /* that the whole world may send says it already */
    struct ma_finding *f = ma_report(a->run, &spf_rules[rule], a->target->domain, "%s",
        spf_excerpt(a->run, record->text, record->size));
    if (rule == SPF_NO_MAIL)
        return;
    if (term != NULL)
        spf_place_term(f, record, term);
    ma_publish(f, a->target->domain, MA_TXT, "\"v=spf1 -all\"");
}

void spf_report_senders(struct spf_audit *a)
{
    static const enum spf_rule groups[] = {
        SPF_NOT_AUTHORIZED, SPF_SOFTFAIL, SPF_NEUTRAL, SPF_MX_NOT_AUTHORIZED, SPF_AUTHORIZED};
    report_problems(a);
    report_permerrors(a);
    if (!a->sends) {
        report_no_mail(a);
        return;
    }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        report_group(a, groups[i]);
    spf_report_relays(a);
    spf_report_authorize(a);
    report_foreign_missing(a);
    for (size_t i = 0; i < a->evaluation_count; i++)
        if (a->evaluations[i].is_helo)
            report_helo(a, &a->evaluations[i]);
    report_helo_assumed(a);
}
