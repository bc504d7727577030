/* SPDX-License-Identifier: MIT */
/* message_dmarc.c - alignment, the policy that applies, and what receivers do, by both standards.
 */
#include "message_check.h"

#include <string.h>

static const char *const standards[MESSAGE_READINGS] = {"RFC 9989", "RFC 7489"};

const char *message_result_name(enum message_result r)
{
    static const char *const names[] = {"none", "pass", "fail", "unknown"};
    return names[r];
}

/* ---- alignment ------------------------------------------------------------------------------- */

static const char *org_of(const struct message_domain *d, enum message_reading reading)
{
    return reading == MESSAGE_RFC9989 ? d->found.org_domain : d->org_psl;
}

static struct message_alignment align(const struct message *m, const struct message_domain *d)
{
    struct message_alignment a = {.strict = MESSAGE_NO};
    const struct message_domain *author = m->author_domain;
    if (d == NULL || author == NULL)
        return a;
    bool same = strcmp(d->name, author->name) == 0;
    a.strict = same ? MESSAGE_YES : MESSAGE_NO;
    for (int r = 0; r < MESSAGE_READINGS; r++) {
        const char *mine = org_of(author, (enum message_reading)r);
        const char *other = org_of(d, (enum message_reading)r);
        if (same)
            a.relaxed[r] = MESSAGE_YES;
        else if (mine == NULL || other == NULL)
            a.relaxed[r] = MESSAGE_UNKNOWN;
        else
            a.relaxed[r] = strcmp(mine, other) == 0 ? MESSAGE_YES : MESSAGE_NO;
    }
    return a;
}

static enum message_truth both(enum message_truth a, enum message_truth b)
{
    if (a == MESSAGE_NO || b == MESSAGE_NO)
        return MESSAGE_NO;
    return a == MESSAGE_YES && b == MESSAGE_YES ? MESSAGE_YES : MESSAGE_UNKNOWN;
}

static enum message_truth either(enum message_truth a, enum message_truth b)
{
    if (a == MESSAGE_YES || b == MESSAGE_YES)
        return MESSAGE_YES;
    return a == MESSAGE_NO && b == MESSAGE_NO ? MESSAGE_NO : MESSAGE_UNKNOWN;
}

/* As the record's adkim or aspf wants it. */
static enum message_truth aligned_for(const struct message_dmarc *d, enum ma_dmarc_tag tag,
    const struct message_alignment *a, enum message_reading reading)
{
    enum message_truth relaxed = a->relaxed[reading];
    if (d->step == NULL) /* with no record it does not matter; not known, it may be either */
        return d->lost && relaxed != a->strict ? MESSAGE_UNKNOWN : relaxed;
    const struct ma_dmarc_record *r = d->step->record;
    bool strict = (r->tags >> tag & 1) != 0 && ma_span_is_nocase(r->bytes, r->values[tag], "s");
    return strict ? a->strict : relaxed;
}

/* ---- the policy ------------------------------------------------------------------------------ */

/* RFC 9989 4.10.1: the own record's p; of a record above it sp, or np for a name that is not. */
static void find_newer(const struct message *m, struct message_dmarc *d)
{
    const struct ma_dmarc_found *f = &m->author_domain->found;
    d->lost = f->lost;
    d->step = f->applied;
    if (d->step == NULL)
        return;
    enum ma_dmarc_policy sp = ma_dmarc_record_policy(d->step->record, MA_DMARC_SP);
    enum ma_dmarc_policy np = ma_dmarc_record_policy(d->step->record, MA_DMARC_NP);
    d->policy = ma_dmarc_record_policy(d->step->record, MA_DMARC_P);
    if (!f->inherited)
        return;
    d->policy = m->exists->status == MA_NXDOMAIN ? np : sp;
    if (m->exists->status == MA_FAILED && sp != np)
        d->lost = true;
}

/* RFC 7489 6.6.3: the own record, or that of the domain that the public suffix list leads to. */
static void find_older(const struct message *m, struct message_dmarc *d)
{
    const struct message_domain *a = m->author_domain;
    const struct ma_dmarc_step *own = &a->steps[0];
    d->lost = own->failed;
    d->step = own->record != NULL ? own : NULL;
    for (size_t i = 1; i < a->count && !d->lost && d->step == NULL && d->org != NULL; i++) {
        if (strcmp(a->names[i], d->org) != 0)
            continue;
        d->lost = a->steps[i].failed;
        d->step = a->steps[i].record != NULL ? &a->steps[i] : NULL;
    }
    d->lost |= d->step == NULL && d->org == NULL;
    if (d->step != NULL)
        d->policy =
            ma_dmarc_record_policy(d->step->record, d->step == own ? MA_DMARC_P : MA_DMARC_SP);
}

/* t=y: one step less (RFC 9989 4.7); readers of RFC 7489 do not know it. */
static enum ma_dmarc_policy applied_of(const struct message_dmarc *d, enum message_reading reading)
{
    if (d->policy == MA_DMARC_UNSET || d->result != MESSAGE_RESULT_FAIL)
        return MA_DMARC_NONE;
    if (reading == MESSAGE_RFC9989 && d->step->record->testing && d->policy > MA_DMARC_NONE)
        return (enum ma_dmarc_policy)(d->policy - 1);
    return d->policy;
}

static enum message_result result_of(const struct message_dmarc *d)
{
    if (d->lost)
        return MESSAGE_RESULT_UNKNOWN;
    if (d->step == NULL || d->policy == MA_DMARC_UNSET)
        return MESSAGE_RESULT_NONE;
    switch (either(d->spf, d->dkim)) {
    case MESSAGE_YES:
        return MESSAGE_RESULT_PASS;
    case MESSAGE_NO:
        return MESSAGE_RESULT_FAIL;
    default:
        return MESSAGE_RESULT_UNKNOWN;
    }
}

static void judge(const struct message *m, struct message_dmarc *d, enum message_reading reading)
{
    d->org = org_of(m->author_domain, reading);
    if (reading == MESSAGE_RFC9989)
        find_newer(m, d);
    else
        find_older(m, d);
    d->spf = both(m->spf_passes, aligned_for(d, MA_DMARC_ASPF, &m->spf_alignment, reading));
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct message_signature *s = &m->signatures[i];
        d->dkim =
            either(d->dkim, both(s->good, aligned_for(d, MA_DMARC_ADKIM, &s->alignment, reading)));
    }
    d->result = result_of(d);
    d->applied = applied_of(d, reading);
}

void message_judge_dmarc(struct message *m)
{
    m->spf_alignment = align(m, m->spf_domain);
    if (m->spf == NULL) /* whoever it was, it may have belonged to the author */
        m->spf_alignment = (struct message_alignment){
            {MESSAGE_UNKNOWN, MESSAGE_UNKNOWN}, .strict = MESSAGE_UNKNOWN};
    for (size_t i = 0; i < m->signature_count; i++)
        m->signatures[i].alignment = align(m, m->signatures[i].domain);
    for (int r = 0; r < MESSAGE_READINGS && m->author != NULL; r++)
        judge(m, &m->dmarc[r], (enum message_reading)r);
}

/* ---- what to do about it --------------------------------------------------------------------- */

/* The first signature of the author's organization that was broken on the way, or NULL. */
static const struct message_signature *broken(const struct message *m)
{
    for (size_t i = 0; i < m->signature_count; i++)
        if (m->signatures[i].verdict->result == MA_SIGNATURE_FAIL &&
            m->signatures[i].alignment.relaxed[MESSAGE_RFC9989] == MESSAGE_YES)
            return &m->signatures[i];
    return NULL;
}

/* One that is the author's and no good for a reason that is the signer's. */
static const struct message_signature *unusable(const struct message *m)
{
    for (size_t i = 0; i < m->signature_count; i++)
        if (m->signatures[i].good == MESSAGE_NO &&
            m->signatures[i].alignment.relaxed[MESSAGE_RFC9989] == MESSAGE_YES)
            return &m->signatures[i];
    return NULL;
}

static const struct message_signature *other(const struct message *m)
{
    for (size_t i = 0; i < m->signature_count; i++)
        if (m->signatures[i].good == MESSAGE_YES)
            return &m->signatures[i];
    return NULL;
}

/* The author's, but not strictly. */
static const struct message_signature *loose(const struct message *m)
{
    for (size_t i = 0; i < m->signature_count; i++)
        if (message_counts(&m->signatures[i], MESSAGE_RFC9989) == MESSAGE_YES)
            return &m->signatures[i];
    return NULL;
}

static const char *advice(struct message *m)
{
    const struct message_signature *s = loose(m);
    if (s != NULL)
        return ma_text(m->run,
            "sign with d=%s, not d=%s, or take adkim=s out of the DMARC record: it wants the very "
            "domain of From",
            m->author, s->is->domain);
    s = broken(m);
    if (s != NULL)
        return ma_text(m->run,
            "whoever passed it on must leave what %s signs as it was, or put an address of its "
            "own into From; the signer cannot mend it",
            s->label);
    s = unusable(m);
    if (s != NULL)
        return ma_text(
            m->run, "mend the signature of %s: what is wrong with it is told below", s->label);
    s = other(m);
    if (s != NULL)
        return ma_text(m->run,
            "let the sending service sign with d=%s, not only d=%s: it gives you the key or CNAME "
            "records to publish below _domainkey.%s",
            m->author, s->is->domain, m->author);
    return ma_text(m->run, "sign the mail with d=%s", m->author);
}

/* "SPF: fail; DKIM: body changed (d=example.com s=s)" */
static const char *why_not(struct message *m, const struct message_dmarc *d)
{
    const char *text = "SPF not evaluated";
    if (m->spf != NULL)
        text =
            ma_text(m->run, "SPF: %s for %s%s", ma_spf_result_name(m->spf->result), m->spf->domain,
                m->spf_passes == MESSAGE_YES && d->spf == MESSAGE_NO ? ", not aligned" : "");
    if (m->signature_count == 0)
        return ma_text(m->run, "%s; DKIM: no signature", text);
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct message_signature *s = &m->signatures[i];
        const char *more = s->verdict->expired ? ", expired" : "";
        if (s->good == MESSAGE_YES)
            more = ", not aligned";
        text = ma_text(m->run, "%s; DKIM: %s%s for %s", text,
            ma_signature_result_name(s->verdict->result), more, s->label);
    }
    return text;
}

static const char *seen_by(struct message *m, enum message_reading reading)
{
    const struct message_dmarc *d = &m->dmarc[reading];
    if (d->result == MESSAGE_RESULT_NONE)
        return ma_text(m->run, "%s: no policy", standards[reading]);
    if (d->result != MESSAGE_RESULT_FAIL)
        return ma_text(m->run, "%s: %s", standards[reading], message_result_name(d->result));
    const char *less =
        reading == MESSAGE_RFC9989 && d->applied != d->policy ? " (t=y: one step less)" : "";
    const char *part = reading == MESSAGE_RFC7489 && d->step->record->pct < 100
                           ? ma_text(m->run, " (for %d of 100: pct)", d->step->record->pct)
                           : "";
    return ma_text(m->run, "%s: %s, policy %s%s%s", standards[reading],
        message_result_name(d->result), ma_dmarc_policy_name(d->applied), less, part);
}

/* ---- findings -------------------------------------------------------------------------------- */

/* The question of a walk that was not answered, if there is one. */
static const struct ma_answer *lost_step(const struct message *m)
{
    for (size_t i = 0; i < m->domain_count; i++)
        for (size_t k = 0; k < m->domains[i].count; k++)
            if (m->domains[i].steps[k].failed)
                return m->domains[i].asked[k].answer;
    return NULL;
}

/* The question that was not answered, as far as there is one. */
static const struct ma_answer *lost_answer(const struct message *m)
{
    if (lost_step(m) != NULL)
        return lost_step(m);
    for (size_t i = 0; i < m->signature_count; i++)
        if (m->signatures[i].answer != NULL && m->signatures[i].answer->status == MA_FAILED)
            return m->signatures[i].answer;
    if (m->spf != NULL && m->spf->problem.answer != NULL &&
        m->spf->problem.answer->status == MA_FAILED)
        return m->spf->problem.answer;
    return m->exists->status == MA_FAILED ? m->exists : NULL;
}

/* Is something not known that the result hangs on? What passes by SPF passes, whatever a signature
   that could not be checked is worth. */
static bool is_open(const struct message *m, enum message_reading reading)
{
    const struct message_dmarc *d = &m->dmarc[reading];
    return d->result == MESSAGE_RESULT_UNKNOWN || d->lost ||
           (d->result == MESSAGE_RESULT_NONE && either(d->spf, d->dkim) == MESSAGE_UNKNOWN);
}

static void report_unknown(struct message *m)
{
    const struct ma_answer *a = lost_answer(m);
    const char *evidence =
        "the message does not tell enough of who sent it: SPF cannot be evaluated";
    if (a != NULL)
        evidence = ma_text(m->run, "%s %s: %s", a->name, ma_type_name(m->run, a->type),
            ma_failure_phrase(a->failure));
    struct ma_finding *f = message_report(m, MESSAGE_DMARC_UNKNOWN, m->author, evidence);
    if (a != NULL)
        ma_failed(f, a);
    if (lost_step(m) != NULL)
        ma_failed(message_report(m, MESSAGE_READINGS_UNKNOWN, m->author, evidence), a);
}

static bool differ(const struct message *m)
{
    const struct message_dmarc *a = &m->dmarc[0], *b = &m->dmarc[1];
    return a->result != b->result || (a->result == MESSAGE_RESULT_FAIL && a->applied != b->applied);
}

static enum message_rule outcome(const struct message *m)
{
    enum ma_dmarc_policy worst = MA_DMARC_UNSET;
    bool fails = false, policy = false;
    for (int r = 0; r < MESSAGE_READINGS; r++) {
        const struct message_dmarc *d = &m->dmarc[r];
        fails |= d->result == MESSAGE_RESULT_FAIL;
        policy |= d->result != MESSAGE_RESULT_NONE;
        if (d->result == MESSAGE_RESULT_FAIL && d->applied > worst)
            worst = d->applied;
    }
    if (fails)
        return worst == MA_DMARC_REJECT       ? MESSAGE_REFUSED
               : worst == MA_DMARC_QUARANTINE ? MESSAGE_QUARANTINED
                                              : MESSAGE_FAILS;
    if (policy)
        return MESSAGE_DMARC_PASS;
    return either(m->dmarc[0].spf, m->dmarc[0].dkim) == MESSAGE_YES ? MESSAGE_AUTHENTICATED
                                                                    : MESSAGE_NO_POLICY;
}

static bool is_failure(enum message_rule rule)
{
    return rule != MESSAGE_DMARC_PASS && rule != MESSAGE_AUTHENTICATED;
}

static void report_outcome(struct message *m)
{
    enum message_rule rule = outcome(m);
    const char *evidence =
        ma_text(m->run, "%s; %s", seen_by(m, MESSAGE_RFC9989), seen_by(m, MESSAGE_RFC7489));
    if (is_failure(rule))
        evidence = ma_text(m->run, "%s. %s", evidence, why_not(m, &m->dmarc[MESSAGE_RFC9989]));
    struct ma_finding *f = message_report(m, rule, m->author, evidence);
    if (is_failure(rule))
        ma_fix(f, "how", "%s", advice(m));
}

static const char *org_text(const struct message_dmarc *d)
{
    return d->org != NULL ? d->org : "not known";
}

static void report_differ(struct message *m)
{
    const struct message_dmarc *a = &m->dmarc[MESSAGE_RFC9989], *b = &m->dmarc[MESSAGE_RFC7489];
    bool test = a->result == b->result && a->step == b->step && a->applied != a->policy;
    struct ma_finding *f = message_report(m, MESSAGE_READINGS_DIFFER, m->author,
        ma_text(m->run, "%s; %s; organizational domain %s and %s", seen_by(m, MESSAGE_RFC9989),
            seen_by(m, MESSAGE_RFC7489), org_text(a), org_text(b)));
    if (test)
        ma_fix(f, "how",
            "take t=y out of the record at _dmarc.%s, which older receivers pass over, or publish "
            "the milder p= there that you mean",
            a->step->name);
    else
        ma_fix(f, "how",
            "sign with d=%s itself, so that no organizational domain is needed, and "
            "publish a DMARC record at _dmarc.%s",
            m->author, m->author);
}

/* May it be judged: is all known that the result hangs on? */
static bool is_decided(const struct message *m)
{
    bool open = is_open(m, MESSAGE_RFC9989) || is_open(m, MESSAGE_RFC7489);
    return m->author != NULL && m->dmarc[0].result != MESSAGE_RESULT_UNKNOWN &&
           m->dmarc[1].result != MESSAGE_RESULT_UNKNOWN &&
           !(open && outcome(m) == MESSAGE_NO_POLICY);
}

bool message_may_pass(const struct message *m)
{
    return m->author == NULL || (is_decided(m) && !is_failure(outcome(m)));
}

void message_report_dmarc(struct message *m)
{
    if (m->author == NULL)
        return;
    if (is_open(m, MESSAGE_RFC9989) || is_open(m, MESSAGE_RFC7489))
        report_unknown(m);
    if (!is_decided(m))
        return;
    report_outcome(m);
    if (differ(m))
        report_differ(m);
}
