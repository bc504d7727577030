/* SPDX-License-Identifier: MIT */
/*
 * dmarc_own.c - can the domain's own mail pass its own policy? With p=reject, an SPF policy that
 * gives no pass and a _domainkey that does not exist, all of it is refused.
 */
#include "dmarc_check.h"

#include <string.h>
#include <strings.h>

#define EXCERPT_MAX 60 /* bytes of a record that are quoted as evidence */

/* Is it an SPF record (RFC 7208 4.5)? */
static bool is_spf(const struct ma_rr *rr)
{
    static const char version[] = "v=spf1";
    const size_t size = sizeof version - 1;
    return rr->txt.size >= size && strncasecmp(rr->txt.bytes, version, size) == 0 &&
           (rr->txt.size == size || rr->txt.bytes[size] == ' ');
}

/* Can a term give a pass? A directive without another qualifier can, and a redirection may. */
static bool can_pass(const char *term, size_t size)
{
    if (strchr("-~?", term[0]) != NULL)
        return false;
    size_t name = 0;
    while (name < size && strchr("=:/", term[name]) == NULL)
        name++;
    bool modifier = name < size && term[name] == '=';
    return !modifier || (name == strlen("redirect") && strncasecmp(term, "redirect", name) == 0);
}

static bool record_can_pass(const struct ma_rr *rr)
{
    const char *bytes = rr->txt.bytes;
    size_t at = strlen("v=spf1");
    while (at < rr->txt.size) {
        size_t end = at;
        while (end < rr->txt.size && bytes[end] != ' ')
            end++;
        if (end > at && can_pass(bytes + at, end - at))
            return true;
        at = end + 1;
    }
    return false;
}

/* Why SPF can give no pass; NULL: it can. For an answer that is there. */
static const char *why_no_pass(struct dmarc *d)
{
    const struct ma_rr *found = NULL;
    for (size_t i = 0; i < d->apex->rr_count; i++) {
        const struct ma_rr *rr = &d->apex->rrs[i];
        if (!is_spf(rr))
            continue;
        if (found != NULL)
            return "there are several SPF records, so that none counts";
        found = rr;
    }
    if (found == NULL)
        return "there is no SPF record";
    if (record_can_pass(found))
        return NULL;
    bool whole = found->txt.size <= EXCERPT_MAX;
    return ma_text(d->run, "'%s%s' lets nothing pass",
        ma_bytes_text(d->run, found->txt.bytes, whole ? found->txt.size : EXCERPT_MAX),
        whole ? "" : "...");
}

/* Is there a sign that mail is sent: mail exchangers, or an SPF record of whatever kind? */
static bool is_in_use(const struct dmarc *d)
{
    if (d->exists->status == MA_OK && strcmp(d->exists->rrs[0].mx.exchange, ".") != 0)
        return true;
    for (size_t i = 0; i < d->apex->rr_count; i++)
        if (is_spf(&d->apex->rrs[i]))
            return true;
    return false;
}

static bool report_not_known(struct dmarc *d, const struct ma_answer *a)
{
    ma_failed(ma_report(d->run, &dmarc_rules[DMARC_OWN_UNKNOWN], d->target->domain, "%s %s: %s",
                  a->name, ma_type_name(d->run, a->type), ma_failure_phrase(a->failure)),
        a);
    return true;
}

bool dmarc_own_mail(struct dmarc *d)
{
    bool spf_known = d->apex->status != MA_FAILED;
    const char *why = spf_known ? why_no_pass(d) : NULL;
    /* a name below the organisation's is aligned with what SPF and DKIM say of that one */
    const char *org = d->own.org_domain; /* NULL: not known, it may be the domain itself */
    if ((org != NULL && org != d->target->domain) || !is_in_use(d) || (spf_known && why == NULL))
        return false;
    const struct ma_answer *keys = ma_dns(d->run, MA_TXT, "_domainkey.%s", d->target->domain);
    if (keys->status == MA_FAILED)
        return report_not_known(d, keys);
    if (keys->status != MA_NXDOMAIN)
        return false;
    if (!spf_known)
        return report_not_known(d, d->apex);
    if (org == NULL)
        return report_not_known(d, dmarc_first_failed(d));
    ma_place(ma_report(d->run, &dmarc_rules[DMARC_OWN_REFUSED], d->target->domain,
                 "%s: p=reject; %s; %s does not exist, so there is no DKIM key",
                 d->at->answer->name, why, keys->name),
        d->at->rr, 0, d->at->rr->txt.size);
    return true;
}
