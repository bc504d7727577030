/* SPDX-License-Identifier: MIT */
#include "dnsbl_judge.h"

#include <string.h>

/* Codes of refusal that are the same everywhere; a list's own come first. */
static const struct dnsbl_refusal_code common_refusals[] = {
    {{{127, 255, 255, 252}, {127, 255, 255, 252}, 0}, DNSBL_TYPO},
    {{{127, 255, 255, 254}, {127, 255, 255, 254}, 0}, DNSBL_PUBLIC_RESOLVER},
    {{{127, 255, 255, 255}, {127, 255, 255, 255}, 0}, DNSBL_OVER_LIMIT},
    {{{127, 255, 255, 0}, {127, 255, 255, 255}, 0}, DNSBL_REFUSED},
};
#define COMMON_COUNT (sizeof common_refusals / sizeof common_refusals[0])

static const char *const refusal_phrases[] = {
    [DNSBL_PUBLIC_RESOLVER] = "the list does not answer public or shared resolvers",
    [DNSBL_OVER_LIMIT] = "too many questions came from your resolver",
    [DNSBL_TYPO] = "the list takes the question for a typing error",
    [DNSBL_NO_ACCOUNT] = "the list answers registered users only",
    [DNSBL_MISUSE] = "the list does not keep what was asked for",
    [DNSBL_REFUSED] = "the list refuses your resolver",
};

const char *dnsbl_refusal_phrase(enum dnsbl_refusal r)
{
    return refusal_phrases[r];
}

/* ---- one answer ------------------------------------------------------------------------------ */

const struct dnsbl_code *dnsbl_code_of(const struct dnsbl_zone *z, const struct ma_rr *rr)
{
    for (size_t i = 0; i < z->code_count; i++)
        if (dnsbl_matches(&z->codes[i].pattern, rr->address.bytes))
            return &z->codes[i];
    return NULL;
}

static const struct dnsbl_refusal_code *refusal_of(
    const struct dnsbl_refusal_code *codes, size_t count, const uint8_t *address)
{
    for (size_t i = 0; i < count; i++)
        if (dnsbl_matches(&codes[i].pattern, address))
            return &codes[i];
    return NULL;
}

/* The worst of all codes that match: a bit mask may say several things at once. */
static enum dnsbl_sight weigh(
    const struct dnsbl_zone *z, const uint8_t *address, enum dnsbl_weight *weight_r)
{
    bool noted = false;
    *weight_r = DNSBL_NONE;
    for (size_t i = 0; i < z->code_count; i++) {
        const struct dnsbl_code *c = &z->codes[i];
        if (!dnsbl_matches(&c->pattern, address))
            continue;
        noted = true;
        if (c->weight > *weight_r)
            *weight_r = c->weight;
        if (c->pattern.bits == 0)
            break;
    }
    if (!noted)
        return DNSBL_UNDOCUMENTED;
    return *weight_r > DNSBL_NONE ? DNSBL_LISTED : DNSBL_NOTED;
}

static struct dnsbl_reading read_rr(const struct dnsbl_zone *z, const struct ma_rr *rr)
{
    struct dnsbl_reading r = {.rr = rr};
    const uint8_t *address = rr->address.bytes;
    if (address[0] != 127) {
        r.sight = DNSBL_FOREIGN;
        return r;
    }
    const struct dnsbl_refusal_code *no = refusal_of(z->refusals, z->refusal_count, address);
    if (no == NULL)
        no = refusal_of(common_refusals, COMMON_COUNT, address);
    if (no != NULL) {
        r.sight = DNSBL_SAID_NO;
        r.refusal = no->why;
        return r;
    }
    if (z->documented) {
        r.sight = weigh(z, address, &r.weight);
        /* a list that cannot be seen to work raises no alarm, whatever its codes weigh */
        r.weight = r.weight > z->weight && z->listed_test_count == 0 ? z->weight : r.weight;
        return r;
    }
    /* 127.0.0.1 must not be used for a listing (RFC 5782 2.1) and is how some refuse */
    bool one = address[1] == 0 && address[2] == 0 && address[3] == 1;
    r.sight = one ? DNSBL_UNDOCUMENTED : DNSBL_LISTED;
    r.weight = z->weight;
    return r;
}

struct dnsbl_reading dnsbl_read(const struct dnsbl_zone *z, const struct ma_answer *a)
{
    struct dnsbl_reading worst = {.sight = DNSBL_ABSENT, .answer = a};
    if (a->status == MA_PENDING)
        worst.sight = DNSBL_AWAITED;
    if (a->status == MA_FAILED)
        worst.sight = a->failure == MA_FAIL_OFFLINE || a->failure == MA_FAIL_BAD_NAME
                          ? DNSBL_NOT_SENT
                          : DNSBL_FAILED;
    if (a->status != MA_OK)
        return worst;
    for (size_t i = 0; i < a->rr_count; i++) {
        struct dnsbl_reading r = read_rr(z, &a->rrs[i]);
        if (r.sight > worst.sight || (r.sight == worst.sight && r.weight > worst.weight))
            worst = r;
    }
    worst.answer = a;
    return worst;
}

bool dnsbl_is_entry(const struct dnsbl_reading *r)
{
    return r->sight == DNSBL_NOTED || r->sight == DNSBL_UNDOCUMENTED || r->sight == DNSBL_LISTED;
}

struct dnsbl_reading dnsbl_health_fold(
    struct dnsbl_reading health, struct dnsbl_reading test, bool first)
{
    if (first || dnsbl_is_entry(&test))
        return test;
    if (dnsbl_is_entry(&health) || health.sight >= test.sight)
        return health;
    return test;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static const char *text_of(struct ma_run *run, const struct ma_rr *rr)
{
    return ma_address_text(run, &rr->address);
}

static struct dnsbl_verdict unknown(enum dnsbl_cause cause, const char *reason)
{
    return (struct dnsbl_verdict){.state = DNSBL_STATE_UNKNOWN, .cause = cause, .reason = reason};
}

static struct dnsbl_verdict not_asked(const struct ma_answer *a)
{
    bool bad = a->failure == MA_FAIL_BAD_NAME;
    return (struct dnsbl_verdict){.state = DNSBL_STATE_NOT_ASKED,
        .reason = bad ? "the name is too long to be asked there" : ma_failure_phrase(a->failure)};
}

static struct dnsbl_verdict refused(struct ma_run *run, const struct dnsbl_reading *r)
{
    struct dnsbl_verdict v = unknown(DNSBL_CAUSE_REFUSED,
        ma_text(run, "%s: %s", text_of(run, r->rr), dnsbl_refusal_phrase(r->refusal)));
    v.elsewhere = r->refusal == DNSBL_PUBLIC_RESOLVER || r->refusal == DNSBL_OVER_LIMIT ||
                  r->refusal == DNSBL_REFUSED;
    return v;
}

static struct dnsbl_verdict no_answer(struct ma_run *run, const struct ma_answer *a)
{
    bool said_no = a->failure == MA_FAIL_REFUSED;
    const char *phrase = ma_failure_phrase(a->failure);
    struct dnsbl_verdict v = unknown(said_no ? DNSBL_CAUSE_REFUSED : DNSBL_CAUSE_NO_ANSWER,
        a->detail[0] != '\0' ? ma_text(run, "%s (%s)", phrase, a->detail) : phrase);
    v.failed = a;
    v.elsewhere = said_no;
    return v;
}

/* Without a test entry that works, nothing that the list says is worth anything. */
static struct dnsbl_verdict unhealthy(
    struct ma_run *run, const struct dnsbl_zone *z, const struct dnsbl_reading *health)
{
    const char *test = health->answer->name;
    struct dnsbl_verdict v;
    switch (health->sight) {
    case DNSBL_SAID_NO:
        v = refused(run, health);
        break;
    case DNSBL_FAILED:
        v = no_answer(run, health->answer);
        v.reason = ma_text(run, "its test entry %s: %s", test, v.reason);
        break;
    case DNSBL_NOT_SENT:
        v = not_asked(health->answer);
        break;
    case DNSBL_FOREIGN:
        v = unknown(DNSBL_CAUSE_UNRELIABLE,
            ma_text(run,
                "its test entry %s has the address %s: the name is parked, or your resolver makes "
                "up answers",
                test, text_of(run, health->rr)));
        break;
    default:
        v = unknown(DNSBL_CAUSE_UNRELIABLE,
            ma_text(run, "its test entry %s is not listed: the list %s", test,
                z->documented ? "is dead, or refuses your resolver without saying so"
                              : "is dead, misspelt, or does not follow RFC 5782"));
    }
    v.whole_list = true;
    return v;
}

static struct dnsbl_verdict foreign(
    struct ma_run *run, const struct dnsbl_zone *z, const struct dnsbl_reading *r)
{
    const char *address = text_of(run, r->rr);
    if (z->listed_test_count > 0)
        return unknown(DNSBL_CAUSE_REWRITTEN,
            ma_text(run, "%s, which is no list's answer, though its test entry works", address));
    return unknown(DNSBL_CAUSE_UNRELIABLE,
        ma_text(run, "%s: the name is parked, or your resolver makes up answers", address));
}

struct dnsbl_verdict dnsbl_judge(struct ma_run *run, const struct dnsbl_zone *z,
    const struct ma_answer *a, const struct dnsbl_reading *health)
{
    struct dnsbl_reading r = dnsbl_read(z, a);
    struct dnsbl_verdict v = {.state = DNSBL_STATE_CLEAN};
    if (r.sight == DNSBL_NOT_SENT)
        return not_asked(a);
    if (r.sight == DNSBL_SAID_NO)
        return refused(run, &r);
    if (!dnsbl_is_entry(health))
        return unhealthy(run, z, health);
    switch (r.sight) {
    case DNSBL_FAILED:
        return no_answer(run, a);
    case DNSBL_FOREIGN:
        return foreign(run, z, &r);
    case DNSBL_UNDOCUMENTED:
        v = unknown(DNSBL_CAUSE_CODE,
            ma_text(run, "%s, which the list does not document", text_of(run, r.rr)));
        v.wants_proof = true;
        return v;
    case DNSBL_LISTED:
        v.state = DNSBL_STATE_LISTED;
        v.weight = r.weight;
        v.wants_proof = true;
        return v;
    default:
        return v;
    }
}

struct dnsbl_verdict dnsbl_judge_proof(struct ma_run *run, const struct dnsbl_zone *z,
    struct dnsbl_verdict before, const struct ma_answer *clean_test)
{
    struct dnsbl_reading r = dnsbl_read(z, clean_test);
    struct dnsbl_verdict v;
    if (r.sight == DNSBL_ABSENT || r.sight == DNSBL_FOREIGN)
        return before;
    if (r.sight == DNSBL_NOT_SENT)
        return not_asked(clean_test);
    if (r.sight == DNSBL_SAID_NO)
        v = refused(run, &r);
    else if (r.sight == DNSBL_FAILED) {
        v = no_answer(run, clean_test);
        v.reason = ma_text(
            run, "its test entry %s, which must not be listed: %s", clean_test->name, v.reason);
    } else
        v = unknown(DNSBL_CAUSE_UNRELIABLE,
            ma_text(run, "it lists %s, which must never be listed: it lists the whole world",
                clean_test->name));
    v.whole_list = true;
    return v;
}
