/* SPDX-License-Identifier: MIT */
/*
 * dmarc_external.c - the hosts that reports go to: those outside the organization must have agreed
 * to receive them (RFC 9990 4, RFC 9991 5: TXT at DOMAIN._report._dmarc.HOST), and all must take
 * mail.
 */
#include "dmarc_check.h"

#include <string.h>
#include <strings.h>

enum answer { NO, YES, NOT_KNOWN };

/* A host that reports go to. */
struct host {
    const char *name;
    enum answer external;
    const struct ma_answer *failed;  /* why external is not known */
    const struct ma_answer *doubt;   /* what could make an external one one of our own; or NULL */
    const struct ma_answer *consent; /* of an external one */
    const struct ma_answer *mx;
    bool told; /* a finding says that it has not agreed, or that this is not known */
};

struct hosts {
    struct host list[2 * MA_DMARC_URIS_MAX];
    size_t count;
};

/* The domain that all destinations inside must belong to. */
static const char *boundary(const struct dmarc *d)
{
    const char *at = d->own.applied->name;
    if (d->own.inherited)
        return at;
    if (d->own.org_domain != NULL)
        return d->own.org_domain;
    return d->org_psl != NULL ? d->org_psl : at;
}

/* Where the organizational domain is not known, it may be one above, which has the host, too. */
static const struct ma_answer *find_doubt(const struct dmarc *d, const struct host *h)
{
    if (d->own.inherited || d->own.org_domain != NULL)
        return NULL;
    for (size_t i = 0; i < d->count; i++)
        if (d->steps[i].failed && ma_is_within(h->name, d->steps[i].name))
            return d->names[i].answer;
    return NULL;
}

/*
 * A host below the boundary belongs to it unless a name on the way up says with psd= that another
 * organization begins there; a host anywhere else does not.
 */
static void judge_place(struct dmarc *d, struct host *h)
{
    const char *inside = boundary(d), *names[MA_DMARC_WALK_MAX];
    h->external = NO;
    if (strcasecmp(h->name, inside) == 0)
        return;
    h->external = YES;
    h->doubt = find_doubt(d, h);
    if (!ma_is_within(h->name, inside))
        return;
    h->external = NO;
    size_t count = ma_dmarc_walk_names(h->name, names);
    for (size_t i = 0; i < count && strlen(names[i]) > strlen(inside); i++) {
        struct dmarc_name name = {.answer = ma_dns(d->run, MA_TXT, "_dmarc.%s", names[i])};
        struct ma_dmarc_step step = {.name = names[i]};
        dmarc_read_name(d->run, &name, &step);
        if (step.record != NULL && step.record->psd != 'u')
            h->external = YES;
        if (step.failed && h->external == NO) {
            h->external = NOT_KNOWN;
            h->failed = name.answer;
        }
    }
}

static struct host *host_of(struct dmarc *d, struct hosts *hosts, struct ma_span s)
{
    const char *text = ma_bytes_text(d->run, d->record->bytes + s.offset, s.size);
    for (size_t i = 0; i < hosts->count; i++)
        if (strcasecmp(hosts->list[i].name, text) == 0)
            return &hosts->list[i];
    struct host *h = &hosts->list[hosts->count++];
    char *name = ma_alloc(d->run, s.size + 1);
    for (size_t i = 0; i < s.size; i++)
        name[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    if (s.size > 1 && name[s.size - 1] == '.')
        name[s.size - 1] = '\0';
    *h = (struct host){.name = name};
    h->mx = ma_dns(d->run, MA_MX, "%s", h->name);
    judge_place(d, h);
    if (h->external == YES)
        h->consent = ma_dns(d->run, MA_TXT, "%s._report._dmarc.%s", d->own.applied->name, h->name);
    return h;
}

/* Does a destination of the consenting record, rua for one kind of reports, ruf for the other, have
   another host? Then nobody may report. */
static bool redirects(const char *bytes, size_t size, const char *host, bool failures)
{
    struct ma_dmarc_record r;
    ma_dmarc_record_parse(&r, bytes, size);
    const struct ma_dmarc_uris *uris = failures ? &r.ruf : &r.rua;
    for (unsigned i = 0; i < uris->count; i++)
        if (uris->list[i].kind == MA_DMARC_MAILTO &&
            !ma_span_is_nocase(bytes, uris->list[i].host, host))
            return true;
    return false;
}

/* failures: is it about failure reports (ruf)? *why_r: what speaks against it. */
static enum answer has_agreed(
    const struct host *h, const struct ma_answer *a, bool failures, const char **why_r)
{
    if (a->status == MA_FAILED && a->failure != MA_FAIL_BAD_NAME)
        return NOT_KNOWN;
    *why_r = "does not exist";
    if (a->status == MA_NODATA)
        *why_r = "has no TXT record";
    if (a->status == MA_FAILED)
        *why_r = "is too long for a name";
    for (size_t i = 0; i < a->rr_count; i++) {
        const char *bytes = a->rrs[i].txt.bytes;
        *why_r = "has no record that begins with v=DMARC1";
        if (!ma_dmarc_is_record(bytes, a->rrs[i].txt.size))
            continue;
        if (!redirects(bytes, a->rrs[i].txt.size, h->name, failures))
            return YES;
        *why_r = "sends the reports on to another host, which is not allowed";
        return NO;
    }
    return NO;
}

static void report_refused(
    struct dmarc *d, const struct host *h, const struct ma_dmarc_uri *uri, const char *why)
{
    const struct ma_answer *a = h->consent;
    struct ma_finding *f = ma_report_also(d->run, &dmarc_rules[DMARC_UNAUTHORISED], h->name,
        "%s: %s %s", ma_bytes_text(d->run, d->record->bytes + uri->text.offset, uri->text.size),
        a->name, why);
    if (a->status != MA_FAILED)
        ma_publish(f, a->name, MA_TXT, "\"v=DMARC1\"");
    ma_place(f, d->at->rr, uri->text.offset, uri->text.size);
}

static void report_not_known(struct dmarc *d, const struct ma_answer *a, const char *host)
{
    ma_failed(ma_report_also(d->run, &dmarc_rules[DMARC_REPORT_UNKNOWN], host, "%s: %s", a->name,
                  ma_failure_phrase(a->failure)),
        a);
}

/* Is there consent, as far as there has to be? What speaks against it is told once a host. */
static bool judge_consent(
    struct dmarc *d, struct host *h, const struct ma_dmarc_uri *uri, bool failures)
{
    const struct ma_answer *a = h->external == YES ? h->consent : h->failed;
    if (a == NULL || a->status == MA_PENDING)
        return true;
    struct ma_data *row = ma_append(d->result, "external_reports");
    ma_put_bytes(row, "uri", d->record->bytes + uri->text.offset, uri->text.size);
    ma_put(row, "host", h->name);
    const char *why = "";
    enum answer agreed = h->external == YES ? has_agreed(h, a, failures, &why) : NOT_KNOWN;
    if (agreed == NO && h->doubt != NULL) {
        agreed = NOT_KNOWN;
        a = h->doubt;
    }
    if (agreed != NOT_KNOWN)
        ma_put_bool(row, "authorised", agreed == YES);
    if (agreed == NO && !h->told)
        report_refused(d, h, uri, why);
    if (agreed == NOT_KNOWN && !h->told)
        report_not_known(d, a, h->name);
    h->told |= agreed != YES;
    return agreed == YES;
}

/* Can mail be delivered to a host without MX records: has it an address (RFC 5321 5.1)? */
static enum answer has_address(
    struct dmarc *d, const struct host *h, const struct ma_answer **failed_r)
{
    const struct ma_answer *both[] = {
        ma_dns(d->run, MA_A, "%s", h->name), ma_dns(d->run, MA_AAAA, "%s", h->name)};
    enum answer has = NO;
    for (size_t i = 0; i < 2; i++) {
        if (both[i]->status == MA_OK || both[i]->status == MA_PENDING)
            return YES;
        if (both[i]->status != MA_FAILED)
            continue;
        has = NOT_KNOWN;
        *failed_r = both[i];
    }
    return has;
}

/* Does it take mail? *why_r: what speaks against it; *failed_r: the answer that is missing. */
static enum answer takes_mail(
    struct dmarc *d, const struct host *h, const char **why_r, const struct ma_answer **failed_r)
{
    const struct ma_answer *mx = h->mx;
    switch (mx->status) {
    case MA_OK:
        *why_r = "has a null MX";
        return mx->rr_count == 1 && strcmp(mx->rrs[0].mx.exchange, ".") == 0 ? NO : YES;
    case MA_NODATA:
        *why_r = "has neither mail exchangers (MX) nor an address";
        return has_address(d, h, failed_r);
    case MA_NXDOMAIN:
        *why_r = "does not exist";
        return NO;
    case MA_FAILED:
        *why_r = "is no domain name";
        *failed_r = mx;
        return mx->failure == MA_FAIL_BAD_NAME ? NO : NOT_KNOWN;
    default:
        return YES;
    }
}

static void judge_delivery(struct dmarc *d, const struct host *h, const struct ma_dmarc_uri *uri)
{
    const char *why = "";
    const struct ma_answer *failed = NULL;
    enum answer takes = takes_mail(d, h, &why, &failed);
    if (takes == NOT_KNOWN)
        report_not_known(d, failed, h->name);
    if (takes != NO)
        return;
    struct ma_finding *f = ma_report_also(d->run, &dmarc_rules[DMARC_REPORT_HOST], h->name,
        "%s: %s %s", ma_bytes_text(d->run, d->record->bytes + uri->text.offset, uri->text.size),
        h->name, why);
    ma_fix(f, "record", "%s", d->at->answer->name);
    ma_place(f, d->at->rr, uri->text.offset, uri->text.size);
}

static void judge_uri(
    struct dmarc *d, struct hosts *hosts, const struct ma_dmarc_uri *uri, bool failures)
{
    size_t known = hosts->count;
    struct host *h = host_of(d, hosts, uri->host);
    bool first = hosts->count > known;
    if (judge_consent(d, h, uri, failures) && first)
        judge_delivery(d, h, uri);
}

void dmarc_external(struct dmarc *d)
{
    struct hosts hosts = {.count = 0};
    const struct ma_dmarc_uris *both[] = {&d->record->rua, &d->record->ruf};
    for (size_t i = 0; i < 2; i++)
        for (unsigned n = 0; n < both[i]->count; n++)
            if (both[i]->list[n].kind == MA_DMARC_MAILTO)
                judge_uri(d, &hosts, &both[i]->list[n], i == 1);
}
