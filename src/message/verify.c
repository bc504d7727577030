/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include "body.h"
#include "dkim_key.h"

#include <dkim.h>
#include <string.h>

/* A field that no h= names: libopendkim writes over its buffer when h= uses all fields up. */
#define PAD_NAME "X-Mailaudit-Pad"

const char *ma_signature_result_name(enum ma_signature_result result)
{
    static const char *const names[] = {"pass", "fail", "permerror", "temperror", "unknown"};
    return names[result];
}

const char *ma_signature_why_phrase(enum ma_signature_why why)
{
    static const char *const phrases[MA_WHY_COUNT] = {
        [MA_WHY_NONE] = "",
        [MA_WHY_GATE] = "the signature is not well-formed",
        [MA_WHY_SHA1] = "rsa-sha1 has not counted since 2018",
        [MA_WHY_NO_KEY] = "there is no key at its selector",
        [MA_WHY_KEYS] = "there are several records at its selector",
        [MA_WHY_LOOKUP] = "the key could not be looked up",
        [MA_WHY_BAD_KEY] = "the key record is not valid",
        [MA_WHY_REVOKED] = "the key is revoked",
        [MA_WHY_SHORT_KEY] = "the key is shorter than 1,024 bits",
        [MA_WHY_KEY_TYPE] = "the key is of another type than the signature",
        [MA_WHY_SUBDOMAIN] = "the key is not for subdomains (t=s)",
        [MA_WHY_BODY] = "the body was changed",
        [MA_WHY_HEADER] = "the signed header was changed, or the signature is of another key",
        [MA_WHY_LIBRARY] = "it could not be checked",
    };
    return phrases[why];
}

/* ---- what we decide -------------------------------------------------------------------------- */

static bool is_key_short(const struct ma_dkim_key *key)
{
    return ma_dkim_key_has(key, MA_DKIM_SHORT);
}

static enum ma_signature_why judge_key(const struct ma_signature *s, const struct ma_dkim_key *key)
{
    enum ma_dkim_type due = s->algorithm == MA_ED25519_SHA256 ? MA_DKIM_ED25519 : MA_DKIM_RSA;
    if (key->state == MA_DKIM_KEY_REVOKED)
        return MA_WHY_REVOKED;
    if (key->state == MA_DKIM_KEY_BAD)
        return is_key_short(key) ? MA_WHY_SHORT_KEY : MA_WHY_BAD_KEY;
    if (is_key_short(key))
        return MA_WHY_SHORT_KEY;
    if (key->type != due)
        return MA_WHY_KEY_TYPE;
    return key->strict && s->subdomain ? MA_WHY_SUBDOMAIN : MA_WHY_NONE;
}

/* Fills key where there is a record. */
static enum ma_signature_why judge_before(
    const struct ma_signature *s, const struct ma_key_record *r, struct ma_dkim_key *key)
{
    if (s->fault != MA_SIGNATURE_GOOD)
        return MA_WHY_GATE;
    if (s->algorithm == MA_RSA_SHA1)
        return MA_WHY_SHA1;
    switch (r->answer) {
    case MA_KEY_ANSWER_FAILED:
        return MA_WHY_LOOKUP;
    case MA_KEY_ANSWER_NONE:
        return MA_WHY_NO_KEY;
    case MA_KEY_ANSWER_SEVERAL:
        return MA_WHY_KEYS;
    default:
        ma_dkim_key_parse(key, r->bytes, r->size);
        return judge_key(s, key);
    }
}

/* ---- what the library does ------------------------------------------------------------------- */

/* The record in its plainest form: the library reads 1,024 bytes, and no RSAPublicKey. */
struct handed_key {
    char record[MA_DKIM_RECORD_MAX];
    size_t size;
};

static DKIM_CBSTAT hand_over(
    DKIM *message, DKIM_SIGINFO *signature, unsigned char *out, size_t room)
{
    const struct handed_key *key = dkim_get_user_context(message);
    (void)signature;
    if (key->size == 0 || key->size >= room)
        return DKIM_CBSTAT_NOTFOUND;
    memcpy(out, key->record, key->size);
    out[key->size] = '\0';
    return DKIM_CBSTAT_CONTINUE;
}

static DKIM_LIB *open_library(void)
{
    unsigned flags = DKIM_LIBFLAGS_BADSIGHANDLES, bits = 0;
    DKIM_LIB *library = dkim_init(NULL, NULL);
    if (library == NULL)
        return NULL;
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags);
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof bits);
    dkim_set_key_lookup(library, hand_over);
    return library;
}

/* Times are judged by us. The library lets a clock be wrong by so much, and takes it from t=, which
   must not get below zero: that is enough unless both t= and x= are of the first decades. */
static void forgive_time(DKIM_LIB *library, const struct ma_signature *s)
{
    uint64_t drift = s->made_secs >= 0 ? (uint64_t)s->made_secs : UINT64_C(1) << 40;
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift, sizeof drift);
}

static bool add_field(DKIM *message, const char *bytes, size_t size)
{
    union { /* the library takes what it does not change as not const */
        const char *in;
        unsigned char *out;
    } field = {.in = bytes};
    return dkim_header(message, field.out, size) == DKIM_STAT_OK;
}

/* All fields, but of the signatures this one only: another could be one that the gate refused. */
static bool add_fields(DKIM *message, const struct ma_mail *m, const struct ma_signature *s)
{
    static const char pad[] = PAD_NAME ": 1";
    for (size_t i = 0; i < m->field_count; i++) {
        const struct ma_mail_field *f = &m->fields[i];
        if (ma_mail_field_is(f, "DKIM-Signature") && f != s->field)
            continue;
        if (!ma_mail_field_is(f, PAD_NAME) && !add_field(message, f->bytes, f->size))
            return false;
    }
    return add_field(message, pad, sizeof pad - 1);
}

static bool add_body(DKIM *message, const struct ma_mail *m)
{
    union {
        const char *in;
        unsigned char *out;
    } body = {.in = m->body};
    return m->body_size == 0 || dkim_body(message, body.out, m->body_size) == DKIM_STAT_OK;
}

static void read_result(DKIM *message, struct ma_verdict *v)
{
    DKIM_SIGINFO **signatures = NULL;
    int count = 0;
    if (dkim_getsiglist(message, &signatures, &count) != DKIM_STAT_OK || count != 1)
        return;
    unsigned flags = dkim_sig_getflags(signatures[0]);
    if ((flags & DKIM_SIGFLAG_PROCESSED) == 0)
        return;
    v->body_matches = dkim_sig_getbh(signatures[0]) == DKIM_SIGBH_MATCH;
    bool passed = (flags & DKIM_SIGFLAG_PASSED) != 0;
    int error = dkim_sig_geterror(signatures[0]);
    if (!passed && error != DKIM_SIGERROR_BADSIG && error != DKIM_SIGERROR_OK)
        return;
    v->result = passed && v->body_matches ? MA_SIGNATURE_PASS : MA_SIGNATURE_FAIL;
    v->why = MA_WHY_NONE;
    if (v->result == MA_SIGNATURE_FAIL)
        v->why = passed ? MA_WHY_BODY : MA_WHY_HEADER;
}

static void ask_library(DKIM_LIB *library, const struct ma_mail *m, const struct ma_signature *s,
    struct handed_key *key, struct ma_verdict *v)
{
    DKIM_STAT status;
    DKIM *message = dkim_verify(library, (const unsigned char *)"mail", NULL, &status);
    if (message == NULL)
        return;
    dkim_set_user_context(message, key);
    forgive_time(library, s);
    if (add_fields(message, m, s) && dkim_eoh(message) == DKIM_STAT_OK && add_body(message, m)) {
        (void)dkim_eom(message, NULL);
        read_result(message, v);
    }
    dkim_free(message);
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Does its h= name the pad, or other signatures? Then it is not asked about. */
static bool is_awkward(const struct ma_signature *s)
{
    struct ma_items items;
    struct ma_span item;
    const char *bytes = s->field->bytes;
    ma_items_init(&items, bytes, s->values[MA_SIG_H], ':');
    while (ma_items_next(&items, &item))
        if (ma_span_is_nocase(bytes, item, PAD_NAME) ||
            ma_span_is_nocase(bytes, item, "DKIM-Signature"))
            return true;
    return false;
}

static enum ma_signature_result result_of(enum ma_signature_why why)
{
    return why == MA_WHY_LOOKUP ? MA_SIGNATURE_TEMPERROR : MA_SIGNATURE_PERMERROR;
}

static void verify_one(DKIM_LIB *library, const struct ma_mail *m, const struct ma_signature *s,
    const struct ma_key_record *r, struct ma_verdict *v)
{
    struct ma_dkim_key key = {.bits = 0};
    struct handed_key handed;
    enum ma_signature_why why = judge_before(s, r, &key);
    v->key_bits = key.bits;
    v->key_testing = key.testing;
    if (why != MA_WHY_NONE) {
        v->why = why;
        v->result = result_of(why);
        return;
    }
    handed.size = ma_dkim_key_write(&key, handed.record);
    if (library != NULL && !is_awkward(s))
        ask_library(library, m, s, &handed, v);
    if (v->why == MA_WHY_HEADER)
        v->body_matches = ma_mail_body_matches(m, s);
}

void ma_mail_verify(const struct ma_mail *m, const struct ma_key_record *keys, int64_t now_secs,
    struct ma_verdict *verdicts_r)
{
    DKIM_LIB *library = m->signature_count > 0 ? open_library() : NULL;
    for (size_t i = 0; i < m->signature_count; i++) {
        const struct ma_signature *s = &m->signatures[i];
        verdicts_r[i] =
            (struct ma_verdict){.result = MA_SIGNATURE_UNCHECKED, .why = MA_WHY_LIBRARY};
        verdicts_r[i].expired = s->expires_secs >= 0 && s->expires_secs < now_secs;
        verdicts_r[i].future = s->made_secs > now_secs;
        verify_one(library, m, s, &keys[i], &verdicts_r[i]);
    }
    if (library != NULL)
        dkim_close(library);
}
