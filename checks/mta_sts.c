/* SPDX-License-Identifier: MIT */
/*
 * mta_sts - MTA Strict Transport Security (RFC 8461): the record at _mta-sts, the policy that it
 * tells of, and whether the policy lets mail to each mail exchanger through.
 */
#include "mta_sts_check.h"

#include <string.h>

#define POLICY_BYTES_MAX (64 * 1024) /* senders may stop there, RFC 8461 3.3 */
#define SHOWN_BYTES      60          /* of a line, in evidence */
#define PATH             "/.well-known/mta-sts.txt"

const char *mta_sts_shown(struct ma_run *run, const char *bytes, struct ma_span span)
{
    bool cut = span.size > SHOWN_BYTES;

    return ma_text(run, "%s%s",
        ma_bytes_text(run, bytes + span.offset, cut ? SHOWN_BYTES : span.size), cut ? "..." : "");
}

struct ma_finding *mta_sts_report(
    struct sts *s, enum mta_sts_rule rule, const char *subject, const char *evidence)
{
    struct ma_finding *f = ma_report(s->run, &mta_sts_rules[rule], subject, "%s", evidence);

    ma_fix(f, "host", "%s", s->host);
    return f;
}

/* ---- what to publish ------------------------------------------------------------------------- */

void mta_sts_publish(struct sts *s, struct ma_finding *f, const char *id)
{
    const char *record = ma_text(s->run, MTA_STS_VERSION "; id=%s", id);

    ma_publish(f, s->rr != NULL ? s->rr->owner : s->owner, MA_TXT,
        ma_txt_rdata(s->run, record, strlen(record)));
}

/* The id without what may not be in it. */
static const char *clean_id(struct ma_run *run, const char *bytes, struct ma_span id)
{
    char *text = ma_alloc(run, MTA_STS_ID_MAX + 1);
    size_t size = 0;

    for (size_t i = 0; i < id.size && size < MTA_STS_ID_MAX; i++) {
        char c = bytes[id.offset + i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            text[size++] = c;
    }
    return size > 0 ? text : "1";
}

/* ---- the mail exchangers --------------------------------------------------------------------- */

static void add_host(struct sts *s, const char *name)
{
    if (strcmp(name, ".") == 0)
        return;
    if (s->host_count < MTA_STS_HOSTS_MAX)
        s->hosts[s->host_count++] = name;
    else
        s->hosts_left_out = true;
}

/* Without an MX record the domain is its own mail exchanger, if it has an address. */
static void find_implicit(struct sts *s)
{
    const char *domain = ma_target(s->run)->domain;
    const struct ma_answer *v4 = ma_dns(s->run, MA_A, "%s", domain);
    const struct ma_answer *v6 = ma_dns(s->run, MA_AAAA, "%s", domain);

    if (v4->status == MA_OK || v6->status == MA_OK)
        add_host(s, domain);
    else if (v4->status == MA_FAILED || v6->status == MA_FAILED)
        s->failed = v4->status == MA_FAILED ? v4 : v6;
}

static void find_hosts(struct sts *s)
{
    if (s->mx->status == MA_FAILED)
        s->failed = s->mx;
    else if (s->mx->status == MA_NODATA)
        find_implicit(s);
    for (size_t i = 0; i < s->mx->rr_count; i++)
        add_host(s, s->mx->rrs[i].mx.exchange);
}

/* ---- fetching it ----------------------------------------------------------------------------- */

static void report_void(
    struct sts *s, enum mta_sts_rule rule, const char *subject, const char *text)
{
    ma_put(ma_result(s->run), "state", "invalid");
    mta_sts_propose_policy(s, mta_sts_report(s, rule, subject, text));
}

static struct ma_finding *report_unknown(struct sts *s, const char *text)
{
    ma_put(ma_result(s->run), "state", "unknown");
    return mta_sts_report(s, MTA_STS_RULE_POLICY_UNKNOWN, s->url, text);
}

/* The server fails, or refuses us: what others get from it is not known. */
static bool is_failure(unsigned code)
{
    return code >= 500 || code == 401 || code == 403 || code == 408 || code == 429;
}

static void judge_failure(struct sts *s)
{
    const struct ma_body *b = s->body;
    const char *phrase = ma_failure_phrase(b->failure);

    if (*b->detail != '\0')
        phrase = ma_text(s->run, "%s (%s)", phrase, b->detail);
    if (b->failure == MA_FAIL_CERTIFICATE) {
        report_void(s, MTA_STS_RULE_CERTIFICATE, s->host,
            *b->certificate != '\0' ? b->certificate : phrase);
    } else if (b->failure == MA_FAIL_NO_ADDRESS) {
        report_void(s, MTA_STS_RULE_NO_HOST, s->host, phrase);
    } else if (b->failure == MA_FAIL_TOO_LARGE) {
        report_void(s, MTA_STS_RULE_TOO_LARGE, s->url, phrase);
    } else {
        ma_failed_body(report_unknown(s, phrase), b);
    }
}

static void judge_body(struct sts *s)
{
    const struct ma_body *b = s->body;

    if (b->status == MA_FAILED)
        judge_failure(s);
    else if (b->code == 200)
        mta_sts_judge_policy(s);
    else if (is_failure(b->code))
        report_unknown(
            s, ma_text(s->run, "code %u: the web server failed, or refused us", b->code));
    else if (b->code >= 300 && b->code < 400)
        report_void(s, MTA_STS_RULE_REDIRECT, s->url,
            ma_text(
                s->run, "code %u, to %s", b->code, *b->location != '\0' ? b->location : "nowhere"));
    else
        report_void(s, MTA_STS_RULE_STATUS, s->url, ma_text(s->run, "code %u", b->code));
}

static bool is_nothing(const struct ma_answer *answer)
{
    return answer->status == MA_NODATA || answer->status == MA_NXDOMAIN;
}

/* The host's addresses are looked at first: a zone file has them, even where nothing is fetched. */
static void fetch(struct sts *s)
{
    const struct ma_answer *v4 = ma_dns(s->run, MA_A, "%s", s->host);
    const struct ma_answer *v6 = ma_dns(s->run, MA_AAAA, "%s", s->host);

    if (v4->status == MA_PENDING || v6->status == MA_PENDING)
        return;
    if (is_nothing(v4) && is_nothing(v6)) {
        report_void(s, MTA_STS_RULE_NO_HOST, s->host,
            v4->status == MA_NXDOMAIN ? "the name does not exist (NXDOMAIN)"
                                      : "the name has neither an A nor an AAAA record");
        return;
    }
    s->body = ma_https(s->run, s->url, POLICY_BYTES_MAX);
    if (s->body->status != MA_PENDING)
        judge_body(s);
}

/* ---- the record ------------------------------------------------------------------------------ */

static void judge_record(struct sts *s)
{
    const char *bytes = s->rr->txt.bytes;
    struct mta_sts_record record;
    struct ma_finding *f;

    mta_sts_record_parse(&record, bytes, s->rr->txt.size);
    ma_put_bytes(ma_result(s->run), "record", bytes, s->rr->txt.size);
    if (record.id.size > 0)
        ma_put_bytes(ma_result(s->run), "id", bytes + record.id.offset, record.id.size);
    s->id = clean_id(s->run, bytes, record.id);
    if (record.fault != NULL) {
        ma_put(ma_result(s->run), "state", "invalid");
        f = mta_sts_report(s, MTA_STS_RULE_RECORD_SYNTAX, s->owner,
            ma_text(s->run, "'%s'", mta_sts_shown(s->run, bytes, record.at)));
        ma_place(f, s->rr, record.at.offset, record.at.size);
        ma_fix(f, "expected", "%s", record.fault);
        mta_sts_publish(s, f, s->id);
        return;
    }
    if (record.again.size > 0) {
        f = mta_sts_report(s, MTA_STS_RULE_REPEATED, s->owner,
            ma_text(s->run, "'%s' has no effect", mta_sts_shown(s->run, bytes, record.again)));
        ma_place(f, s->rr, record.again.offset, record.again.size);
        ma_fix(f, "expected", "remove the second id");
        mta_sts_publish(s, f, s->id);
    }
    fetch(s);
}

/* Without a record senders do not look for a policy; a host for one tells what was forgotten. */
static void report_missing(struct sts *s)
{
    const struct ma_answer *v4 = ma_dns(s->run, MA_A, "%s", s->host);
    const struct ma_answer *answer = s->record_answer;
    const char *text = "none of its TXT records begins with v=STSv1;";
    struct ma_finding *f;

    if (answer->status == MA_NXDOMAIN)
        text = "the name does not exist (NXDOMAIN)";
    else if (answer->status == MA_NODATA)
        text = "the name has no TXT record";
    if (v4->status == MA_OK)
        text = ma_text(s->run,
            "%s; there is a host %s (%s): a policy that it may serve is not looked for", text,
            s->host, ma_address_text(s->run, &v4->rrs[0].address));
    ma_put(ma_result(s->run), "state", "missing");
    f = mta_sts_report(s, MTA_STS_RULE_MISSING, s->owner, text);
    mta_sts_propose_policy(s, f);
    mta_sts_publish(s, f, "1");
}

static void report_none(struct sts *s)
{
    const struct ma_answer *answer = s->record_answer;

    for (size_t i = 0; i < answer->rr_count; i++) {
        const struct ma_rr *rr = &answer->rrs[i];
        struct mta_sts_record record;
        struct ma_finding *f;
        if (!mta_sts_is_lookalike(rr->txt.bytes, rr->txt.size))
            continue;
        s->rr = rr;
        mta_sts_record_parse(&record, rr->txt.bytes, rr->txt.size);
        ma_put(ma_result(s->run), "state", "invalid");
        ma_put_bytes(ma_result(s->run), "record", rr->txt.bytes, rr->txt.size);
        f = mta_sts_report(s, MTA_STS_RULE_IGNORED, s->owner,
            mta_sts_shown(s->run, rr->txt.bytes, (struct ma_span){0, rr->txt.size}));
        ma_place(f, rr, 0, rr->txt.size < 8 ? rr->txt.size : 8);
        mta_sts_publish(s, f, clean_id(s->run, rr->txt.bytes, record.id));
        return;
    }
    report_missing(s);
}

static void judge_answer(struct sts *s)
{
    const struct ma_answer *answer = s->record_answer;
    const char *text = "";
    size_t count = 0;

    for (size_t i = 0; i < answer->rr_count; i++) {
        const struct ma_rr *rr = &answer->rrs[i];
        if (!mta_sts_is_record(rr->txt.bytes, rr->txt.size) &&
            !(answer->rr_count == 1 && mta_sts_is_lone_record(rr->txt.bytes, rr->txt.size)))
            continue;
        s->rr = s->rr != NULL ? s->rr : rr;
        if (count++ < 8)
            text = ma_text(s->run, "%s%s%s", text, *text != '\0' ? " | " : "",
                mta_sts_shown(s->run, rr->txt.bytes, (struct ma_span){0, rr->txt.size}));
    }
    if (count == 1) {
        judge_record(s);
    } else if (count > 1) {
        ma_put(ma_result(s->run), "state", "multiple");
        ma_place(mta_sts_report(s, MTA_STS_RULE_MULTIPLE, s->owner,
                     ma_text(s->run, "%zu records: %s", count, text)),
            s->rr, 0, s->rr->txt.size);
    } else {
        report_none(s);
    }
}

static void run_mta_sts(struct ma_run *run)
{
    const char *domain = ma_target(run)->domain;
    struct sts s = {.run = run, .id = "1"};
    enum ma_role role = ma_role(run);

    if (role == MA_SENDS_ONLY || role == MA_PARKED)
        return; /* there is no mail to protect */
    s.owner = ma_text(run, "_mta-sts.%s", domain);
    s.host = ma_text(run, "mta-sts.%s", domain);
    s.url = ma_text(run, "https://%s" PATH, s.host);
    s.record_answer = ma_dns(run, MA_TXT, "%s", s.owner);
    s.mx = ma_dns(run, MA_MX, "%s", domain);
    if (s.record_answer->status == MA_PENDING || s.mx->status == MA_PENDING)
        return;
    if (s.record_answer->status == MA_FAILED) {
        ma_put(ma_result(run), "state", "unknown");
        ma_failed(mta_sts_report(&s, MTA_STS_RULE_UNKNOWN, s.owner,
                      ma_text(run, "TXT of %s: %s", s.owner,
                          ma_failure_phrase(s.record_answer->failure))),
            s.record_answer);
        return;
    }
    find_hosts(&s);
    judge_answer(&s);
}

MA_CHECK(mta_sts, .area = "tls", .title = "MTA Strict Transport Security (MTA-STS)",
    .empty_result = "{\"state\":null,\"record\":null,\"id\":null,\"mode\":null,"
                    "\"max_age_secs\":null,\"mx\":[],\"hosts\":[{\"name\":null,\"matched\":null}]}",
    .rules = mta_sts_rules, .rule_count = MTA_STS_RULE_COUNT, .run = run_mta_sts);
