/* SPDX-License-Identifier: MIT */
/*
 * dkim_opendkim.c - what a receiver that uses OpenDKIM makes of a key record in which our parser
 * found something odd. The library verifies a small message of ours with the record handed over by
 * its key hook: it asks nothing, and no byte from outside but the record's reaches it. The hook
 * says only "here it is", and the record is cut as the library would cut it. With a key that it can
 * use, the library gets as far as finding the signature wrong.
 */
#include "dkim_check.h"

#include <dkim.h>
#include <string.h>

/* Bytes of a record that the library looks at. */
#define RECORD_MAX 1024

struct record {
    const char *bytes;
    size_t size;
};

static DKIM_CBSTAT hand_over(
    DKIM *message, DKIM_SIGINFO *signature, unsigned char *out, size_t room)
{
    const struct record *r = dkim_get_user_context(message);
    size_t size = r->size < room ? r->size : room - 1;
    (void)signature;
    memcpy(out, r->bytes, size);
    out[size] = '\0';
    return DKIM_CBSTAT_CONTINUE;
}

static void close_library(void *library)
{
    dkim_close(library);
}

/* NULL: it cannot be had. */
static DKIM_LIB *open_library(struct dkim *d)
{
    unsigned flags = DKIM_LIBFLAGS_BADSIGHANDLES, bits = 0; /* the length is judged by us */
    DKIM_LIB *library = dkim_init(NULL, NULL);
    if (library == NULL)
        return NULL;
    ma_defer(d->run, close_library, library);
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags);
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof bits);
    dkim_set_key_lookup(library, hand_over);
    return library;
}

/* An empty message with a signature that is false, made for the key's type. */
static bool add_message(struct dkim *d, DKIM *message, enum ma_dkim_type type)
{
    const char *headers[] = {
        ma_text(d->run,
            "DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from;"
            " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA",
            type == MA_DKIM_ED25519 ? "ed25519" : "rsa"),
        ma_text(d->run, "From: a@example.com"),
    };
    for (size_t i = 0; i < 2; i++) {
        char *header = ma_alloc(d->run, strlen(headers[i]) + 1);
        memcpy(header, headers[i], strlen(headers[i]));
        if (dkim_header(message, (unsigned char *)header, strlen(header)) != DKIM_STAT_OK)
            return false;
    }
    return dkim_eoh(message) == DKIM_STAT_OK;
}

/* The error that it finds; DKIM_SIGERROR_UNKNOWN: not known. */
static int ask_library(struct dkim *d, DKIM_LIB *library, struct record *r, enum ma_dkim_type type)
{
    DKIM_STAT status;
    DKIM_SIGINFO **signatures = NULL;
    int count = 0, error = DKIM_SIGERROR_UNKNOWN;
    DKIM *message = dkim_verify(library, (const unsigned char *)"key", NULL, &status);
    if (message == NULL)
        return error;
    dkim_set_user_context(message, r);
    if (add_message(d, message, type)) {
        (void)dkim_eom(message, NULL);
        if (dkim_getsiglist(message, &signatures, &count) == DKIM_STAT_OK && count == 1)
            error = dkim_sig_geterror(signatures[0]);
    }
    dkim_free(message);
    return error;
}

/* Why it takes a record that the standard refuses; NULL: such a key fails with it all the same. */
static const char *why_accepted(const struct ma_dkim_key *key)
{
    static const char *const causes[MA_DKIM_FATAL_COUNT] = {
        [MA_DKIM_QUOTES] = "it skips such characters",
        [MA_DKIM_VERSION] = "it does not compare the version",
        [MA_DKIM_SYNTAX] = "it skips what is not of the form name=value",
        [MA_DKIM_NO_SEMICOLON] = "the key itself is whole",
        [MA_DKIM_DUPLICATE_TAG] = "it takes one of the two tags",
        [MA_DKIM_HASHES] = "it reads h= otherwise",
        [MA_DKIM_SERVICE] = "it reads s= otherwise",
        [MA_DKIM_BASE64] = "it skips characters that base64 does not have",
        [MA_DKIM_ARMOUR] = "it skips characters that base64 does not have",
    };
    for (unsigned i = 0; i < MA_DKIM_FATAL_COUNT; i++)
        if (ma_dkim_key_has(key, (enum ma_dkim_fault)i))
            return causes[i];
    return NULL;
}

/* Why it refuses a record that is good, and the rule that tells of the cause, if there is one. */
static const char *why_refused(
    const struct ma_dkim_key *key, const struct record *r, enum dkim_rule *rule_r)
{
    static const struct {
        enum ma_dkim_fault fault;
        const char *why;
    } causes[] = {
        {MA_DKIM_PKCS1, "it cannot read a key without the header"},
        {MA_DKIM_EMPTY_TAG, "it takes an empty tag for a mistake"},
        {MA_DKIM_UNPADDED, "it wants the end of the key"},
        {MA_DKIM_TRAILING, "it wants nothing behind the key"},
    };
    *rule_r = DKIM_RULE_COUNT;
    if (r->size > RECORD_MAX)
        return "it reads no more than 1,024 bytes of a record";
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (!ma_dkim_key_has(key, causes[i].fault))
            continue;
        *rule_r = dkim_rule_of[causes[i].fault];
        return causes[i].why;
    }
    return "the cause is not known";
}

/* Is there a reason to ask? The library takes what our parser finds nothing odd in. */
static bool is_odd(const struct ma_dkim_key *key, const struct record *r)
{
    const uint32_t even = UINT32_C(1) << MA_DKIM_WEAK | UINT32_C(1) << MA_DKIM_SHORT |
                          UINT32_C(1) << MA_DKIM_LONG | UINT32_C(1) << MA_DKIM_TESTING;
    return ((key->faults & ~even) != 0 || r->size > RECORD_MAX) &&
           key->state != MA_DKIM_KEY_REVOKED && !ma_dkim_key_has(key, MA_DKIM_NOT_A_KEY) &&
           memchr(r->bytes, '\0', r->size) == NULL;
}

void dkim_opendkim(
    struct dkim *d, struct dkim_probe *p, const struct ma_rr *rr, const struct ma_dkim_key *key)
{
    struct record r = {rr->txt.bytes, rr->txt.size};
    if (!is_odd(key, &r))
        return;
    DKIM_LIB *library = open_library(d);
    int error = library != NULL ? ask_library(d, library, &r, key->type) : DKIM_SIGERROR_UNKNOWN;
    if (error == DKIM_SIGERROR_UNKNOWN)
        return;
    bool takes = error == DKIM_SIGERROR_BADSIG || error == DKIM_SIGERROR_OK;
    const char *says = takes ? "accepted" : dkim_sig_geterrorstr(error);
    ma_put(p->row, "opendkim", says);
    const char *why = why_accepted(key);
    if (key->state == MA_DKIM_KEY_BAD && takes && why != NULL)
        dkim_report(d, DKIM_OPENDKIM_ACCEPTS, p, why);
    if (key->state == MA_DKIM_KEY_BAD || takes)
        return;
    enum dkim_rule rule;
    why = why_refused(key, &r, &rule);
    struct ma_finding *f =
        dkim_report(d, DKIM_OPENDKIM_REFUSES, p, ma_text(d->run, "'%s': %s", says, why));
    if (rule != DKIM_RULE_COUNT)
        ma_effect_of(f, dkim_rules[rule].id);
}
