/* SPDX-License-Identifier: MIT */
/*
 * --authorize: the user says that the audited addresses send the domain's mail, so all that do not
 * pass are put into one record. New terms stand right behind the version: no term before them can
 * decide otherwise, or run into an error first.
 */
#include "spf_report.h"

#include <string.h>

#define VERSION_SIZE 6 /* "v=spf1" */
#define LOOKUPS_GOOD                                                                               \
    (MA_SPF_LOOKUPS_MAX - 2) /* that the record may take with "a" or "mx" in it                    \
                              */

struct plan {
    struct spf_audit *audit;
    const struct ma_spf_outcome *outcome; /* of the first address that does not pass */
    const struct spf_evaluation **missing;
    size_t missing_count;
    const char *terms; /* so far, a space before each */
    unsigned lookups;  /* that they take */
};

static bool is_missing(const struct spf_evaluation *e)
{
    const struct ma_spf_outcome *out = e->outcome;
    return !e->is_helo && !spf_is_repeated(e) && out->doubt == NULL &&
           (out->result == MA_SPF_FAIL || out->result == MA_SPF_SOFTFAIL ||
               out->result == MA_SPF_NEUTRAL || out->result == MA_SPF_PERMERROR);
}

static void find_missing(struct plan *p)
{
    struct spf_audit *a = p->audit;
    p->missing = ma_alloc(a->run, (a->evaluation_count + 1) * sizeof *p->missing);
    for (size_t i = 0; i < a->evaluation_count; i++) {
        const struct spf_evaluation *e = &a->evaluations[i];
        if (!is_missing(e) || spf_is_relay(a, e->sender))
            continue;
        if (p->outcome == NULL)
            p->outcome = e->outcome;
        p->missing[p->missing_count++] = e;
    }
}

/* ---- "a" and "mx", where they say no more than the addresses ----------------------------------
 */

struct tally {      /* the addresses behind a name */
    size_t missing; /* that are audited and do not pass */
    bool others;    /* some that are not audited, or not known */
};

static const struct spf_evaluation *audited(const struct plan *p, const struct ma_address *address)
{
    for (size_t i = 0; i < p->audit->evaluation_count; i++) {
        const struct spf_evaluation *e = &p->audit->evaluations[i];
        if (!e->is_helo && ma_address_equal(&e->sender->address, address))
            return e;
    }
    return NULL;
}

static void count(const struct plan *p, struct tally *t, const struct ma_answer *answer)
{
    t->others |= answer->status == MA_FAILED;
    for (size_t i = 0; i < answer->rr_count; i++) {
        const struct spf_evaluation *e = audited(p, &answer->rrs[i].address);
        if (e == NULL)
            t->others = true;
        else
            t->missing += is_missing(e);
    }
}

static void count_host(const struct plan *p, struct tally *t, const char *host)
{
    const struct ma_answer *four = ma_dns(p->audit->run, MA_A, "%s", host);
    const struct ma_answer *six = ma_dns(p->audit->run, MA_AAAA, "%s", host);
    count(p, t, four);
    count(p, t, six);
}

static bool is_among(struct ma_run *run, const char *host, const struct ma_address *address)
{
    const struct ma_answer *answer = ma_dns(run, address->family == 4 ? MA_A : MA_AAAA, "%s", host);
    for (size_t i = 0; i < answer->rr_count; i++)
        if (ma_address_equal(&answer->rrs[i].address, address))
            return true;
    return false;
}

/* Those that the host stands for need no term of their own. */
static void strike(struct plan *p, const char *host)
{
    size_t left = 0;
    for (size_t i = 0; i < p->missing_count; i++)
        if (!is_among(p->audit->run, host, &p->missing[i]->sender->address))
            p->missing[left++] = p->missing[i];
    p->missing_count = left;
}

static bool may_look_up(const struct plan *p)
{
    const struct ma_spf_walk *walk = p->audit->walk;
    return !walk->cut && !walk->endless && walk->failed == 0 && walk->voids == 0 &&
           strcmp(p->outcome->domain, p->audit->target->domain) == 0 &&
           walk->lookups + p->lookups < LOOKUPS_GOOD;
}

static void use_mx(struct plan *p)
{
    const struct ma_answer *mx = ma_dns(p->audit->run, MA_MX, "%s", p->outcome->domain);
    struct tally t = {.others = mx->rr_count == 0 || mx->rr_count > MA_SPF_HOSTS_MAX};
    if (t.others || !may_look_up(p))
        return;
    for (size_t i = 0; i < mx->rr_count; i++)
        count_host(p, &t, mx->rrs[i].mx.exchange);
    if (t.others || t.missing == 0)
        return;
    for (size_t i = 0; i < mx->rr_count; i++)
        strike(p, mx->rrs[i].mx.exchange);
    p->terms = " mx";
    p->lookups++;
}

static void use_a(struct plan *p)
{
    struct tally t = {.missing = 0};
    if (!may_look_up(p))
        return;
    count_host(p, &t, p->outcome->domain);
    size_t before = p->missing_count;
    if (t.others || t.missing == 0)
        return;
    strike(p, p->outcome->domain);
    if (p->missing_count == before)
        return; /* the exchangers are the same hosts */
    p->terms = ma_text(p->audit->run, "%s a", p->terms);
    p->lookups++;
}

/* ---- the record -------------------------------------------------------------------------------
 */

/* The domain's record as it is, or as it was meant; NULL where it cannot be told, or is another
   name's. */
static const struct ma_spf_record *base(const struct plan *p)
{
    struct ma_run *run = p->audit->run;
    const struct ma_spf_policy *policy = p->outcome->root->policy;
    if (policy->found == MA_SPF_SEVERAL) {
        size_t size;
        const char *text = spf_merged_text(run, policy->answer, &size);
        return text != NULL ? ma_spf_record_parse(run, text, size, policy->record->rr) : NULL;
    }
    if (policy->found != MA_SPF_FOUND || strcmp(policy->record->rr->owner, p->outcome->domain) != 0)
        return NULL;
    return policy->record->fault_count > 0 ? spf_repaired(run, policy->record) : policy->record;
}

void spf_propose(struct spf_audit *a)
{
    struct plan plan = {.audit = a, .terms = ""}, *p = &plan;
    if (!a->authorize || !a->sends)
        return;
    find_missing(p);
    if (p->missing_count == 0)
        return;
    struct spf_proposal *proposal = ma_alloc(a->run, sizeof *proposal);
    proposal->domain = p->outcome->domain;
    proposal->evidence = "";
    for (size_t i = 0; i < p->missing_count; i++)
        proposal->evidence = ma_text(a->run, "%s%s%s: %s", proposal->evidence, i > 0 ? ", " : "",
            p->missing[i]->sender->text, ma_spf_result_name(p->missing[i]->outcome->result));
    use_mx(p);
    use_a(p);
    for (size_t i = 0; i < p->missing_count; i++)
        p->terms = ma_text(a->run, "%s ip%u:%s", p->terms,
            (unsigned)p->missing[i]->sender->address.family, p->missing[i]->sender->text);
    const struct ma_spf_record *record = base(p);
    proposal->terms = p->terms + 1;
    if (record != NULL)
        proposal->rdata = spf_edited(a->run, record, VERSION_SIZE, 0, p->terms);
    a->proposal = proposal;
}

void spf_report_authorize(struct spf_audit *a)
{
    const struct spf_proposal *p = a->proposal;
    if (p == NULL)
        return;
    struct ma_finding *finding =
        ma_report(a->run, &spf_rules[SPF_AUTHORIZE], p->domain, "%s", p->evidence);
    if (p->rdata == NULL) {
        ma_fix(finding, "how", "put %s right behind v=spf1, in a record without errors", p->terms);
        return;
    }
    ma_fix(finding, "how", "publish this record, in which %s is new", p->terms);
    ma_publish(finding, p->domain, MA_TXT, p->rdata);
}
