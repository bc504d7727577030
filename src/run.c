/* SPDX-License-Identifier: MIT */
/* run.c - what a check sees of the engine: the functions of mailaudit/check.h. */
#include "run.h"

#include "address.h"
#include "format.h"
#include "seen.h"
#include "url.h"

#include <stdio.h>
#include <string.h>

#define MA_TXT_STRING_MAX      255 /* bytes, RFC 1035 3.3.14 */
#define MA_EVIDENCE_JOINED_MAX 8   /* subjects of one finding whose evidence is shown */

/* ---- questions --------------------------------------------------------------------------- */

static const struct {
    const char *name, *phrase;
} failures[MA_FAIL_COUNT] = {
    [MA_FAIL_NONE] = {"none", "no failure"},
    [MA_FAIL_TIMEOUT] = {"timeout", "no answer in time"},
    [MA_FAIL_SERVFAIL] = {"servfail", "the name server failed (SERVFAIL)"},
    [MA_FAIL_REFUSED] = {"refused", "the name server refused to answer (REFUSED)"},
    [MA_FAIL_RCODE] = {"rcode", "the name server answered with an error"},
    [MA_FAIL_MALFORMED] = {"malformed", "the answer could not be parsed"},
    [MA_FAIL_TRUNCATED] = {"truncated", "the answer was truncated and not to be had over TCP"},
    [MA_FAIL_TOO_LARGE] = {"too-large", "the answer is larger than we take"},
    [MA_FAIL_CNAME_LOOP] = {"cname-loop", "the chain of aliases (CNAME) does not end"},
    [MA_FAIL_BAD_NAME] = {"bad-name", "it cannot be a domain name"},
    [MA_FAIL_NETWORK] = {"network", "the name server cannot be reached"},
    [MA_FAIL_OFFLINE] = {"offline", "not asked: outside the given zones, and --offline"},
    [MA_FAIL_BUDGET] = {"budget", "given up: a bound of this audit was reached"},
    [MA_FAIL_FORBIDDEN] = {"forbidden", "not asked: special-purpose address"},
    [MA_FAIL_NOT_RECORDED] = {"not-recorded", "the recording does not have it"},
    [MA_FAIL_BOGUS] = {"bogus", "DNSSEC validation failed"},
    [MA_FAIL_BAD_URL] = {"bad-url", "it is no https URL that is fetched here"},
    [MA_FAIL_NO_ADDRESS] = {"no-address", "the host has no address"},
    [MA_FAIL_CONNECT] = {"connect", "no connection to the host"},
    [MA_FAIL_TLS] = {"tls", "no TLS session with the host"},
    [MA_FAIL_CERTIFICATE] = {"certificate", "the host's certificate does not hold"},
    [MA_FAIL_REDIRECT] = {"redirect", "it redirects too often, in a circle, or away from https"},
};

const char *ma_failure_name(enum ma_failure f)
{
    return (unsigned)f < MA_FAIL_COUNT ? failures[f].name : "none";
}

const char *ma_failure_phrase(enum ma_failure f)
{
    return (unsigned)f < MA_FAIL_COUNT ? failures[f].phrase : "no failure";
}

const char *ma_type_name(struct ma_run *run, enum ma_rrtype type)
{
    static const struct {
        enum ma_rrtype type;
        const char *name;
    } names[] = {
        {MA_A, "A"},
        {MA_NS, "NS"},
        {MA_CNAME, "CNAME"},
        {MA_SOA, "SOA"},
        {MA_PTR, "PTR"},
        {MA_MX, "MX"},
        {MA_TXT, "TXT"},
        {MA_AAAA, "AAAA"},
        {MA_DNAME, "DNAME"},
        {MA_DS, "DS"},
        {MA_DNSKEY, "DNSKEY"},
        {MA_TLSA, "TLSA"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type)
            return names[i].name;
    return ma_text(run, "TYPE%u", (unsigned)type);
}

const struct ma_answer *ma_run_failed(struct ma_run *run, const char *name, enum ma_rrtype type,
    enum ma_failure failure, const char *detail)
{
    struct ma_answer *a = ma_alloc(run, sizeof *a);
    *a = (struct ma_answer){
        .status = MA_FAILED, .failure = failure, .name = name, .type = type, .detail = detail};
    return a;
}

static MA_PRINTF(4, 0) const struct ma_answer *observe(struct ma_run *run, const struct ma_how *how,
    enum ma_rrtype type, const char *fmt, va_list args)
{
    char text[MA_NAME_TEXT_MAX];
    uint8_t wire[MA_NAME_WIRE_MAX];
    int n = ma_format(text, sizeof text, fmt, args);
    size_t length = n < 0 ? sizeof text : (size_t)n;
    if (n < 0)
        text[0] = '\0';
    struct ma_question q = {.name = wire, .type = (uint16_t)type};
    if (length < sizeof text)
        q.name_size = (uint8_t)ma_name_to_wire(wire, text);
    if (q.name_size == 0)
        return ma_run_failed(run, ma_text(run, "%s", text), type, MA_FAIL_BAD_NAME, "");
    if (how != NULL) {
        q.validate = how->validate;
        q.recursive = how->recursive;
        q.deadline_msecs = how->deadline_msecs;
        q.least_ttl_secs = how->least_ttl_secs;
        if (how->server != NULL) {
            q.server = *how->server;
            q.port = how->port != 0 ? how->port : 53;
        }
    }
    ma_question_seal(&q);
    return ma_run_observe(run, &q);
}

const struct ma_answer *ma_dns(struct ma_run *run, enum ma_rrtype type, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const struct ma_answer *a = observe(run, NULL, type, fmt, args);
    va_end(args);
    return a;
}

const struct ma_answer *ma_dns_how(
    struct ma_run *run, const struct ma_how *how, enum ma_rrtype type, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const struct ma_answer *a = observe(run, how, type, fmt, args);
    va_end(args);
    return a;
}

const struct ma_answer *ma_dns_seen(const struct ma_run *run, enum ma_rrtype type, const char *name)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct ma_question q = {.name = wire, .type = (uint16_t)type};
    q.name_size = (uint8_t)ma_name_to_wire(wire, name);
    if (q.name_size == 0)
        return NULL;
    ma_question_seal(&q);
    return ma_run_seen(run, &q);
}

/* ---- https ------------------------------------------------------------------------------- */

const struct ma_body *ma_run_no_body(
    struct ma_run *run, const char *url, enum ma_failure failure, const char *detail)
{
    struct ma_body *b = ma_alloc(run, sizeof *b);
    *b = (struct ma_body){.status = MA_FAILED,
        .failure = failure,
        .url = ma_text(run, "%s", url),
        .type = "",
        .location = "",
        .bytes = "",
        .certificate = "",
        .detail = detail};
    b->final_url = b->url;
    return b;
}

const struct ma_body *ma_https_how(struct ma_run *run, const struct ma_fetch *how, const char *url)
{
    struct ma_url parsed;
    struct ma_request r = {.url = parsed.text,
        .cap_bytes = how->cap_bytes,
        .follow = how->follow,
        .deadline_msecs = how->deadline_msecs,
        .accept = how->accept};
    if (!ma_url_parse(&parsed, url, false))
        return ma_run_no_body(run, url, MA_FAIL_BAD_URL, "");
    if (r.cap_bytes == 0 || r.cap_bytes > MA_BODY_CAP_MAX)
        r.cap_bytes = MA_BODY_CAP_MAX;
    ma_request_seal(&r);
    return ma_run_fetch(run, &r);
}

const struct ma_body *ma_https(struct ma_run *run, const char *url, size_t cap_bytes)
{
    const struct ma_fetch how = {.cap_bytes = cap_bytes};
    return ma_https_how(run, &how, url);
}

void ma_not_asked(struct ma_run *run)
{
    run->not_asked++;
}

/* ---- findings ---------------------------------------------------------------------------- */

/* The row of the check's own table: a rule that is static in a header has an address a file. */
static const struct ma_rule *own_rule(const struct ma_run *run, const struct ma_rule *rule)
{
    const struct ma_check *c = run->registered->check;
    if (rule >= c->rules && rule < c->rules + c->rule_count)
        return rule;
    for (size_t i = 0; i < c->rule_count; i++)
        if (strcmp(c->rules[i].id, rule->id) == 0)
            return &c->rules[i];
    return rule;
}

static MA_PRINTF(4, 0) struct ma_finding *report(struct ma_run *run, const struct ma_rule *rule,
    const char *subject, const char *fmt, va_list args)
{
    struct ma_finding *f = ma_finding_new(run->arena, run->registered->check, own_rule(run, rule),
        subject, ma_arena_vprintf(run->arena, fmt, args));
    *run->findings_last = f;
    run->findings_last = &f->next;
    return f;
}

struct ma_finding *ma_report(struct ma_run *run, const struct ma_rule *rule, const char *subject,
    const char *evidence_fmt, ...)
{
    va_list args;
    va_start(args, evidence_fmt);
    struct ma_finding *f = report(run, rule, subject, evidence_fmt, args);
    va_end(args);
    return f;
}

/* Its evidence joins too, as long as a person would read on and unless it is the same. */
MA_PRINTF(3, 0)
static void add_subject(
    struct ma_finding *f, const char *subject, const char *evidence_fmt, va_list args)
{
    struct ma_subject **last = &f->also;
    size_t count = 1;
    if (strcmp(f->subject, subject) == 0)
        return;
    for (; *last != NULL; last = &(*last)->next, count++)
        if (strcmp((*last)->text, subject) == 0)
            return;
    *last = ma_arena_alloc(f->arena, sizeof **last);
    (*last)->text = ma_arena_strdup(f->arena, subject);
    if (count >= MA_EVIDENCE_JOINED_MAX)
        return;
    const char *evidence = ma_arena_vprintf(f->arena, evidence_fmt, args);
    if (strcmp(evidence, f->evidence) != 0)
        f->evidence = ma_arena_printf(f->arena, "%s; %s", f->evidence, evidence);
}

struct ma_finding *ma_report_also(struct ma_run *run, const struct ma_rule *rule,
    const char *subject, const char *evidence_fmt, ...)
{
    va_list args;
    struct ma_finding *f = run->findings;
    rule = own_rule(run, rule);
    va_start(args, evidence_fmt);
    while (f != NULL && f->rule != rule)
        f = f->next;
    if (f != NULL)
        add_subject(f, subject, evidence_fmt, args);
    else
        f = report(run, rule, subject, evidence_fmt, args);
    va_end(args);
    return f;
}

static const char *type_text(struct ma_arena *arena, enum ma_rrtype type)
{
    struct ma_run run = {.arena = arena};
    return ma_type_name(&run, type);
}

void ma_place(struct ma_finding *f, const struct ma_rr *rr, size_t offset, size_t length)
{
    if (f->place != NULL)
        return; /* a further subject of a finding: the place goes with the first one's evidence */
    struct ma_place *p = ma_arena_alloc(f->arena, sizeof *p);
    p->owner = ma_arena_strdup(f->arena, rr->owner);
    p->type_name = type_text(f->arena, rr->type);
    if (rr->type == MA_TXT) {
        p->record = ma_arena_copy(f->arena, rr->txt.bytes, rr->txt.size);
        p->record_size = rr->txt.size;
    } else if (rr->type == MA_PTR) {
        p->record = ma_arena_strdup(f->arena, rr->name);
        p->record_size = strlen(rr->name);
    } else {
        p->record = "";
    }
    p->offset = offset < p->record_size ? offset : p->record_size;
    size_t rest = p->record_size - p->offset;
    p->length = length < rest ? length : rest;
    f->place = p;
}

void ma_fix(struct ma_finding *f, const char *placeholder, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct ma_placeholder *p = ma_arena_alloc(f->arena, sizeof *p);
    *p = (struct ma_placeholder){
        .name = placeholder, .text = ma_arena_vprintf(f->arena, fmt, args), .next = f->fills};
    f->fills = p;
    va_end(args);
}

void ma_publish(struct ma_finding *f, const char *owner, enum ma_rrtype type, const char *rdata)
{
    struct ma_record **last = &f->records;
    while (*last != NULL)
        last = &(*last)->next;
    *last = ma_arena_alloc(f->arena, sizeof **last);
    **last = (struct ma_record){.owner = ma_arena_strdup(f->arena, owner),
        .type = type,
        .type_name = type_text(f->arena, type),
        .rdata = ma_arena_strdup(f->arena, rdata),
        .ttl_secs = -1};
}

void ma_failed(struct ma_finding *f, const struct ma_answer *a)
{
    f->failure = a->failure;
    f->failed_name = ma_arena_strdup(f->arena, a->name);
}

void ma_failed_body(struct ma_finding *f, const struct ma_body *b)
{
    struct ma_url url;
    f->failure = b->failure;
    /* the host: what is wrong with its name servers explains it */
    f->failed_name =
        ma_arena_strdup(f->arena, ma_url_parse(&url, b->url, false) ? url.host : b->url);
}

void ma_hides_several(struct ma_finding *f)
{
    f->hides_several = true;
}

void ma_effect_of(struct ma_finding *f, const char *rule_id)
{
    f->cause = ma_arena_strdup(f->arena, rule_id);
}

struct ma_data *ma_result(struct ma_run *run)
{
    return run->result;
}

const void *ma_state(const struct ma_run *run)
{
    return run->registered->state;
}

/* ---- memory and text --------------------------------------------------------------------- */

void *ma_alloc(struct ma_run *run, size_t size_bytes)
{
    return ma_arena_alloc(run->arena, size_bytes);
}

void ma_defer(struct ma_run *run, void (*release)(void *), void *object)
{
    ma_arena_defer(run->arena, release, object);
}

const char *ma_text(struct ma_run *run, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = ma_arena_vprintf(run->arena, fmt, args);
    va_end(args);
    return text;
}

const char *ma_bytes_text(struct ma_run *run, const void *bytes, size_t size)
{
    const char *from = bytes;
    size_t nuls = 0;
    for (size_t i = 0; i < size; i++)
        nuls += from[i] == '\0';
    if (nuls == 0)
        return ma_arena_copy(run->arena, bytes, size);
    char *text = ma_arena_bytes(run->arena, size + 3 * nuls + 1), *to = text;
    for (size_t i = 0; i < size; i++) {
        if (from[i] == '\0') {
            memcpy(to, "\\000", 4);
            to += 4;
        } else {
            *to++ = from[i];
        }
    }
    *to = '\0';
    return text;
}

const char *ma_txt_rdata(struct ma_run *run, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    size_t strings = size / MA_TXT_STRING_MAX + 1;
    char *text = ma_arena_bytes(run->arena, size * 4 + strings * 3 + 1), *to = text;
    size_t i = 0;
    do {
        size_t end = size - i > MA_TXT_STRING_MAX ? i + MA_TXT_STRING_MAX : size;
        if (i > 0)
            *to++ = ' ';
        *to++ = '"';
        for (; i < end; i++) {
            uint8_t c = from[i];
            if (c < 0x20 || c >= 0x7f) {
                *to++ = '\\';
                *to++ = (char)('0' + c / 100);
                *to++ = (char)('0' + c / 10 % 10);
                *to++ = (char)('0' + c % 10);
                continue;
            }
            if (c == '"' || c == '\\')
                *to++ = '\\';
            *to++ = (char)c;
        }
        *to++ = '"';
    } while (i < size);
    *to = '\0';
    return text;
}

const char *ma_address_text(struct ma_run *run, const struct ma_address *a)
{
    char text[MA_ADDRESS_TEXT_MAX];
    size_t size = ma_address_print(text, a);
    return ma_arena_copy(run->arena, text, size);
}

const char *ma_address_reversed(struct ma_run *run, const struct ma_address *a)
{
    if (a->family != 6) {
        struct ma_address turned = {4, {a->bytes[3], a->bytes[2], a->bytes[1], a->bytes[0]}};
        return ma_address_text(run, &turned);
    }
    char *text = ma_arena_bytes(run->arena, 64), *to = text;
    for (int i = 15; i >= 0; i--) {
        *to++ = "0123456789abcdef"[a->bytes[i] & 15];
        *to++ = '.';
        *to++ = "0123456789abcdef"[a->bytes[i] >> 4];
        *to++ = '.';
    }
    to[-1] = '\0';
    return text;
}
