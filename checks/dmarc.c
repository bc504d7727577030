/* SPDX-License-Identifier: MIT */
/*
 * dmarc - the policy for mail in the domain's name: the record found by RFC 9989's tree walk, all
 * of its names asked at once, and what readers of RFC 7489, who use the public suffix list, see.
 */
#include "dmarc_check.h"

#include <mailaudit/check.h>

#include <string.h>

#define EXCERPT_MAX 60 /* bytes of a record that are quoted as evidence */

/* ---- asking ---------------------------------------------------------------------------------- */

static void ask(struct dmarc *d)
{
    const char *domain = d->target->domain;
    d->role = ma_role(d->run);
    d->apex = ma_dns(d->run, MA_TXT, "%s", domain);
    d->exists = ma_dns(d->run, MA_MX, "%s", domain);
    d->count = ma_dmarc_walk_names(domain, d->name);
    for (size_t i = 0; i < d->count; i++)
        d->names[i].answer = ma_dns(d->run, MA_TXT, "_dmarc.%s", d->name[i]);
}

static bool is_pending(const struct dmarc *d)
{
    bool pending = d->apex->status == MA_PENDING || d->exists->status == MA_PENDING;
    for (size_t i = 0; i < d->count; i++)
        pending |= d->names[i].answer->status == MA_PENDING;
    return pending;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const struct ma_rr *find_near_miss(const struct ma_answer *a)
{
    struct ma_span at;
    for (size_t i = 0; i < a->rr_count; i++)
        if (ma_dmarc_near_miss(a->rrs[i].txt.bytes, a->rrs[i].txt.size, &at) != MA_DMARC_MISS_NOT)
            return &a->rrs[i];
    return NULL;
}

void dmarc_read_name(struct ma_run *run, struct dmarc_name *n, struct ma_dmarc_step *step)
{
    unsigned records = 0;
    for (size_t i = 0; i < n->answer->rr_count; i++) {
        const struct ma_rr *rr = &n->answer->rrs[i];
        if (!ma_dmarc_is_record(rr->txt.bytes, rr->txt.size))
            continue;
        if (records++ == 0)
            n->rr = rr;
    }
    step->failed = n->answer->status == MA_FAILED;
    if (records > 1) {
        n->seen = DMARC_SEVERAL;
    } else if (records == 1) {
        struct ma_dmarc_record *r = ma_alloc(run, sizeof *r);
        ma_dmarc_record_parse(r, n->rr->txt.bytes, n->rr->txt.size);
        n->seen = DMARC_RECORD;
        step->record = r;
    } else if ((n->rr = find_near_miss(n->answer)) != NULL) {
        n->seen = DMARC_MISS;
    }
}

/*
 * Under --offline the top-level domain is not asked. What a public suffix publishes carries psd=y
 * (RFC 9989 5.2), and then says nothing about a domain below that has a record of its own; so the
 * domain in the zone file can be judged without it.
 */
bool dmarc_may_be_left_out(
    const void *psl, size_t i, const char *name, const struct ma_answer *answer)
{
    return i > 0 && answer->failure == MA_FAIL_OFFLINE && ma_is_public_suffix(psl, name);
}

static enum ma_dmarc_policy policy_for(const struct ma_dmarc_found *found, enum ma_dmarc_tag tag)
{
    if (found->applied == NULL)
        return MA_DMARC_UNSET;
    return ma_dmarc_record_policy(found->applied->record, tag);
}

/* The domain's own policy, where the organization's record decides: sp, or np if the domain does
   not exist. */
static void inherit_policy(struct dmarc *d)
{
    enum ma_dmarc_policy existing = policy_for(&d->own, MA_DMARC_SP);
    enum ma_dmarc_policy other = policy_for(&d->own, MA_DMARC_NP);
    d->policy = d->exists->status == MA_NXDOMAIN ? other : existing;
    if (d->exists->status == MA_FAILED && existing != other) {
        d->lost = true;
        d->policy = MA_DMARC_UNSET;
    }
}

static void discover(struct dmarc *d)
{
    for (size_t i = 0; i < d->count; i++) {
        d->steps[i].name = d->name[i];
        dmarc_read_name(d->run, &d->names[i], &d->steps[i]);
        d->steps[i].failed &= !dmarc_may_be_left_out(d->psl, i, d->name[i], d->names[i].answer);
    }
    ma_dmarc_discover(&d->own, d->target->domain, d->steps, d->count);
    ma_dmarc_discover_below(&d->below, d->target->domain, d->steps, d->count);
    d->lost = d->own.lost;
    if (d->own.applied != NULL) {
        d->at = &d->names[d->own.applied - d->steps];
        d->record = d->own.applied->record;
    }
    if (d->own.inherited)
        inherit_policy(d);
    else
        d->policy = policy_for(&d->own, MA_DMARC_P);
    d->subdomain_policy = policy_for(&d->below, MA_DMARC_SP);
    d->nonexistent_policy = policy_for(&d->below, MA_DMARC_NP);
}

/*
 * The name whose records are no good though they were meant to be: the domain's own, or, where no
 * record applies, the nearest above it. NULL: none.
 */
static const struct dmarc_name *find_broken(const struct dmarc *d)
{
    for (size_t i = 0; i < d->count; i++) {
        if (i > 0 && (d->at != NULL || d->lost || ma_is_public_suffix(d->psl, d->name[i])))
            return NULL;
        if (d->names[i].seen == DMARC_SEVERAL || d->names[i].seen == DMARC_MISS)
            return &d->names[i];
    }
    return NULL;
}

/* ---- the check's part of the report ------------------------------------------------------------
 */

static const char *state_name(const struct dmarc *d, const struct dmarc_name *broken)
{
    if (broken != NULL)
        return broken->seen == DMARC_SEVERAL ? "multiple" : "invalid";
    if (d->record != NULL)
        return ma_dmarc_record_valid(d->record) ? "valid" : "invalid";
    return d->lost ? "unknown" : "missing";
}

/* The path of the tree walk, from the domain up. */
static void put_walk(struct dmarc *d)
{
    static const char *const states[] = {[DMARC_NOTHING] = "none",
        [DMARC_RECORD] = "record",
        [DMARC_SEVERAL] = "several",
        [DMARC_MISS] = "not-recognised"};
    for (size_t i = 0; i < d->count; i++) {
        struct ma_data *row = ma_append(d->result, "walk");
        const struct ma_answer *a = d->names[i].answer;
        ma_put(row, "name", a->name);
        ma_put(row, "state", a->status == MA_FAILED ? "unknown" : states[d->names[i].seen]);
    }
}

static void put_result(struct dmarc *d, const struct dmarc_name *broken)
{
    struct ma_data *r = d->result;
    const struct dmarc_name *at = broken != NULL ? broken : d->at;
    ma_put(r, "state", state_name(d, broken));
    if (at != NULL) {
        ma_put(r, "found_at", at->answer->name);
        if (at->seen != DMARC_SEVERAL)
            ma_put_bytes(r, "record", at->rr->txt.bytes, at->rr->txt.size);
    }
    ma_put(r, "org_domain", d->own.org_domain);
    ma_put(r, "org_domain_psl", d->org_psl);
    ma_put(r, "policy", ma_dmarc_policy_name(d->policy));
    ma_put(r, "subdomain_policy", ma_dmarc_policy_name(d->subdomain_policy));
    ma_put(r, "nonexistent_policy", ma_dmarc_policy_name(d->nonexistent_policy));
    if (d->record != NULL)
        ma_put_bool(r, "testing", d->record->testing);
    put_walk(d);
}

/* ---- no record ----------------------------------------------------------------------------------
 */

static const char *own_answer(const struct dmarc *d)
{
    const struct ma_answer *a = d->names[0].answer;
    if (a->rr_count > 0) {
        const struct ma_rr *rr = &a->rrs[0];
        bool whole = rr->txt.size <= EXCERPT_MAX;
        return ma_text(d->run, "holds another kind of record, '%s%s': a wildcard may answer there",
            ma_bytes_text(d->run, rr->txt.bytes, whole ? rr->txt.size : EXCERPT_MAX),
            whole ? "" : "...");
    }
    const char *lack = a->status == MA_NXDOMAIN ? "does not exist" : "has no TXT record";
    if (a->chain_count == 0)
        return lack;
    return ma_text(
        d->run, "is an alias (CNAME) for %s, which %s", a->chain[a->chain_count - 1].name, lack);
}

/* Is there a record where nobody looks for one? */
static bool report_misplaced(struct dmarc *d, enum dmarc_rule rule, const struct ma_answer *there)
{
    const struct ma_rr *rr = NULL;
    for (size_t i = there->rr_count; i > 0; i--)
        if (ma_dmarc_is_record(there->rrs[i - 1].txt.bytes, there->rrs[i - 1].txt.size))
            rr = &there->rrs[i - 1];
    if (rr == NULL)
        return false;
    struct ma_dmarc_record r;
    struct ma_finding *f = ma_report(d->run, &dmarc_rules[rule], d->target->domain,
        "the record is at %s; %s %s", there->name, d->names[0].answer->name, own_answer(d));
    ma_place(f, rr, 0, rr->txt.size);
    ma_dmarc_record_parse(&r, rr->txt.bytes, rr->txt.size);
    dmarc_publish(d, f, d->names[0].answer->name, &r, &(struct ma_dmarc_edit){0});
    return true;
}

/* A first record for the domain: one that loses no mail. */
static void publish_first(struct dmarc *d, struct ma_finding *f)
{
    bool sends = d->role == MA_SENDS_AND_RECEIVES || d->role == MA_SENDS_ONLY;
    const char *rua = dmarc_default_rua(d);
    const char *record = ma_text(d->run, "v=DMARC1; p=%s%s%s", sends ? "none" : "reject",
        rua != NULL ? "; rua=" : "", rua != NULL ? rua : "");
    ma_fix(f, "how", "%s%s", d->names[0].answer->chain_count > 0 ? " in place of the alias" : "",
        sends ? "; begin with p=none and read the reports, then tighten it"
              : "; nothing is sent in its name, so that p=reject can lose nothing");
    ma_publish(f, ma_text(d->run, "_dmarc.%s", d->target->domain), MA_TXT,
        ma_txt_rdata(d->run, record, strlen(record)));
}

/* Where a record may stand by mistake. */
static void report_place_unknown(struct dmarc *d, const struct ma_answer *a)
{
    if (a->status == MA_FAILED && a->failure != MA_FAIL_BAD_NAME)
        ma_failed(ma_report_also(d->run, &dmarc_rules[DMARC_PLACE_UNKNOWN], a->name, "%s TXT: %s",
                      a->name, ma_failure_phrase(a->failure)),
            a);
}

static void report_missing(struct dmarc *d)
{
    const char *asked = "";
    for (size_t i = 1; i < d->count; i++)
        if (d->names[i].answer->status != MA_FAILED)
            asked = ma_text(d->run, "%s%s%s", asked, i > 1 ? ", " : "; nothing either at ",
                d->names[i].answer->name);
    const char *domain = d->target->domain;
    if (report_misplaced(d, DMARC_MISPLACED, d->apex))
        return;
    const struct ma_answer *doubled = ma_dns(d->run, MA_TXT, "_dmarc.%s.%s", domain, domain);
    if (report_misplaced(d, DMARC_DOUBLED, doubled))
        return;
    report_place_unknown(d, d->apex);
    report_place_unknown(d, doubled);
    publish_first(d, ma_report(d->run, &dmarc_rules[DMARC_MISSING], domain, "%s %s%s",
                         d->names[0].answer->name, own_answer(d), asked));
}

/* ---- records that are none
 * ------------------------------------------------------------------------ */

static const char *miss_phrase(enum ma_dmarc_miss miss)
{
    static const char *const phrases[] = {
        [MA_DMARC_MISS_QUOTES] = "quotes or backslashes of a zone file are in it",
        [MA_DMARC_MISS_TYPOGRAPHY] = "a character of a word processor is in it",
        [MA_DMARC_MISS_BLANK] = "there is a blank before v=DMARC1",
        [MA_DMARC_MISS_LATE] = "v=DMARC1 is not the first tag",
        [MA_DMARC_MISS_SEMICOLON] = "there is no semicolon behind v=DMARC1",
        [MA_DMARC_MISS_CASE] = "DMARC1 must be in capitals",
        [MA_DMARC_MISS_VERSION] = "the version is not DMARC1",
        [MA_DMARC_MISS_NO_V] = "v=DMARC1 is missing",
    };
    return phrases[miss];
}

static void report_miss(struct dmarc *d, const struct dmarc_name *n)
{
    struct ma_span at;
    struct ma_dmarc_record r;
    const struct ma_rr *rr = n->rr;
    enum ma_dmarc_miss miss = ma_dmarc_near_miss(rr->txt.bytes, rr->txt.size, &at);
    struct ma_finding *f = ma_report(d->run, &dmarc_rules[DMARC_NOT_RECOGNISED], n->answer->name,
        "%s: '%s'", miss_phrase(miss), ma_bytes_text(d->run, rr->txt.bytes, rr->txt.size));
    ma_place(f, rr, at.offset, at.size);
    char *mended = ma_alloc(d->run, rr->txt.size + MA_DMARC_MEND_EXTRA);
    ma_dmarc_record_parse(&r, mended, ma_dmarc_record_mend(mended, rr->txt.bytes, rr->txt.size));
    dmarc_publish(d, f, rr->owner, &r, &(struct ma_dmarc_edit){0});
}

/* The one to keep: of those that have an effect, the mildest, which refuses no mail by surprise. */
static void publish_one(struct dmarc *d, struct ma_finding *f, const struct ma_answer *a)
{
    struct ma_dmarc_record best = {.size = 0}, r;
    for (size_t i = 0; i < a->rr_count; i++) {
        const struct ma_rr *rr = &a->rrs[i];
        if (!ma_dmarc_is_record(rr->txt.bytes, rr->txt.size))
            continue;
        ma_dmarc_record_parse(&r, rr->txt.bytes, rr->txt.size);
        if (best.size == 0 || (r.p != MA_DMARC_UNSET && r.p < best.p))
            best = r;
    }
    dmarc_publish(d, f, a->rrs[0].owner, &best, &(struct ma_dmarc_edit){0});
}

static void report_several(struct dmarc *d, const struct dmarc_name *n)
{
    const char *list = "";
    size_t count = 0;
    for (size_t i = 0; i < n->answer->rr_count; i++) {
        const struct ma_rr *rr = &n->answer->rrs[i];
        if (!ma_dmarc_is_record(rr->txt.bytes, rr->txt.size))
            continue;
        if (count++ < 3)
            list = ma_text(d->run, "%s%s'%s'", list, count > 1 ? ", " : "",
                ma_bytes_text(d->run, rr->txt.bytes, rr->txt.size));
    }
    struct ma_finding *f = ma_report(d->run, &dmarc_rules[DMARC_MULTIPLE], n->answer->name,
        "%zu records: %s%s", count, list, count > 3 ? ", ..." : "");
    publish_one(d, f, n->answer);
}

/* ---- questions that were not answered ---------------------------------------------------- */

const struct ma_answer *dmarc_first_failed(const struct dmarc *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->steps[i].failed)
            return d->names[i].answer;
    return NULL;
}

static void report_unknown(struct dmarc *d, enum dmarc_rule rule)
{
    const struct ma_answer *a = dmarc_first_failed(d);
    if (a == NULL)
        a = d->exists; /* sp or np? */
    if (a->status != MA_FAILED)
        return;
    struct ma_finding *f = ma_report(d->run, &dmarc_rules[rule], a->name, "%s %s: %s", a->name,
        ma_type_name(d->run, a->type), ma_failure_phrase(a->failure));
    ma_failed(f, a);
    if (rule == DMARC_UNKNOWN && a != d->exists)
        ma_hides_several(f);
}

/* ---- RFC 7489's readers
 * ------------------------------------------------------------------------------ */

/* The step that they take the policy from, if they have one; false when it is not known. */
static bool older_step(const struct dmarc *d, const struct ma_dmarc_step **step_r)
{
    *step_r = NULL;
    if (d->steps[0].failed || d->org_psl == NULL)
        return false;
    if (d->steps[0].record != NULL) {
        *step_r = &d->steps[0];
        return true;
    }
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->name[i], d->org_psl) != 0)
            continue;
        *step_r = d->steps[i].record != NULL ? &d->steps[i] : NULL;
        return !d->steps[i].failed;
    }
    return false;
}

static const char *reading(
    struct dmarc *d, enum ma_dmarc_policy policy, const struct ma_dmarc_step *step)
{
    if (policy == MA_DMARC_UNSET || step == NULL)
        return "no policy";
    return ma_text(d->run, "%s from _dmarc.%s", ma_dmarc_policy_name(policy), step->name);
}

/* Where the record that newer readers find says nothing, that is the cause. */
static void name_cause(const struct dmarc *d, struct ma_finding *f)
{
    if (d->record != NULL && ma_dmarc_record_effect(d->record) == MA_DMARC_NO_EFFECT)
        ma_effect_of(f, dmarc_rules[DMARC_NO_EFFECT].id);
}

static void report_policy_differs(
    struct dmarc *d, enum ma_dmarc_policy older, const struct ma_dmarc_step *older_step)
{
    const struct ma_dmarc_step *newer_step = d->own.applied;
    const struct ma_dmarc_step *from = newer_step != NULL ? newer_step : older_step;
    if (from == NULL) /* neither has a record: then they do not differ */
        return;
    struct ma_finding *f = ma_report(d->run, &dmarc_rules[DMARC_POLICY_DIFFERS], d->target->domain,
        "newer receivers: %s; older ones: %s", reading(d, d->policy, newer_step),
        reading(d, older, older_step));
    name_cause(d, f);
    struct ma_dmarc_edit edit = {.which = MA_DMARC_P,
        .policy = d->policy != MA_DMARC_UNSET ? d->policy : older,
        .drop =
            UINT32_C(1) << MA_DMARC_SP | UINT32_C(1) << MA_DMARC_NP | UINT32_C(1) << MA_DMARC_PSD};
    dmarc_publish(d, f, ma_text(d->run, "_dmarc.%s", d->target->domain), from->record, &edit);
}

static void report_org_differs(struct dmarc *d)
{
    struct ma_finding *f = ma_report(d->run, &dmarc_rules[DMARC_ORG_DIFFERS], d->target->domain,
        "newer receivers: %s (RFC 9989); older ones: %s (public suffix list)", d->own.org_domain,
        d->org_psl);
    name_cause(d, f);
    ma_fix(f, "org", "%s", d->org_psl);
    if (ma_is_within(d->own.org_domain, d->org_psl))
        ma_publish(f, ma_text(d->run, "_dmarc.%s", d->org_psl), MA_TXT, "\"v=DMARC1; p=none\"");
}

static void compare_readings(struct dmarc *d)
{
    const struct ma_dmarc_step *step;
    if (d->lost || !older_step(d, &step) || d->exists->status == MA_NXDOMAIN)
        return;
    enum ma_dmarc_policy older = MA_DMARC_UNSET;
    if (step != NULL)
        older = ma_dmarc_record_policy(step->record, step == d->steps ? MA_DMARC_P : MA_DMARC_SP);
    if (older != d->policy)
        report_policy_differs(d, older, step);
    else if (d->at != NULL && d->own.org_domain != NULL &&
             strcmp(d->own.org_domain, d->org_psl) != 0)
        report_org_differs(d);
}

/* ---- the check
 * ---------------------------------------------------------------------------------------- */

static void judge(struct dmarc *d, const struct dmarc_name *broken)
{
    if (d->lost)
        report_unknown(d, DMARC_UNKNOWN);
    else if (d->own.org_domain == NULL || d->below.lost)
        report_unknown(d, DMARC_ABOVE_UNKNOWN);
    if (broken != NULL && broken->seen == DMARC_SEVERAL)
        report_several(d, broken);
    else if (broken != NULL)
        report_miss(d, broken);
    else if (d->record != NULL)
        dmarc_lint(d);
    else if (!d->lost)
        report_missing(d);
    if (d->record != NULL)
        dmarc_external(d);
    if (broken == NULL)
        compare_readings(d);
}

static void run(struct ma_run *run)
{
    struct dmarc d = {
        .run = run, .target = ma_target(run), .psl = ma_state(run), .result = ma_result(run)};
    ask(&d);
    if (is_pending(&d) || d.count == 0) /* the root has no mail */
        return;
    d.org_psl = ma_org_domain(d.psl, d.target->domain);
    discover(&d);
    const struct dmarc_name *broken = find_broken(&d);
    put_result(&d, broken);
    judge(&d, broken);
}

MA_CHECK(dmarc, .area = "dmarc", .title = "DMARC policy",
    .empty_result = "{\"state\": null, \"record\": null, \"found_at\": null, \"org_domain\": null,"
                    " \"org_domain_psl\": null, \"policy\": null, \"subdomain_policy\": null,"
                    " \"nonexistent_policy\": null, \"testing\": null, \"external_reports\":"
                    " [{\"uri\": null, \"host\": null, \"authorised\": null}],"
                    " \"walk\": [{\"name\": null, \"state\": null}]}",
    .rules = dmarc_rules, .rule_count = DMARC_RULE_COUNT, .open = ma_org_domain_open, .run = run,
    .close = ma_org_domain_close);
