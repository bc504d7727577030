/* SPDX-License-Identifier: MIT */
/* Messages signed here by libopendkim, with keys made for the test, and then verified. */
#include "message/body.h"
#include "message/verify.h"
#include "unit_arena.h"

#include "dkim_der.h"

#include <dkim.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define NOW    1750000000
#define HEADER "From: a@example.com\r\nTo: b@example.net\r\nSubject: test\r\n"
#define BODY   "One line.\r\nAnother one.\r\n"

/* How a message is to be signed. */
struct signing {
    bool ed25519;
    uint64_t made_secs, lives_secs; /* 0: no x= */
    bool with_length;               /* l= */
    const char *body;
};

static struct {
    char pem[4000];    /* the private key */
    char record[2000]; /* of the public one */
} keys[2];             /* RSA, Ed25519 */

/* Of the leak sanitizer; not there without it. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

/* libopendkim, when it signs, leaves a key and a digest of OpenSSL's behind: not what is tested. */
static void mind_leaks(bool mind)
{
    if (__lsan_disable == NULL || __lsan_enable == NULL)
        return;
    if (mind)
        __lsan_enable();
    else
        __lsan_disable();
}

static void keep_record(EVP_PKEY *key, bool ed25519)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    const char *head = ed25519 ? "v=DKIM1; k=ed25519; p=" : "v=DKIM1; k=rsa; p=";
    char *out = keys[ed25519].record;
    assert_in_range(size, 32, 400);
    const unsigned char *from = ed25519 ? der + size - 32 : der;
    memcpy(out, head, strlen(head));
    ma_base64_encode(out + strlen(head), from, ed25519 ? 32 : (size_t)size);
    OPENSSL_free(der);
}

static int make_keys(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        EVP_PKEY *key = i == 0 ? EVP_RSA_gen(2048) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        BIO *out = BIO_new(BIO_s_mem());
        assert_non_null(key);
        assert_int_equal(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
        assert_true(BIO_read(out, keys[i].pem, sizeof keys[i].pem - 1) > 0);
        keep_record(key, i == 1);
        BIO_free(out);
        EVP_PKEY_free(key);
    }
    return 0;
}

static DKIM_LIB *open_signer(const struct signing *how)
{
    DKIM_LIB *library = dkim_init(NULL, NULL);
    uint64_t made = how->made_secs, lives = how->lives_secs;
    assert_non_null(library);
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &made, sizeof made);
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_SIGNATURETTL, &lives, sizeof lives);
    return library;
}

static void add_fields(DKIM *message)
{
    char header[] = HEADER;
    for (char *at = header, *end; (end = strstr(at, "\r\n")) != NULL; at = end + 2)
        assert_int_equal(dkim_header(message, (unsigned char *)at, (size_t)(end - at)), 0);
    assert_int_equal(dkim_eoh(message), DKIM_STAT_OK);
}

/* Fills value with the signature's. */
static void make_signature(const struct signing *how, unsigned char *value, size_t room)
{
    DKIM_STAT status;
    char body[] = BODY;
    mind_leaks(false);
    DKIM_LIB *library = open_signer(how);
    DKIM *message = dkim_sign(library, (const unsigned char *)"test", NULL,
        (dkim_sigkey_t)keys[how->ed25519].pem, (const unsigned char *)"key",
        (const unsigned char *)"example.com", DKIM_CANON_RELAXED, DKIM_CANON_RELAXED,
        how->ed25519 ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256,
        how->with_length ? (ssize_t)strlen(body) : -1, &status);
    assert_non_null(message);
    add_fields(message);
    assert_int_equal(dkim_body(message, (unsigned char *)body, strlen(body)), DKIM_STAT_OK);
    assert_int_equal(dkim_eom(message, NULL), DKIM_STAT_OK);
    assert_int_equal(dkim_getsighdr(message, value, room, 0), DKIM_STAT_OK);
    dkim_free(message);
    dkim_close(library);
    mind_leaks(true);
}

/* The message with its signature on top; what is sent is how->body. */
static const char *sign(const struct signing *how)
{
    unsigned char value[4000];
    make_signature(how, value, sizeof value);
    return ma_arena_printf(&arena, "DKIM-Signature: %s\r\n" HEADER "\r\n%s", value, how->body);
}

static struct ma_mail verify(const char *text, bool ed25519, struct ma_verdict *v)
{
    struct ma_mail m;
    const char *record = keys[ed25519].record;
    const struct ma_key_record key = {MA_KEY_ANSWER_RECORD, record, strlen(record)};
    ma_mail_read(&m, &arena, text, strlen(text));
    assert_int_equal(m.fault, MA_MAIL_GOOD);
    assert_int_equal(m.signature_count, 1);
    assert_string_equal(ma_signature_fault_phrase(m.signatures[0].fault), "");
    ma_mail_verify_apart(&m, &key, NOW, v);
    return m;
}

static void assert_verdict(const struct signing *how, const struct ma_verdict *expected)
{
    struct ma_verdict v;
    struct ma_mail m = verify(sign(how), how->ed25519, &v);
    assert_string_equal(ma_signature_why_phrase(v.why), ma_signature_why_phrase(expected->why));
    assert_int_equal(v.result, expected->result);
    assert_int_equal(v.expired, expected->expired);
    assert_int_equal(v.future, expected->future);
    assert_int_equal(m.signatures[0].has_length, how->with_length);
}

static void good_signatures_pass(void **state)
{
    (void)state;
    const struct ma_verdict passes = {.result = MA_SIGNATURE_PASS};
    assert_verdict(&(struct signing){.made_secs = NOW - 5, .body = BODY}, &passes);
    assert_verdict(&(struct signing){.ed25519 = true, .made_secs = NOW - 5, .body = BODY}, &passes);
    assert_verdict(
        &(struct signing){.made_secs = NOW - 5, .lives_secs = 60, .body = BODY}, &passes);
}

static void a_tail_behind_the_length_passes(void **state)
{
    (void)state;
    assert_verdict(
        &(struct signing){.made_secs = NOW - 5, .with_length = true, .body = BODY "more\r\n"},
        &(struct ma_verdict){.result = MA_SIGNATURE_PASS});
    assert_verdict(&(struct signing){.made_secs = NOW - 5, .body = BODY "more\r\n"},
        &(struct ma_verdict){.result = MA_SIGNATURE_FAIL, .why = MA_WHY_BODY});
}

/* The time is told; whether the message was changed is told all the same. */
static void times_are_told_apart(void **state)
{
    (void)state;
    assert_verdict(&(struct signing){.made_secs = NOW - 500, .lives_secs = 60, .body = BODY},
        &(struct ma_verdict){.result = MA_SIGNATURE_PASS, .expired = true});
    assert_verdict(&(struct signing){.made_secs = NOW + 500, .body = BODY},
        &(struct ma_verdict){.result = MA_SIGNATURE_PASS, .future = true});
    assert_verdict(&(struct signing){.made_secs = NOW - 500, .lives_secs = 60, .body = "x\r\n"},
        &(struct ma_verdict){.result = MA_SIGNATURE_FAIL, .why = MA_WHY_BODY, .expired = true});
}

static void a_broken_signature_fails(void **state)
{
    (void)state;
    struct ma_verdict v;
    char *text =
        ma_arena_strdup(&arena, sign(&(struct signing){.made_secs = NOW - 5, .body = BODY}));
    char *at = strstr(text, "Subject: test");
    assert_non_null(at);
    at[strlen("Subject: ")] = 'T';
    verify(text, false, &v);
    assert_int_equal(v.result, MA_SIGNATURE_FAIL);
    assert_int_equal(v.why, MA_WHY_HEADER);
}

/* How much of this body is what was signed, where BODY was. */
static size_t signed_part(const char *body, bool with_length)
{
    struct ma_mail m;
    const char *text =
        sign(&(struct signing){.made_secs = NOW - 5, .with_length = with_length, .body = body});
    ma_mail_read(&m, &arena, text, strlen(text));
    assert_int_equal(m.signature_count, 1);
    return ma_mail_body_signed(&m, &m.signatures[0]);
}

static void what_was_added_is_found(void **state)
{
    (void)state;
    assert_int_equal(signed_part(BODY "-- \r\na list\r\n", false), strlen(BODY));
    assert_int_equal(signed_part(BODY "\r\n\r\na list\r\n", false), strlen(BODY));
    assert_int_equal(signed_part("One  line. \r\nAnother one.\r\na list\r\n", false),
        strlen("One  line. \r\nAnother one.\r\n"));
}

static void what_is_not_behind_the_signed_part_is_not_found(void **state)
{
    (void)state;
    assert_int_equal(signed_part("a list\r\n" BODY, false), 0);
    assert_int_equal(signed_part("One line.\r\n", false), 0);
    assert_int_equal(signed_part("", false), 0);
    assert_int_equal(signed_part("One line.\r\nAnother one. a list\r\n", false), 0);
    assert_int_equal(signed_part(BODY "a list\r\n", true), 0); /* l= says it already */
}

/* Each of the last lines may be the first that was added, so many and no more. */
static void the_lines_looked_at_are_bounded(void **state)
{
    (void)state;
    static char body[sizeof BODY + (MA_MAIL_ADDED_LINES_MAX + 1) * 3] = BODY;
    char *at = body + strlen(body);
    for (size_t i = 0; i < MA_MAIL_ADDED_LINES_MAX - 1; i++, at += 3)
        memcpy(at, "x\r\n", 4);
    assert_int_equal(signed_part(body, false), strlen(BODY));
    memcpy(at, "x\r\n", 4);
    assert_int_equal(signed_part(body, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_signatures_pass, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tail_behind_the_length_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broken_signature_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_added_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_not_behind_the_signed_part_is_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_lines_looked_at_are_bounded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
