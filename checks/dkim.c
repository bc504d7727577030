/* SPDX-License-Identifier: MIT */
/*
 * dkim - the keys with which the domain's mail can be signed (RFC 6376): those at the selectors
 * that the user names and at the most common ones, each judged by our own parser. A selector that
 * nobody has tells of wildcards, and _domainkey itself, where it does not exist, proves that there
 * are no keys; nothing else does.
 */
#include "dkim_check.h"
#include "dkim_selectors.h"

#include <mailaudit/check.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a UDP answer may carry everywhere (RFC 9715 3.2). */
#define UDP_ANSWER_MAX 1232
/* Bytes of a record that are quoted as evidence. */
#define EXCERPT_MAX 40
/* Selectors given by the user, and of the table, that are asked for at the most. */
#define GIVEN_MAX      100
#define PROBED_MAX     24
#define PROBED_ALL_MAX 600 /* with --probe-selectors all */
/* Selectors named in one line of evidence. */
#define NAMED_MAX       4
#define NAMED_ASKED_MAX 24

struct ma_finding *dkim_report(
    struct dkim *d, enum dkim_rule rule, const struct dkim_probe *p, const char *evidence)
{
    return ma_report_also(
        d->run, &dkim_rules[rule], p->answer->name, "selector %s: %s", p->selector, evidence);
}

/* ---- asking --------------------------------------------------------------------------------- */

/* A selector that nobody has: a hash (FNV-1a, 64 bits) of the domain, the same in every audit. */
static const struct ma_answer *ask_nobody(struct ma_run *run, const char *domain)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *p = domain; *p != '\0'; p++)
        hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    return ma_dns(run, MA_TXT, "nobody-%016" PRIx64 "._domainkey.%s", hash, domain);
}

static bool is_asked(const struct dkim *d, const char *selector)
{
    for (size_t i = 0; i < d->probe_count; i++)
        if (strcasecmp(d->probes[i].selector, selector) == 0)
            return true;
    return false;
}

static void ask(struct dkim *d, const char *selector, bool given)
{
    if (d->probe_count == d->probe_room || is_asked(d, selector))
        return;
    const struct ma_answer *answer =
        ma_dns(d->run, MA_TXT, "%s._domainkey.%s", selector, d->target->domain);
    d->probes[d->probe_count++] =
        (struct dkim_probe){.selector = selector, .given = given, .answer = answer};
}

static void ask_all(struct dkim *d)
{
    const struct ma_target *t = d->target;
    size_t given = t->selector_count < GIVEN_MAX ? t->selector_count : GIVEN_MAX;
    d->role = ma_role(d->run);
    d->nobody = ask_nobody(d->run, t->domain);
    d->parent = ma_dns(d->run, MA_TXT, "_domainkey.%s", t->domain);
    d->probe_room = given + (d->setup->probe_all ? PROBED_ALL_MAX : PROBED_MAX);
    d->probes = ma_alloc(d->run, d->probe_room * sizeof *d->probes);
    for (size_t i = 0; i < given; i++)
        ask(d, t->selectors[i], true);
    for (size_t i = 0; i < MA_DKIM_SELECTOR_COUNT; i++)
        if (ma_dkim_selectors[i].probe || d->setup->probe_all)
            ask(d, ma_dkim_selectors[i].name, false);
    if (d->setup->probe_all)
        dkim_patterns(d, ask);
}

/* ---- one record ------------------------------------------------------------------------------ */

static const char *kind_name(const struct ma_public_key *key)
{
    switch (key->kind) {
    case MA_KEY_RSA:
        return "an RSA key";
    case MA_KEY_ED25519:
        return "an Ed25519 key in the form of a key file";
    case MA_KEY_EC:
        return "an elliptic-curve key (EC)";
    case MA_KEY_OTHER:
        return "a key of another algorithm";
    default:
        return "no key";
    }
}

static const char *excerpt(struct dkim *d, const struct ma_rr *rr, struct ma_span place)
{
    bool whole = place.size <= EXCERPT_MAX;
    const char *text =
        ma_bytes_text(d->run, rr->txt.bytes + place.offset, whole ? place.size : EXCERPT_MAX);
    return whole ? text : ma_text(d->run, "%s...", text);
}

/* What was seen of a fault in the key, as a phrase; NULL: the place itself tells. */
static const char *key_evidence(
    struct dkim *d, const struct ma_rr *rr, const struct ma_dkim_key *key, enum ma_dkim_fault fault)
{
    switch (fault) {
    case MA_DKIM_NO_SEMICOLON:
        return ma_text(d->run, "before '%s='", excerpt(d, rr, key->places[fault]));
    case MA_DKIM_EMPTY_TAG:
        return "there is nothing before a semicolon";
    case MA_DKIM_SHORT:
    case MA_DKIM_WEAK:
    case MA_DKIM_LONG:
        return ma_text(d->run, "RSA, %u bits", key->bits);
    case MA_DKIM_CUT:
        if (key->key.whole_size > key->data_size)
            return ma_text(
                d->run, "p= holds %zu bytes of a key of %zu", key->data_size, key->key.whole_size);
        return ma_text(
            d->run, "p= ends in the middle of a base64 group, after %zu bytes", key->data_size);
    case MA_DKIM_TRAILING:
        return ma_text(
            d->run, "p= holds %zu bytes, the key takes %zu", key->data_size, key->key.whole_size);
    case MA_DKIM_ALGORITHM:
        return ma_text(d->run, "p= holds %s", kind_name(&key->key));
    case MA_DKIM_MISMATCH:
        return key->type == MA_DKIM_RSA
                   ? ma_text(d->run, "k=ed25519, but p= holds an RSA key of %u bits", key->bits)
                   : "p= holds the 32 bytes of an Ed25519 key, but the type is rsa";
    case MA_DKIM_ED25519_FORM:
        return ma_text(d->run, "p= holds %zu bytes: %s", key->data_size, kind_name(&key->key));
    case MA_DKIM_NUMBERS:
        return ma_text(d->run, "RSA, %u bits, exponent %" PRIu32, key->bits, key->key.exponent);
    case MA_DKIM_NO_KEY:
        return ma_text(d->run, "p= decodes to %zu bytes that are no key", key->data_size);
    default:
        return NULL;
    }
}

static const char *place_evidence(
    struct dkim *d, const struct ma_rr *rr, struct ma_span place, enum ma_dkim_fault fault)
{
    bool bad_name =
        fault == MA_DKIM_SYNTAX && memchr(rr->txt.bytes + place.offset, '=', place.size);
    return ma_text(d->run, "'%s'%s", excerpt(d, rr, place),
        bad_name ? ": a name has letters, digits and _ only" : "");
}

/* The record to publish instead, if the key can be had from this one. */
static void publish(
    struct dkim *d, struct ma_finding *f, const struct ma_rr *rr, const struct ma_dkim_key *key)
{
    char record[MA_DKIM_RECORD_MAX];
    size_t size = ma_dkim_key_write(key, record);
    if (size == 0) {
        char *mended = ma_alloc(d->run, rr->txt.size + 1);
        struct ma_dkim_key again;
        size = ma_dkim_key_mend(mended, rr->txt.bytes, rr->txt.size);
        ma_dkim_key_parse(&again, mended, size);
        size = ma_dkim_key_write(&again, record);
    }
    if (size > 0)
        ma_publish(f, rr->owner, MA_TXT, ma_txt_rdata(d->run, record, size));
}

/* Is the record to publish the cure for it? A key that is too short needs another key. */
static bool is_cured_by_record(enum ma_dkim_fault fault)
{
    switch (fault) {
    case MA_DKIM_NOT_A_KEY:
    case MA_DKIM_NO_DATA:
    case MA_DKIM_ALGORITHM:
    case MA_DKIM_SHORT:
    case MA_DKIM_WEAK:
    case MA_DKIM_LONG:
        return false;
    default:
        return true;
    }
}

static void report_fault(struct dkim *d, const struct dkim_probe *p, const struct ma_rr *rr,
    const struct ma_dkim_key *key, enum ma_dkim_fault fault)
{
    struct ma_span place = key->places[fault];
    const char *seen = key_evidence(d, rr, key, fault);
    if (seen == NULL)
        seen = place_evidence(d, rr, place, fault);
    struct ma_finding *f = dkim_report(d, dkim_rule_of[fault], p, seen);
    ma_place(f, rr, place.offset, place.size);
    if (is_cured_by_record(fault))
        publish(d, f, rr, key);
}

static const char *type_name(const struct ma_dkim_key *key)
{
    if (key->type == MA_DKIM_OTHER || (key->state == MA_DKIM_KEY_BAD && key->bits == 0))
        return NULL;
    return key->type == MA_DKIM_RSA ? "rsa" : "ed25519";
}

static void put_row(
    struct dkim *d, struct dkim_probe *p, const char *state, const struct ma_dkim_key *key)
{
    struct ma_data *row = ma_append(d->result, "keys");
    p->row = row;
    ma_put(row, "selector", p->selector);
    ma_put(row, "state", state);
    if (key == NULL)
        return;
    ma_put(row, "type", type_name(key));
    if (key->bits != 0)
        ma_put_int(row, "bits", key->bits);
    ma_put_bool(row, "testing", key->testing);
}

static void judge_key(struct dkim *d, struct dkim_probe *p, const struct ma_rr *rr)
{
    static const char *const states[] = {[MA_DKIM_KEY_GOOD] = "good",
        [MA_DKIM_KEY_WEAK] = "weak",
        [MA_DKIM_KEY_REVOKED] = "revoked",
        [MA_DKIM_KEY_BAD] = "bad"};
    struct ma_dkim_key key;
    ma_dkim_key_parse(&key, rr->txt.bytes, rr->txt.size);
    put_row(d, p, states[key.state], &key);
    for (unsigned i = 0; i < MA_DKIM_FAULT_COUNT; i++)
        if (ma_dkim_key_has(&key, (enum ma_dkim_fault)i))
            report_fault(d, p, rr, &key, (enum ma_dkim_fault)i);
    if (key.state == MA_DKIM_KEY_REVOKED)
        dkim_report(d, DKIM_REVOKED, p, "p= is empty");
    dkim_opendkim(d, p, rr, &key);
    d->faulty += key.state == MA_DKIM_KEY_BAD;
    if (key.state > MA_DKIM_KEY_WEAK)
        return;
    p->key = rr;
    p->p = key.p;
    dkim_private_compare(d, p, &key);
    d->usable++;
    d->usable_rsa += key.type == MA_DKIM_RSA;
    if (key.state == MA_DKIM_KEY_GOOD && key.faults >> MA_DKIM_SHORT << MA_DKIM_SHORT == 0)
        dkim_report(d, DKIM_KEY, p,
            key.type == MA_DKIM_RSA ? ma_text(d->run, "RSA, %u bits", key.bits) : "Ed25519");
}

/* ---- one selector ---------------------------------------------------------------------------- */

static bool same_rrset(const struct ma_answer *a, const struct ma_answer *b)
{
    if (a->status != MA_OK || b->status != MA_OK || a->rr_count != b->rr_count)
        return false;
    for (size_t i = 0; i < a->rr_count; i++)
        if (a->rrs[i].rdata_size != b->rrs[i].rdata_size ||
            memcmp(a->rrs[i].rdata, b->rrs[i].rdata, a->rrs[i].rdata_size) != 0)
            return false;
    return true;
}

static void judge_absence(struct dkim *d, struct dkim_probe *p)
{
    const struct ma_answer *a = p->answer;
    const char *lack = a->status == MA_NXDOMAIN ? "does not exist" : "has no TXT record";
    if (a->chain_count > 0) {
        const char *alias = a->chain[a->chain_count - 1].name;
        d->seen++;
        d->faulty++;
        dkim_report(d, DKIM_DANGLING, p, ma_text(d->run, "its alias %s %s", alias, lack));
    } else if (p->given) {
        dkim_private_publish(
            d, p, dkim_report(d, DKIM_SELECTOR_MISSING, p, ma_text(d->run, "the name %s", lack)));
    } else {
        return;
    }
    put_row(d, p, "none", NULL);
}

/* Does a wildcard answer for the selector? Where that is not known, the same records at another of
   the common selectors speak for it: nothing is held against them. */
static bool may_be_wildcard(const struct dkim *d, const struct dkim_probe *p)
{
    if (p->given)
        return false;
    if (d->nobody->status != MA_FAILED)
        return same_rrset(p->answer, d->nobody);
    for (size_t i = 0; i < d->probe_count; i++)
        if (&d->probes[i] != p && !d->probes[i].given && same_rrset(p->answer, d->probes[i].answer))
            return true;
    return false;
}

static void judge_answer(struct dkim *d, struct dkim_probe *p)
{
    const struct ma_answer *a = p->answer;
    if (may_be_wildcard(d, p))
        return;
    d->seen++;
    if (a->size_bytes > UDP_ANSWER_MAX)
        dkim_report(d, DKIM_LARGE, p, ma_text(d->run, "%zu bytes", a->size_bytes));
    if (a->rr_count == 1) {
        judge_key(d, p, &a->rrs[0]);
        return;
    }
    d->faulty++;
    put_row(d, p, "duplicate", NULL);
    dkim_report(d, DKIM_SEVERAL, p, ma_text(d->run, "%zu TXT records", a->rr_count));
}

static void judge(struct dkim *d, struct dkim_probe *p)
{
    switch (p->answer->status) {
    case MA_OK:
        judge_answer(d, p);
        break;
    case MA_NODATA:
    case MA_NXDOMAIN:
        judge_absence(d, p);
        break;
    case MA_FAILED:
        if (p->given)
            put_row(d, p, "unknown", NULL);
        break;
    case MA_PENDING:
        break;
    }
}

/* ---- all of them ------------------------------------------------------------------------------
 */

/* "selectors mail, google and 8 more: no answer in time"; each with its own failure where they
 * differ. */
static const char *failed_evidence(struct dkim *d, const struct ma_answer *first)
{
    const char *list = "", *between = "";
    bool same = true;
    unsigned count = 0;
    for (size_t i = 0; i < d->probe_count; i++) {
        const struct ma_answer *a = d->probes[i].answer;
        same &= a->status != MA_FAILED || a->failure == first->failure;
    }
    for (size_t i = 0; i < d->probe_count; i++) {
        const struct dkim_probe *p = &d->probes[i];
        if (p->answer->status != MA_FAILED || count++ >= NAMED_MAX)
            continue;
        list = ma_text(d->run, "%s%s%s%s%s", list, between, p->selector, same ? "" : ": ",
            same ? "" : ma_failure_phrase(p->answer->failure));
        between = same ? ", " : "; ";
    }
    if (count > NAMED_MAX)
        list = ma_text(d->run, "%s and %u more", list, count - NAMED_MAX);
    list = ma_text(d->run, "selector%s %s", count == 1 ? "" : "s", list);
    return same ? ma_text(d->run, "%s: %s", list, ma_failure_phrase(first->failure)) : list;
}

/* All selectors that failed are one finding: they hang on the same name servers. */
static bool report_failed(struct dkim *d)
{
    const struct ma_answer *first = NULL;
    for (size_t i = d->probe_count; i > 0; i--)
        if (d->probes[i - 1].answer->status == MA_FAILED)
            first = d->probes[i - 1].answer;
    if (first == NULL)
        return false;
    struct ma_finding *f =
        ma_report(d->run, &dkim_rules[DKIM_UNKNOWN], first->name, "%s", failed_evidence(d, first));
    ma_failed(f, first);
    ma_hides_several(f);
    return true;
}

static bool report_extent(struct dkim *d)
{
    const struct ma_answer *a = d->parent->status == MA_FAILED ? d->parent : d->nobody;
    if (a->status != MA_FAILED)
        return false;
    ma_failed(ma_report(d->run, &dkim_rules[DKIM_EXTENT_UNKNOWN], a->name, "%s: %s", a->name,
                  ma_failure_phrase(a->failure)),
        a);
    return true;
}

static void report_shared(struct dkim *d)
{
    for (size_t i = 0; i < d->probe_count; i++) {
        const struct dkim_probe *p = &d->probes[i];
        for (size_t j = 0; p->key != NULL && j < i; j++) {
            const struct dkim_probe *q = &d->probes[j];
            if (q->key == NULL || q->p.size != p->p.size ||
                memcmp(q->key->txt.bytes + q->p.offset, p->key->txt.bytes + p->p.offset,
                    p->p.size) != 0)
                continue;
            dkim_report(d, DKIM_SHARED, p, ma_text(d->run, "the same key as %s", q->selector));
            break;
        }
    }
}

static void report_wildcard(struct dkim *d)
{
    const struct ma_answer *a = d->nobody;
    if (a->status != MA_OK)
        return;
    const struct ma_rr *rr = &a->rrs[0];
    struct ma_finding *f = ma_report(d->run, &dkim_rules[DKIM_WILDCARD], d->target->domain,
        "%s answers '%s'", a->name, excerpt(d, rr, (struct ma_span){0, rr->txt.size}));
    ma_place(f, rr, 0, rr->txt.size);
}

static bool sends(enum ma_role role)
{
    return role == MA_SENDS_AND_RECEIVES || role == MA_SENDS_ONLY;
}

static const char *asked(struct dkim *d)
{
    const char *list = "";
    size_t named = d->probe_count < NAMED_ASKED_MAX ? d->probe_count : NAMED_ASKED_MAX;
    for (size_t i = 0; i < named; i++)
        list = ma_text(d->run, "%s%s%s", list, i > 0 ? ", " : "", d->probes[i].selector);
    if (named < d->probe_count)
        list = ma_text(d->run, "%s and %zu more", list, d->probe_count - named);
    return list;
}

/* No key was found, at the most revoked ones, and every question was answered. */
static void report_nothing(struct dkim *d)
{
    const char *domain = d->target->domain;
    const struct ma_answer *need = ma_role_failed(d->run);
    bool proved = d->parent->status == MA_NXDOMAIN && d->nobody->status != MA_OK && d->seen == 0;
    if (!sends(d->role)) {
        ma_report(d->run, &dkim_rules[DKIM_NOT_SENDING], domain, "%s",
            proved ? "_domainkey does not exist" : "the common selectors have no key");
    } else if (proved && need != NULL) {
        ma_failed(ma_report(d->run, &dkim_rules[DKIM_NEED_UNKNOWN], domain,
                      "%s does not exist; %s TXT: %s", d->parent->name, need->name,
                      ma_failure_phrase(need->failure)),
            need);
    } else if (proved) {
        ma_report(d->run, &dkim_rules[DKIM_NONE], domain,
            "%s does not exist, so there is no name below it", d->parent->name);
    } else {
        ma_report(d->run, &dkim_rules[DKIM_NOT_FOUND], domain, "asked: %s", asked(d));
    }
}

/* What else the message has that selectors were taken from: names of keys, "?" for a signature that
   cannot be read, "-" where there is none. */
static void report_message(struct dkim *d)
{
    const char *list = d->setup->elsewhere;
    unsigned unread = 0;
    for (size_t size; list != NULL && *list != '\0'; list += size + (list[size] == ' ')) {
        size = strcspn(list, " ");
        const char *word = ma_text(d->run, "%.*s", (int)size, list);
        if (strcmp(word, "-") == 0)
            ma_report(d->run, &dkim_rules[DKIM_UNSIGNED], d->target->domain,
                "it has no field DKIM-Signature");
        else if (strcmp(word, "?") == 0)
            unread++;
        else
            ma_report_also(d->run, &dkim_rules[DKIM_ELSEWHERE], word, "the key is at %s", word);
    }
    if (unread > 0)
        ma_report(d->run, &dkim_rules[DKIM_UNSIGNED], d->target->domain,
            "%u of its signatures cannot be read: mailaudit message says why", unread);
}

static void report_all(struct dkim *d)
{
    bool unread = report_failed(d);
    bool failed = report_extent(d) || unread;
    report_wildcard(d);
    report_shared(d);
    report_message(d);
    dkim_private_report(d);
    if (d->seen > 0 && d->parent->status == MA_NXDOMAIN)
        ma_report(d->run, &dkim_rules[DKIM_FALSE_NXDOMAIN], d->target->domain,
            "%s: NXDOMAIN, but %u selector%s below it", d->parent->name, d->seen,
            d->seen > 1 ? "s" : "");
    if (d->usable > 0 && d->usable_rsa == 0 && !unread)
        ma_report(d->run, &dkim_rules[DKIM_ONLY_ED25519], d->target->domain, "%u key%s, no RSA key",
            d->usable, d->usable > 1 ? "s" : "");
    if (d->usable == 0 && d->faulty == 0 && !failed)
        report_nothing(d);
}

static bool open_setup(const struct ma_setup *setup, void **state_r)
{
    const char *probe = ma_setting(setup, "probe-selectors");
    const char *file = ma_setting(setup, "private-key");
    struct dkim_setup *state = calloc(1, sizeof *state);
    *state_r = state;
    if (state == NULL) {
        ma_setup_error(setup, "out of memory");
        return false;
    }
    state->probe_all = probe != NULL && strcmp(probe, "all") == 0;
    state->has_private = file != NULL;
    state->elsewhere = ma_setting(setup, "signed-elsewhere");
    return file == NULL || ma_dkim_private_load(&state->private_key, setup, file);
}

static void run(struct ma_run *run)
{
    struct dkim d = {
        .run = run, .target = ma_target(run), .setup = ma_state(run), .result = ma_result(run)};
    ask_all(&d);
    for (size_t i = 0; i < d.probe_count; i++)
        judge(&d, &d.probes[i]);
    report_all(&d);
}

MA_CHECK(dkim, .area = "dkim", .title = "DKIM keys",
    .empty_result = "{\"keys\": [{\"selector\": null, \"state\": null, \"type\": null,"
                    " \"bits\": null, \"testing\": null, \"private_key_matches\": null,"
                    " \"opendkim\": null}]}",
    .rules = dkim_rules, .rule_count = DKIM_RULE_COUNT, .open = open_setup, .run = run,
    .close = free);
