/* SPDX-License-Identifier: MIT */
/* Findings about the records themselves: what makes them an error for some sender or for all. */
#include "spf_report.h"

#include "spf/flat.h"

#include <string.h>
#include <strings.h>

#define COSTS_SHOWN      12 /* terms named with the look-ups that they take */
#define FLAT_RECORDS_MAX 6  /* that are proposed in the place of one */

static bool has_problem(const struct ma_spf_walk *walk, enum ma_spf_problem_kind kind)
{
    for (const struct ma_spf_problem *p = walk->problems; p != NULL; p = p->next)
        if (p->kind == kind)
            return true;
    return false;
}

/* ", in the record of x" where the record is not the domain's own. */
static const char *where(const struct spf_audit *a, const char *owner)
{
    if (strcmp(owner, a->target->domain) == 0)
        return "";
    return ma_text(a->run, ", in the record of %s", owner);
}

static struct ma_finding *report_at_term(struct spf_audit *a, enum spf_rule rule,
    const struct ma_spf_problem *p, const char *subject, const char *evidence)
{
    struct ma_finding *finding = ma_report(a->run, &spf_rules[rule], subject, "%s", evidence);
    if (p->record != NULL && p->term != NULL)
        spf_place_term(finding, p->record, p->term);
    return finding;
}

/* ---- syntax ---------------------------------------------------------------------------------- */

/* Is there a record of --authorize, which has this mended as well? */
static bool is_proposed(const struct spf_audit *a, const char *domain)
{
    return a->proposal != NULL && a->proposal->rdata != NULL &&
           strcmp(a->proposal->domain, domain) == 0;
}

static void publish_repaired(
    struct spf_audit *a, struct ma_finding *finding, const struct ma_spf_record *record)
{
    const struct ma_spf_record *repaired = spf_repaired(a->run, record);
    if (repaired != NULL && is_proposed(a, a->target->domain))
        ma_publish(finding, a->target->domain, MA_TXT, a->proposal->rdata);
    else if (repaired != NULL)
        ma_publish(finding, a->target->domain, MA_TXT,
            ma_txt_rdata(a->run, repaired->text, repaired->size));
}

static void report_fault(struct spf_audit *a, const struct ma_spf_problem *p,
    const struct ma_spf_fault *fault, bool first)
{
    const struct ma_spf_record *record = p->record;
    const char *term = spf_excerpt(a->run, record->text + fault->term_offset, fault->term_length);
    const char *part = spf_excerpt(a->run, record->text + fault->offset, fault->length);
    bool whole = fault->code == MA_SPF_BAD_BYTE || strcmp(term, part) == 0;
    /* each fault is a finding of its own: byte numbers keep their ids apart */
    const char *subject =
        first ? p->owner : ma_text(a->run, "%s, byte %zu", p->owner, fault->offset);
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_SYNTAX], subject, "%s%s%s %s%s",
        whole ? "" : term, whole ? "" : ": ", whole ? term : part, ma_spf_fault_text(fault->code),
        where(a, p->owner));
    ma_place(finding, record->rr, fault->offset, fault->length);
    ma_fix(finding, "advice", "%s", ma_spf_fault_advice(fault->code));
    if (strcmp(p->owner, a->target->domain) == 0)
        ma_fix(finding, "whose", "%s", "");
    else
        ma_fix(finding, "whose",
            "; the record is that of %s: have its owner correct it, or take "
            "the term that leads there out of yours",
            p->owner);
    if (!first)
        ma_effect_of(finding, spf_rules[SPF_SYNTAX].id);
    else if (strcmp(p->owner, a->target->domain) == 0)
        publish_repaired(a, finding, record);
}

static void report_syntax(struct spf_audit *a, const struct ma_spf_problem *p)
{
    size_t kept = p->record->fault_count;
    if (kept > MA_SPF_FAULTS_MAX)
        kept = MA_SPF_FAULTS_MAX;
    for (size_t i = 0; i < kept; i++)
        report_fault(a, p, &p->record->faults[i], i == 0);
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* "include:_spf.example.net 4, mx 1": what each term of the domain's own record costs. */
static const char *costs(const struct spf_audit *a)
{
    const struct ma_spf_walk *walk = a->walk;
    const struct ma_spf_record *record = walk->policy->record;
    const char *text = "";
    size_t shown = 0;
    if (walk->costs == NULL)
        return text;
    for (size_t i = 0; i < record->term_count && shown < COSTS_SHOWN; i++) {
        if (walk->costs[i] == 0)
            continue;
        text = ma_text(a->run, "%s%s %s takes %u", text, shown > 0 ? "," : ":",
            spf_term_excerpt(a->run, record, &record->terms[i]), walk->costs[i]);
        shown++;
    }
    return text;
}

/* All of it as networks, where that is whole and small enough to be published. */
static bool publish_flat(struct spf_audit *a, struct ma_finding *finding)
{
    const char *domain = a->target->domain;
    if (a->walk->cut)
        return false;
    const struct ma_spf_flat *flat =
        ma_spf_flatten(&a->spf, ma_spf_name(a->run, domain, strlen(domain)));
    if (flat->failed != NULL || flat->cut || flat->broken)
        return false;
    const struct ma_spf_flat_records *records = ma_spf_flat_write(a->run, flat, domain);
    if (records == NULL || records->over || records->count > FLAT_RECORDS_MAX)
        return false;
    for (const struct ma_spf_flat_record *r = records->list; r != NULL; r = r->next)
        ma_publish(finding, r->owner, MA_TXT, ma_txt_rdata(a->run, r->text, strlen(r->text)));
    return true;
}

static void report_lookup_limit(struct spf_audit *a, const struct ma_spf_problem *p)
{
    if (a->walk->endless)
        return; /* the loop is the cause */
    const char *evidence = ma_text(
        a->run, "%s%u look-ups%s", a->walk->cut ? "more than " : "", a->walk->lookups, costs(a));
    struct ma_finding *finding =
        report_at_term(a, SPF_TOO_MANY_LOOKUPS, p, a->target->domain, evidence);
    const char *replaced, *rdata = spf_slimmed(a, &replaced), *what = NULL;
    if (rdata != NULL) {
        ma_publish(finding, a->target->domain, MA_TXT, rdata);
        what = ma_text(a->run, "this record, in which the networks of %s", replaced);
    } else if (publish_flat(a, finding)) {
        what = "what is below, in which the networks of all names";
    }
    ma_fix(finding, "how", "%s%s%s", what != NULL ? "; or publish " : "", what != NULL ? what : "",
        what != NULL ? " stand themselves - and compare them with theirs every month, as they "
                       "change without telling you"
                     : "");
}

/* ---- where the terms lead -------------------------------------------------------------------- */

static const char *nothing_there(struct spf_audit *a, const struct ma_spf_problem *p)
{
    if (p->answer == NULL)
        return ma_text(a->run, "%s is not a domain name that can be looked up", p->name);
    return ma_text(a->run, "%s %s", p->name,
        p->answer->status == MA_NXDOMAIN ? "does not exist" : "has no SPF record");
}

static void report_dead_end(struct spf_audit *a, const struct ma_spf_problem *p)
{
    struct ma_finding *finding = report_at_term(a, spf_problem_rule(a, p), p, p->name,
        ma_text(a->run, "%s: %s%s", spf_term_excerpt(a->run, p->record, p->term),
            nothing_there(a, p), where(a, p->owner)));
    if (spf_is_glued(p->record, p->term))
        ma_effect_of(finding, spf_rules[SPF_MISSING_SPACE].id);
}

static void report_multiple(struct spf_audit *a, const struct ma_spf_problem *p)
{
    const char *text = "";
    size_t count = 0;
    for (size_t i = 0; i < p->answer->rr_count; i++) {
        const struct ma_rr *rr = &p->answer->rrs[i];
        if (ma_spf_record_is(rr->txt.bytes, rr->txt.size) && ++count <= 4)
            text = ma_text(a->run, "%s%s\"%s\"", text, count > 1 ? " and " : "",
                spf_excerpt(a->run, rr->txt.bytes, rr->txt.size));
    }
    struct ma_finding *finding =
        ma_report(a->run, &spf_rules[SPF_MULTIPLE], p->owner, "%zu records: %s", count, text);
    const char *merged =
        is_proposed(a, p->owner) ? a->proposal->rdata : spf_merged(a->run, p->answer);
    if (merged != NULL && strcmp(p->owner, a->target->domain) == 0)
        ma_publish(finding, p->owner, MA_TXT, merged);
}

struct ma_finding *spf_report_lost(struct spf_audit *a, const struct ma_answer *answer)
{
    const struct ma_spf_text *text = a->walk->text;
    enum spf_rule rule = SPF_LOOKUP_FAILED;
    if (answer == a->walk->policy->answer)
        rule = SPF_RECORD_UNAVAILABLE;
    else if (answer->type == MA_TXT && (text == NULL || answer != text->answer))
        rule = SPF_INCLUDE_UNAVAILABLE;
    struct ma_finding *finding = ma_report_also(a->run, &spf_rules[rule], answer->name,
        "%s %s: %s%s%s", answer->name, ma_type_name(a->run, answer->type),
        ma_failure_phrase(answer->failure), answer->detail[0] != '\0' ? ": " : "", answer->detail);
    ma_failed(finding, answer);
    if (text == NULL || answer != text->answer) /* a record, or addresses that it counts on */
        ma_hides_several(finding);
    return finding;
}

static void report_failed(struct spf_audit *a, const struct ma_spf_problem *p)
{
    struct ma_finding *finding = spf_report_lost(a, p->answer);
    if (p->term != NULL && p->record != NULL)
        spf_place_term(finding, p->record, p->term);
}

static void report_cut(struct spf_audit *a, const struct ma_spf_problem *p)
{
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_TOO_LARGE], a->target->domain,
        "stopped at %s: the bounds are %d records, %d below one another, and %u terms",
        p->name != NULL ? p->name : p->owner, MA_SPF_NAMES_MAX, MA_SPF_DEPTH_MAX, MA_SPF_TERMS_MAX);
    if (has_problem(a->walk, MA_SPF_LOOKUP_LIMIT))
        ma_effect_of(finding, spf_rules[SPF_TOO_MANY_LOOKUPS].id);
}

enum spf_rule spf_problem_rule(const struct spf_audit *a, const struct ma_spf_problem *p)
{
    static const enum spf_rule rules[] = {
        [MA_SPF_NO_PROBLEM] = SPF_PERMERROR,
        [MA_SPF_SYNTAX] = SPF_SYNTAX,
        [MA_SPF_MULTIPLE] = SPF_MULTIPLE,
        [MA_SPF_LOOKUP_LIMIT] = SPF_TOO_MANY_LOOKUPS,
        [MA_SPF_VOID_LIMIT] = SPF_TOO_MANY_VOIDS,
        [MA_SPF_MX_LIMIT] = SPF_TOO_MANY_MX,
        [MA_SPF_INCLUDE_NONE] = SPF_INCLUDE_WITHOUT_RECORD,
        [MA_SPF_REDIRECT_NONE] = SPF_REDIRECT_WITHOUT_RECORD,
        [MA_SPF_LOOP] = SPF_LOOP,
        [MA_SPF_VOID] = SPF_VOID_LOOKUP,
        [MA_SPF_LOOKUP_FAILED] = SPF_LOOKUP_FAILED,
        [MA_SPF_CUT] = SPF_TOO_LARGE,
    };
    if (p->kind == MA_SPF_LOOKUP_LIMIT && has_problem(a->walk, MA_SPF_LOOP))
        return SPF_LOOP;
    return rules[p->kind];
}

void spf_report_problem(struct spf_audit *a, const struct ma_spf_problem *p)
{
    switch (p->kind) {
    case MA_SPF_SYNTAX:
        report_syntax(a, p);
        return;
    case MA_SPF_MULTIPLE:
        report_multiple(a, p);
        return;
    case MA_SPF_LOOKUP_LIMIT:
        report_lookup_limit(a, p);
        return;
    case MA_SPF_VOID_LIMIT:
        spf_report_void_limit(a, p);
        return;
    case MA_SPF_MX_LIMIT:
        report_at_term(a, SPF_TOO_MANY_MX, p, p->name,
            ma_text(a->run, "%s has %zu MX records%s", p->name, p->answer->rr_count,
                where(a, p->owner)));
        return;
    case MA_SPF_INCLUDE_NONE:
    case MA_SPF_REDIRECT_NONE:
        report_dead_end(a, p);
        return;
    case MA_SPF_LOOP:
        report_at_term(a, SPF_LOOP, p, p->owner,
            ma_text(a->run, "%s leads back to %s%s", spf_term_excerpt(a->run, p->record, p->term),
                p->name, where(a, p->owner)));
        return;
    case MA_SPF_VOID:
        spf_report_void(a, p);
        return;
    case MA_SPF_LOOKUP_FAILED:
        report_failed(a, p);
        return;
    case MA_SPF_CUT:
        report_cut(a, p);
        return;
    case MA_SPF_NO_PROBLEM:
        return;
    }
}

/* ---- no record ------------------------------------------------------------------------------- */

/* What looks as if it was meant for an SPF record: other case, quotes or spaces before it, a colon
   or a semicolon, a wrong version. */
static bool is_near_miss(const struct ma_rr *rr)
{
    const char *text = rr->txt.bytes;
    size_t size = rr->txt.size, i = 0;
    while (i < size && (text[i] < 'A' || text[i] > 'z'))
        i++;
    text += i;
    size -= i;
    return (size >= 5 && strncasecmp(text, "v=spf", 5) == 0) ||
           (size >= 4 && strncasecmp(text, "spf1", 4) == 0) ||
           (size >= 6 && strncasecmp(text, "v= spf", 6) == 0) ||
           (size >= 6 && strncasecmp(text, "v =spf", 6) == 0);
}

static const struct ma_rr *near_miss(const struct ma_answer *answer)
{
    for (size_t i = 0; i < answer->rr_count; i++)
        if (is_near_miss(&answer->rrs[i]))
            return &answer->rrs[i];
    return NULL;
}

/* A record to begin with: the mail exchangers, and the addresses that the user named. */
static const char *first_record(const struct spf_audit *a, const struct ma_answer *mx)
{
    const char *text = "v=spf1";
    if (mx->rr_count > 0 && strcmp(mx->rrs[0].mx.exchange, ".") != 0)
        text = ma_text(a->run, "%s mx", text);
    for (size_t i = 0; i < a->senders->count && !a->senders->from_mx; i++)
        text = ma_text(a->run, "%s ip%u:%s", text, (unsigned)a->senders->list[i].address.family,
            a->senders->list[i].text);
    text = ma_text(a->run, "%s ~all", text);
    return ma_txt_rdata(a->run, text, strlen(text));
}

/* A record where nobody looks: a zone file's relative name, or a label in front. */
static const struct ma_rr *misplaced(struct spf_audit *a)
{
    const char *domain = a->target->domain;
    const struct ma_answer *places[] = {
        ma_dns(a->run, MA_TXT, "%s.%s", domain, domain), ma_dns(a->run, MA_TXT, "_spf.%s", domain)};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t k = 0; k < places[i]->rr_count; k++)
            if (ma_spf_record_is(places[i]->rrs[k].txt.bytes, places[i]->rrs[k].txt.size))
                return &places[i]->rrs[k];
    return NULL;
}

static const char *missing_elsewhere(struct spf_audit *a, const struct ma_rr **found_r)
{
    *found_r = misplaced(a);
    if (*found_r == NULL)
        return NULL;
    return ma_text(a->run, "there is one at %s, where no receiver looks for it: %s",
        (*found_r)->owner, spf_excerpt(a->run, (*found_r)->txt.bytes, (*found_r)->txt.size));
}

static const char *missing_evidence(
    struct ma_run *run, const struct ma_answer *answer, const struct ma_rr *near)
{
    if (answer == NULL)
        return "SPF does not apply to a name of one label";
    if (answer->status == MA_NXDOMAIN)
        return "the name does not exist";
    if (near == NULL)
        return "no TXT record begins with v=spf1";
    return ma_text(run,
        "a record looks as if it was meant to be one, but does not begin with \"v=spf1 \": %s",
        spf_excerpt(run, near->txt.bytes, near->txt.size));
}

static void report_missing(struct spf_audit *a)
{
    const struct ma_answer *answer = a->walk->policy->answer;
    const char *domain = a->target->domain;
    const struct ma_rr *near = answer != NULL ? near_miss(answer) : NULL;
    const char *evidence = missing_evidence(a->run, answer, near);
    if (!a->sends) {
        struct ma_finding *no_mail =
            ma_report(a->run, &spf_rules[SPF_MISSING_NO_MAIL], domain, "%s", evidence);
        ma_publish(no_mail, domain, MA_TXT, "\"v=spf1 -all\"");
        return;
    }
    const struct ma_rr *elsewhere = NULL;
    const char *there = answer != NULL && near == NULL ? missing_elsewhere(a, &elsewhere) : NULL;
    struct ma_finding *finding = ma_report(a->run, &spf_rules[SPF_MISSING], domain, "%s%s%s",
        evidence, there != NULL ? "; " : "", there != NULL ? there : "");
    if (near != NULL)
        ma_place(finding, near, 0, near->txt.size < 8 ? near->txt.size : 8);
    ma_fix(finding, "how", "%s",
        ", such as this one, with the other servers and services added "
        "that send for you");
    if (near == NULL)
        near = elsewhere;
    const struct ma_spf_record *meant = near != NULL ? spf_meant(a->run, near) : NULL;
    const struct ma_answer *mx = ma_dns(a->run, MA_MX, "%s", domain);
    if (meant != NULL)
        ma_publish(finding, domain, MA_TXT, ma_txt_rdata(a->run, meant->text, meant->size));
    else if (mx->status != MA_FAILED)
        ma_publish(finding, domain, MA_TXT, first_record(a, mx));
}

static void report_sound(struct spf_audit *a)
{
    const struct ma_spf_walk *walk = a->walk;
    const char *domain = a->target->domain;
    if (walk->invalid || walk->failed > 0 || walk->cut)
        return;
    if (walk->lookups >= MA_SPF_LOOKUPS_MAX - 1)
        ma_report(a->run, &spf_rules[SPF_NEAR_LOOKUP_LIMIT], domain, "%u of %d look-ups%s",
            walk->lookups, MA_SPF_LOOKUPS_MAX, costs(a));
    ma_report(a->run, &spf_rules[SPF_VALID], domain, "%u of %d look-ups", walk->lookups,
        MA_SPF_LOOKUPS_MAX);
}

/* What a problem is about: findings of one rule about the same thing would have the same id. */
static const char *subject_of(const struct ma_spf_problem *p)
{
    switch (p->kind) {
    case MA_SPF_INCLUDE_NONE:
    case MA_SPF_REDIRECT_NONE:
    case MA_SPF_MX_LIMIT:
    case MA_SPF_VOID:
        return p->name;
    default:
        return p->owner;
    }
}

static bool is_told(const struct spf_audit *a, const struct ma_spf_problem *problem)
{
    if (problem->kind == MA_SPF_LOOKUP_FAILED)
        return false;
    for (const struct ma_spf_problem *p = a->walk->problems; p != problem; p = p->next)
        if (p->kind == problem->kind && strcmp(subject_of(p), subject_of(problem)) == 0)
            return true;
    return false;
}

void spf_report_records(struct spf_audit *a)
{
    const struct ma_spf_policy *policy = a->walk->policy;
    if (policy->found == MA_SPF_NONE_THERE) {
        report_missing(a);
        return;
    }
    for (const struct ma_spf_problem *p = a->walk->problems; p != NULL; p = p->next)
        if (!is_told(a, p))
            spf_report_problem(a, p);
    if (policy->found == MA_SPF_FOUND)
        report_sound(a);
}
