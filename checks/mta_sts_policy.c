/* SPDX-License-Identifier: MIT */
/* mta_sts_policy.c - what the policy says, and which mail exchangers it names. */
#include "mta_sts_check.h"

#include <string.h>
#include <strings.h>

#define MAX_AGE_LEAST_SECS 604800 /* "weeks or greater", RFC 8461 3.2 */
#define MAX_AGE_FIRST_SECS 604800 /* proposed for a first policy */
#define LISTED_MAX         8      /* patterns named in evidence */

/* ---- what to publish ------------------------------------------------------------------------- */

/* Another id than that one: its number at the end counted up, or one put there. */
static const char *next_id(struct ma_run *run, const char *id)
{
    size_t size = strlen(id), at = size;
    char *text = ma_alloc(run, MTA_STS_ID_MAX + 2);

    memcpy(text, id, size);
    while (at > 0 && text[at - 1] == '9')
        text[--at] = '0';
    if (at > 0 && text[at - 1] >= '0' && text[at - 1] < '9')
        text[at - 1]++;
    else if (size < MTA_STS_ID_MAX)
        text[size] = '1';
    else
        return "1";
    return text;
}

static bool is_matched(const struct sts *s, const char *host)
{
    for (size_t i = 0; s->policy != NULL && i < s->policy->pattern_count; i++) {
        struct ma_span p = s->policy->patterns[i];
        if (mta_sts_matches(s->body->bytes + p.offset, p.size, host))
            return true;
    }
    return false;
}

/* The policy as it should be: what is there and holds, and what lacks. */
static const char *policy_text(struct sts *s)
{
    const struct mta_sts_policy *p = s->policy;
    enum mta_sts_mode mode = p != NULL && p->mode != MTA_STS_NO_MODE ? p->mode : MTA_STS_TESTING;
    uint64_t max_age = p != NULL ? p->max_age_secs : 0;
    const char *text = ma_text(s->run, "version: STSv1\nmode: %s\n", mta_sts_mode_name(mode));
    size_t named = 0;

    if (max_age < MAX_AGE_LEAST_SECS || max_age > MTA_STS_MAX_AGE_MAX)
        max_age = MAX_AGE_FIRST_SECS;
    for (size_t i = 0; p != NULL && i < p->pattern_count; i++, named++)
        text = ma_text(s->run, "%smx: %s\n", text,
            ma_bytes_text(s->run, s->body->bytes + p->patterns[i].offset, p->patterns[i].size));
    for (size_t i = 0; i < s->host_count; i++)
        if (!is_matched(s, s->hosts[i])) {
            text = ma_text(s->run, "%smx: %s\n", text, s->hosts[i]);
            named++;
        }
    if (named == 0)
        text = ma_text(s->run, "%smx: mail.%s\n", text, ma_target(s->run)->domain);
    return ma_text(s->run, "%smax_age: %llu", text, (unsigned long long)max_age);
}

void mta_sts_propose_policy(struct sts *s, struct ma_finding *f)
{
    ma_fix(f, "policy", "%s", policy_text(s));
}

/* ---- the mail exchangers --------------------------------------------------------------------- */

/* "a, b and 3 more" */
static const char *patterns_text(struct sts *s)
{
    const struct mta_sts_policy *p = s->policy;
    const char *text = "";
    size_t shown_count = p->pattern_count < LISTED_MAX ? p->pattern_count : LISTED_MAX;

    for (size_t i = 0; i < shown_count; i++)
        text = ma_text(s->run, "%s%s%s", text, i > 0 ? ", " : "",
            mta_sts_shown(s->run, s->body->bytes, p->patterns[i]));
    if (p->pattern_count > shown_count)
        text = ma_text(s->run, "%s and %zu more", text, p->pattern_count - shown_count);
    return *text != '\0' ? text : "no host at all";
}

static void report_unmatched(struct sts *s, const char *host, bool first)
{
    enum mta_sts_rule rule =
        s->policy->mode == MTA_STS_ENFORCE ? MTA_STS_RULE_MX : MTA_STS_RULE_MX_TESTING;
    struct ma_finding *f = ma_report_also(s->run, &mta_sts_rules[rule], host,
        "%s is a mail exchanger; the policy names %s", host, patterns_text(s));

    if (!first)
        return;
    mta_sts_propose_policy(s, f);
    mta_sts_publish(s, f, next_id(s->run, s->id));
}

/* Hosts that could not be looked up, or mx lines that were not looked at. */
static void report_unknown_hosts(struct sts *s)
{
    const char *text;
    struct ma_finding *f;

    if (s->failed != NULL)
        text = ma_text(s->run, "%s of %s: %s", ma_type_name(s->run, s->failed->type),
            s->failed->name, ma_failure_phrase(s->failed->failure));
    else
        text = ma_text(s->run,
            "the policy has more than %d mx lines: only the first ones were looked at",
            MTA_STS_PATTERNS_MAX);
    f = mta_sts_report(s, MTA_STS_RULE_MX_UNKNOWN, ma_target(s->run)->domain, text);
    if (s->failed != NULL)
        ma_failed(f, s->failed);
}

/* Returns whether the policy is known to name every host. */
static bool match_hosts(struct sts *s)
{
    size_t unmatched = 0;

    for (size_t i = 0; i < s->host_count; i++) {
        struct ma_data *row = ma_append(ma_result(s->run), "hosts");
        bool matched = is_matched(s, s->hosts[i]);
        ma_put(row, "name", s->hosts[i]);
        if (matched || s->policy->patterns_left_out == 0)
            ma_put_bool(row, "matched", matched);
        if (matched || s->policy->mode == MTA_STS_NONE)
            continue;
        if (s->policy->patterns_left_out == 0)
            report_unmatched(s, s->hosts[i], unmatched == 0);
        unmatched++;
    }
    if (s->policy->mode != MTA_STS_NONE &&
        (s->failed != NULL || (unmatched > 0 && s->policy->patterns_left_out > 0)))
        report_unknown_hosts(s);
    return unmatched == 0 && s->failed == NULL && s->host_count > 0 && !s->hosts_left_out;
}

static void report_unused(struct sts *s)
{
    const char *text = "";
    size_t count = 0;

    if (s->failed != NULL || s->host_count == 0 || s->hosts_left_out)
        return;
    for (size_t i = 0; i < s->policy->pattern_count; i++) {
        struct ma_span p = s->policy->patterns[i];
        bool used = false;
        for (size_t k = 0; k < s->host_count && !used; k++)
            used = mta_sts_matches(s->body->bytes + p.offset, p.size, s->hosts[k]);
        if (!used && count++ < LISTED_MAX)
            text = ma_text(s->run, "%s%s%s", text, *text != '\0' ? ", " : "",
                mta_sts_shown(s->run, s->body->bytes, p));
    }
    if (count > LISTED_MAX)
        text = ma_text(s->run, "%s and %zu more", text, count - LISTED_MAX);
    if (count > 0)
        mta_sts_report(s, MTA_STS_RULE_UNUSED, s->url, text);
}

/* ---- the policy ------------------------------------------------------------------------------ */

static const char *fault_text(struct sts *s, const struct mta_sts_fault *fault)
{
    if (fault->line == 0)
        return fault->expected;
    return ma_text(s->run, "line %u, '%s': %s", fault->line,
        mta_sts_shown(s->run, s->body->bytes, fault->at), fault->expected);
}

/* All faults of the kind that were kept; the first one for {expected}. */
static struct ma_finding *report_faults(
    struct sts *s, enum mta_sts_fault_kind kind, enum mta_sts_rule rule)
{
    const struct mta_sts_policy *p = s->policy;
    const char *text = "", *first = NULL;
    struct ma_finding *f;
    size_t count = 0;

    for (size_t i = 0; i < p->fault_count; i++) {
        if (p->faults[i].kind != kind)
            continue;
        first = first != NULL ? first : fault_text(s, &p->faults[i]);
        text = ma_text(
            s->run, "%s%s%s", text, *text != '\0' ? "; " : "", fault_text(s, &p->faults[i]));
        count++;
    }
    if (count < p->by_kind[kind])
        text = ma_text(
            s->run, "%s%s%zu more", text, *text != '\0' ? "; and " : "", p->by_kind[kind] - count);
    f = mta_sts_report(s, rule, s->url, text);
    ma_fix(f, "expected", "%s", first != NULL ? first : "see the other findings first");
    return f;
}

static bool is_plain_text(const char *type)
{
    static const char plain[] = "text/plain";
    const char *rest = type + sizeof(plain) - 1;

    return strncasecmp(type, plain, sizeof(plain) - 1) == 0 &&
           (*rest == '\0' || *rest == ';' || *rest == ' ' || *rest == '\t');
}

static const char *type_text(struct sts *s)
{
    return *s->body->type != '\0' ? ma_text(s->run, "Content-Type: %s", s->body->type)
                                  : "there is no Content-Type";
}

static void report_no_policy(struct sts *s)
{
    struct ma_span text = ma_span_trim(s->body->bytes, (struct ma_span){0, s->body->size});
    const char *what = NULL;
    struct ma_finding *f;

    ma_put(ma_result(s->run), "state", "invalid");
    if (text.size == 0)
        what = "the file is empty";
    else if (s->body->bytes[text.offset] == '<')
        what = ma_text(s->run, "this is a web page, not a policy (%s)", type_text(s));
    if (what != NULL) {
        f = mta_sts_report(s, MTA_STS_RULE_POLICY_SYNTAX, s->url, what);
        ma_fix(f, "expected", "put a policy there");
    } else {
        f = report_faults(s, MTA_STS_SYNTAX, MTA_STS_RULE_POLICY_SYNTAX);
    }
    mta_sts_propose_policy(s, f);
}

static void put_policy(struct sts *s)
{
    const struct mta_sts_policy *p = s->policy;
    struct ma_data *result = ma_result(s->run);

    ma_put(result, "mode", mta_sts_mode_name(p->mode));
    if (p->max_age_secs > 0 || mta_sts_policy_holds(p))
        ma_put_int(result, "max_age_secs", (int64_t)p->max_age_secs);
    for (size_t i = 0; i < p->pattern_count; i++)
        ma_append_text(result, "mx",
            ma_bytes_text(s->run, s->body->bytes + p->patterns[i].offset, p->patterns[i].size));
}

static void judge_max_age(struct sts *s)
{
    uint64_t secs = s->policy->max_age_secs;
    bool brief = s->policy->mode == MTA_STS_ENFORCE && secs < MAX_AGE_LEAST_SECS;

    if (brief || secs > MTA_STS_MAX_AGE_MAX)
        mta_sts_report(s, MTA_STS_RULE_MAX_AGE, s->url,
            ma_text(s->run, "max_age: %llu (%s)", (unsigned long long)secs,
                brief ? "less than a week" : "more than a year"));
}

static void judge_mode(struct sts *s, bool good)
{
    switch (s->policy->mode) {
    case MTA_STS_TESTING:
        mta_sts_publish(s, mta_sts_report(s, MTA_STS_RULE_TESTING, s->url, "mode: testing"),
            next_id(s->run, s->id));
        break;
    case MTA_STS_NONE:
        mta_sts_report(s, MTA_STS_RULE_NONE, s->url, "mode: none");
        break;
    default:
        if (good)
            mta_sts_report(s, MTA_STS_RULE_OK, ma_target(s->run)->domain,
                ma_text(s->run, "mode: enforce; mx: %s", patterns_text(s)));
    }
}

void mta_sts_judge_policy(struct sts *s)
{
    bool plain = is_plain_text(s->body->type), matched;

    s->policy = ma_alloc(s->run, sizeof(*s->policy));
    mta_sts_policy_parse(s->policy, s->body->bytes, s->body->size);
    put_policy(s);
    if (!mta_sts_policy_holds(s->policy)) {
        report_no_policy(s);
        return;
    }
    ma_put(ma_result(s->run), "state", "valid");
    if (!plain)
        mta_sts_report(s, MTA_STS_RULE_TYPE, s->url, type_text(s));
    if (s->policy->by_kind[MTA_STS_PATTERN] > 0)
        report_faults(s, MTA_STS_PATTERN, MTA_STS_RULE_PATTERN);
    if (s->policy->by_kind[MTA_STS_REPEATED] > 0)
        report_faults(s, MTA_STS_REPEATED, MTA_STS_RULE_REPEATED);
    judge_max_age(s);
    matched = match_hosts(s);
    if (s->policy->mode != MTA_STS_NONE)
        report_unused(s);
    judge_mode(s, plain && matched);
}
