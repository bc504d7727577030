/* SPDX-License-Identifier: MIT */
/*
 * dns_dnssec.c - what a validating receiver makes of the domain's answers.
 *
 * A signature that has expired or does not fit is the zone's fault: a resolver that takes
 * signatures away leaves none. So only where they are missing it has to be found out who took them:
 * the same question by full recursion, past our resolver, and one about the root, which is signed.
 */
#include "dns_check.h"

#include <string.h>

/* Words of libunbound's reasons (validator/val_sigcrypt.c, validator/validator.c; 1.17). */
static const char expired[] = "signature expired";
static const char *const missing[] = {"no signatures", "no DNSSEC records", "no RRSIG", "no DNSKEY",
    "Missing DNSKEY", "DNSKEY record was missing", "misc failure"};

static const struct ma_answer *validated(struct dns *d, enum ma_rrtype type, const char *name)
{
    static const struct ma_how how = {.validate = true};
    return ma_dns_how(d->run, &how, type, "%s", name);
}

static bool is_bogus(const struct ma_answer *a)
{
    return a->status == MA_FAILED && a->failure == MA_FAIL_BOGUS;
}

static bool is_missing(const struct ma_answer *a)
{
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (strstr(a->detail, missing[i]) != NULL)
            return true;
    return *a->detail == '\0';
}

static void put_status(struct dns *d, const char *status, const char *reason)
{
    ma_put(ma_result(d->run), "dnssec", status);
    ma_put(ma_result(d->run), "dnssec_reason", reason);
}

/* Without libunbound's "validation failure <NAME TYPE IN>: ", which says what we say. */
static const char *reason_of(const struct ma_answer *a)
{
    static const char head[] = "validation failure <";
    const char *end = strstr(a->detail, ">: ");
    if (strncmp(a->detail, head, sizeof head - 1) == 0 && end != NULL)
        return end + 3;
    return *a->detail != '\0' ? a->detail : ma_failure_phrase(a->failure);
}

static void report_bogus(struct dns *d, const struct ma_answer *a)
{
    bool is_expired = strstr(a->detail, expired) != NULL;
    put_status(d, "bogus", reason_of(a));
    ma_report(d->run, &dns_rules[is_expired ? DNS_EXPIRED : DNS_BOGUS], d->domain, "%s %s: %s",
        a->name, ma_type_name(d->run, a->type), reason_of(a));
    d->explained = true;
}

static void report_unknown(struct dns *d, const struct ma_answer *a)
{
    put_status(d, "unknown", reason_of(a));
    ma_failed(ma_report(d->run, &dns_rules[DNS_VALIDATION_FAILED], d->domain, "%s %s: %s", a->name,
                  ma_type_name(d->run, a->type), reason_of(a)),
        a);
}

static void report_strips(struct dns *d, const struct ma_answer *a)
{
    ma_put_bool(ma_object(ma_result(d->run), "resolver"), "strips_dnssec", true);
    ma_failed(ma_report(d->run, &dns_rules[DNS_STRIPS], d->domain, "%s %s: %s", a->name,
                  ma_type_name(d->run, a->type), reason_of(a)),
        a);
}

static const char *status_of(const struct ma_answer *a)
{
    if (a->status == MA_FAILED)
        return "unknown";
    return a->security == MA_SECURE ? "secure" : "insecure";
}

/* No signature is there: is it the zone that has none, or our resolver that took it away? */
static void judge_missing(struct dns *d, const struct ma_answer *a)
{
    static const struct ma_how past = {.validate = true, .recursive = true};
    const struct ma_answer *root = validated(d, MA_NS, ".");
    const struct ma_answer *recursion = ma_dns_how(d->run, &past, a->type, "%s", a->name);
    if (is_bogus(recursion)) {
        report_bogus(d, recursion);
        if (!is_missing(recursion))
            report_strips(d, a);
    } else if (recursion->status != MA_FAILED || is_bogus(root)) {
        put_status(d, status_of(recursion), NULL);
        report_strips(d, a);
    } else if (root->security == MA_SECURE) {
        report_bogus(d, a);
    } else {
        report_unknown(d, a);
    }
}

static void judge_bogus(struct dns *d, const struct ma_answer *a)
{
    if (is_missing(a))
        judge_missing(d, a);
    else
        report_bogus(d, a);
}

/* A zone file has no chain of trust to it. */
static bool is_unasked(struct dns *d, const struct ma_answer *a)
{
    if (a->security != MA_SECURITY_UNASKED)
        return false;
    put_status(d, "unknown", NULL);
    ma_report(d->run, &dns_rules[DNS_VALIDATION_FAILED], d->domain,
        "%s %s comes from a zone file, which is not validated", a->name,
        ma_type_name(d->run, a->type));
    return true;
}

static void report_good(struct dns *d, const struct ma_answer *const *answers, size_t count)
{
    const struct ma_answer *insecure = NULL;
    for (size_t i = 0; i < count && insecure == NULL; i++)
        if (answers[i]->security != MA_SECURE)
            insecure = answers[i];
    put_status(d, insecure == NULL ? "secure" : "insecure", NULL);
    ma_put_bool(ma_object(ma_result(d->run), "resolver"), "strips_dnssec", false);
    if (insecure == NULL)
        ma_report(d->run, &dns_rules[DNS_SECURE], d->domain, "its SOA, MX and TXT were validated");
    else
        ma_report(d->run, &dns_rules[DNS_INSECURE], d->domain,
            "%s %s: no chain of trust leads to it", insecure->name,
            ma_type_name(d->run, insecure->type));
}

void dns_dnssec_judge(struct dns *d, bool all)
{
    static const enum ma_rrtype types[] = {MA_SOA, MA_MX, MA_TXT};
    const struct ma_answer *answers[3];
    /* SOA alone first: the reason for a bad key is told with the first answer that needs it only */
    for (size_t i = 0; i < 3; i++) {
        answers[i] = validated(d, types[i], d->domain);
        if (answers[i]->status == MA_PENDING && i == 0)
            return;
        if (is_bogus(answers[i])) {
            judge_bogus(d, answers[i]);
            return;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        if (answers[i]->status != MA_FAILED)
            continue;
        if (all)
            report_unknown(d, answers[i]);
        return;
    }
    if (all && !is_unasked(d, answers[0]))
        report_good(d, answers, 3);
}
